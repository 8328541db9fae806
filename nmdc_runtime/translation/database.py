"""A translated database that is readable by attribute and by key, as notebooks are used to."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import orjson

PROVENANCE: Final = "provenance_metadata"
#: What provenance says of the making, and not of what was made.
_OF_THE_MAKING: Final = frozenset({"add_date", "mod_date", "version", "git_url"})


class Record(dict[str, Any]):
    """A JSON object whose keys are attributes too; what it lacks is an `AttributeError`."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (any JSON value)
        """Return the value of a key."""
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"there is no {name!r}") from None


class Database(Record):
    """Documents by collection, all of them `Record`s; a collection without any is an empty list."""

    def __init__(self, collections: Mapping[str, list[dict[str, Any]]]) -> None:
        super().__init__(
            {name: [as_record(each) for each in held] for name, held in collections.items()}
        )

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (any JSON value)
        """Return the documents of a collection."""
        return self.get(name, []) if name.endswith("_set") else super().__getattr__(name)


def as_record(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    """Return a JSON value with `Record`s for its objects."""
    if isinstance(value, dict):
        return Record({key: as_record(each) for key, each in value.items()})
    if isinstance(value, list):
        return [as_record(each) for each in value]
    return value


def digest_of_what_is_said(database: Mapping[str, Any]) -> str | None:
    """Return a digest that is the same for the same documents, whenever and however made.

    None if no document says when it was made: the bytes themselves tell whether they are the same.
    """
    is_told = False

    def said(document: Any) -> Any:  # noqa: ANN401 (any JSON value)
        nonlocal is_told
        provenance = document.get(PROVENANCE) if isinstance(document, Mapping) else None
        if not isinstance(provenance, Mapping):
            return document
        is_told = True
        kept = {key: value for key, value in provenance.items() if key not in _OF_THE_MAKING}
        return {**document, PROVENANCE: kept}

    canonical = {
        name: [said(each) for each in held] if isinstance(held, list) else held
        for name, held in database.items()
    }
    if not is_told:
        return None
    return hashlib.sha256(orjson.dumps(canonical, option=orjson.OPT_SORT_KEYS)).hexdigest()
