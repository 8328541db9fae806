"""Small texts that people type into cells: terms, places, links between samples."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.translation.values import JsonObject

_HALF: Final = re.compile("[\ud800-\udfff]")
_LATITUDE: Final = r"[+-]?(?:(?:[0-9]|[1-8][0-9])(?:\.[0-9]+)?|90(?:\.0+)?)"
_LONGITUDE: Final = r"[+-]?(?:(?:[0-9]|[1-9][0-9]|1[0-7][0-9])(?:\.[0-9]+)?|180(?:\.0+)?)"
_PLACE: Final = re.compile(rf"({_LATITUDE})[\s,]+({_LONGITUDE})", re.ASCII)


@dataclass(frozen=True, slots=True)
class SampleLink:
    """By which process, and from which samples, another one was made."""

    process: str
    inputs: tuple[str, ...]


def ontology_term(text: str) -> JsonObject | None:
    """Return the ``nmdc:OntologyClass`` of ``____name [PREFIX:id]``; None if the text has none."""
    head, _, rest = text.partition("[")
    id_, closed, _ = rest.partition("]")
    name, id_ = (head.lstrip("_") or head[-1:]).strip(), id_.strip()
    if not (closed and name and id_):
        return None
    return {"id": id_, "type": "nmdc:OntologyClass", "name": name}


def geolocation_text(text: str) -> JsonObject | None:
    """Return the ``nmdc:GeolocationValue`` of latitude and longitude in decimal degrees."""
    match = _PLACE.fullmatch(text)
    if match is None:
        return None
    return {
        "type": "nmdc:GeolocationValue",
        "has_raw_value": text,
        "latitude": float(match.group(1)),
        "longitude": float(match.group(2)),
    }


def process_names() -> tuple[str, ...]:
    """Return the classes of material processing that a link may name."""
    registry = load_registry()
    return tuple(
        name
        for name in registry.descendants("MaterialProcessing")
        if not registry.classes[name].abstract
    )


def parse_sample_link(text: str) -> SampleLink | None:
    """Return what ``Pooling:sample1, sample2`` says; None if the text has another form."""
    process, colon, names = text.partition(":")
    if not (colon and names) or process not in process_names():
        return None
    return SampleLink(process, tuple(name.strip() for name in names.split(",")))


def storable(text: str) -> str:
    """Return a text with U+FFFD for each half of a character, which JSON alone can hold."""
    return _HALF.sub("\ufffd", text)


def clean(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    """Return a value trimmed; None for nothing: null, a blank text, a list of nothing.

    Lists in lists stay as they are: no cell and no form has a use for them.
    """
    if isinstance(value, list):
        found = (clean(each) if isinstance(each, str) else each for each in value)
        return [each for each in found if each is not None] or None
    return (storable(value).strip() or None) if isinstance(value, str) else value


def only(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    """Return the value of a list of one; any other value as it is."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def clean_at(document: Any, path: Sequence[str]) -> Any:  # noqa: ANN401 (any JSON value)
    """Return the cleaned value at a path of keys; None if the path leads nowhere."""
    for key in path:
        if not isinstance(document, dict) or key not in document:
            return None
        document = document[key]
    return clean(document)
