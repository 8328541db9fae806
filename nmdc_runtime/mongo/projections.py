"""Projections that clients write, in all the ways they write them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from nmdc_runtime.kernel.errors import NmdcError
from nmdc_runtime.mongo.documents import Document


class ProjectionRefused(NmdcError):
    """A client's projection cannot be used."""

    title = "Projection refused"


@dataclass(frozen=True, slots=True)
class Projection:
    """Which attributes to answer with: these only, or all but these."""

    names: tuple[str, ...]
    excludes: bool = False

    @property
    def text(self) -> str:
        """The projection as JSON, which `parse_projection` reads."""
        return json.dumps(
            dict.fromkeys(self.names, 0 if self.excludes else 1), separators=(",", ":")
        )

    def document(self) -> Document:
        """Return it for MongoDB as it was asked for, with all that MongoDB may dislike in it."""
        return dict.fromkeys(self.names, 0 if self.excludes else 1)

    def keyed(self, key: str) -> Document:
        """Return it for MongoDB with the key of a list always there, and ``_id`` only as the key.

        A path below another one is dropped, as it says nothing new and MongoDB would refuse it.
        """
        if self.excludes:
            shown = {name: 0 for name in _outermost(self.names) if name not in {key, "_id"}}
            return shown if key == "_id" else {**shown, "_id": 0}
        shown = dict.fromkeys(_outermost((*self.names, key)), 1)
        return shown if key == "_id" else {**shown, "_id": 0}


def parse_projection(text: str | None) -> Projection | None:
    """Return the projection, or None if none was sent: no text, blanks, or ``null``.

    Clients send names between commas, with or without blanks; the same as a JSON string; a JSON
    array of names; a JSON object of ones or zeros.

    Raises
    ------
    ProjectionRefused
        It begins as a JSON array or object and is none of names, or mixes ones and zeros.
    """
    stripped = (text or "").strip()
    if stripped in {"", "null"}:
        return None
    value: Any = stripped
    if stripped[0] in '"[{':
        try:
            value = json.loads(stripped)
        except (ValueError, RecursionError) as error:
            if stripped[0] != '"':
                raise ProjectionRefused(
                    f"Given `projection` is not valid JSON: {error}. Write names between commas, "
                    "or a JSON array of names."
                ) from error
    if isinstance(value, dict):
        return _from_object(value)
    if isinstance(value, str):
        value = value.split(",")
    if not all(isinstance(name, str) for name in value):
        raise ProjectionRefused("Given `projection` must list names, and nothing but names.")
    return _named(value)


def _named(names: Iterable[str], *, excludes: bool = False) -> Projection | None:
    """Keep each name once; a comma at the end is nothing."""
    kept = tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
    _check_names(kept)
    return Projection(kept, excludes) if kept else None


def _check_names(names: tuple[str, ...]) -> None:
    for name in names:
        if "\0" in name or any("\ud800" <= character <= "\udfff" for character in name):
            raise ProjectionRefused(f"Given `projection` has a name nothing can have: {name!r}")


def _from_object(value: Document) -> Projection | None:
    if any(flag not in (0, 1) for flag in value.values()):
        raise ProjectionRefused("Given `projection` must have 1 or 0 for each name.")
    flags = {bool(flag) for name, flag in value.items() if name != "_id"}
    if len(flags) > 1:
        raise ProjectionRefused(
            "Given `projection` must have 1 for every name, or 0 for every name."
        )
    excludes = flags == {False}
    return _named((name for name in value if name != "_id"), excludes=excludes)


def _outermost(names: Iterable[str]) -> list[str]:
    """Leave out each path that lies below another one of them."""
    kept = set(names)
    return [name for name in dict.fromkeys(names) if not kept.intersection(_parents(name))]


def _parents(path: str) -> Iterable[str]:
    parts = path.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))


#: What a list answers with when the client asks for nothing else: all there is.
WHOLE: Final = Projection((), excludes=True)
