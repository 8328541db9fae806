"""A slot's value as the text of a BioSample attribute.

What a value looks like decides how it is written, not what the mapping says of the slot: the
mapping is older than the schema.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Final

from nmdc_runtime.translation.ncbi.models import Document

UNKNOWN: Final = "Unknown format"
#: Between the elements of a list.
BETWEEN: Final = "| "
#: What XML 1.0 cannot carry, escaped or not.
NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

#: Letters that do not come apart into an ASCII letter and a mark.
_LETTERS: Final = str.maketrans(
    {
        **{"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O"},
        **{"đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ł": "l", "Ł": "L"},
        **{"ħ": "h", "Ħ": "H", "\u0131": "i", "ŋ": "ng", "Ŋ": "NG", "ŧ": "t", "Ŧ": "T", "ĸ": "k"},
        # The okina, apostrophes and quotation marks; hyphens, dashes, minus; times, degrees
        **{"\u02bb": "`", "\u02bc": "'", "\u2018": "'", "\u2019": "'", "\u201c": '"'},
        **{"\u201d": '"', "\u2010": "-", "\u2011": "-", "\u2013": "-", "\u2014": "--"},
        **{"\u2212": "-", "\u00d7": "x", "\u00b0": "deg"},
    }
)


def render(value: Any, mapped_range: str) -> str:  # noqa: ANN401 (any JSON value)
    """Return the value as text; ``Unknown format`` for an object that has nothing to show.

    Parameters
    ----------
    value
        An element of a slot, or the slot's only value. An object is written by its ``type``; one
        without, by the mapping's range.
    mapped_range
        Numbers of range ``float`` get two decimals; others are written as Python does.

    Source
    ------
    exporters specification 1.6; nmdc-schema ``AttributeValue`` and its subclasses.
    """
    if isinstance(value, list):
        return BETWEEN.join(render(each, mapped_range) for each in value)
    if isinstance(value, dict):
        shape = str(value.get("type") or mapped_range).rpartition("/")[2].rpartition(":")[2]
        said = _RENDERERS.get(shape, _any_shape)(value)
        return UNKNOWN if said is None or said == "" else str(said)
    if mapped_range == "float" and isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:.2f}"
    return str(value)


def hemispheres(value: Document) -> str | None:
    """Return a position as NCBI writes it, ``39.758206 N 102.447148 W``; None if it has none."""
    latitude, longitude = value.get("latitude"), value.get("longitude")
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return None
    north, east = "N" if latitude >= 0 else "S", "E" if longitude >= 0 else "W"
    return f"{abs(latitude)} {north} {abs(longitude)} {east}"


def to_ascii(text: str) -> tuple[str, str]:
    """Return the text in ASCII, and the characters that have no ASCII letters and are dropped."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    kept = [each for each in decomposed if not unicodedata.combining(each)]
    lost = "".join(each for each in kept if not each.isascii())
    return "".join(each for each in kept if each.isascii()), lost


def taxon_digits(value: Any) -> str | None:  # noqa: ANN401 (any JSON value)
    """Return the number of an NCBI taxon, ``9606`` of ``NCBITaxon:9606``; None if there is none."""
    if isinstance(value, dict):
        named = _named(value.get("term"))[0] or value.get("has_raw_value")
    else:
        named = value
    found = re.search(r":\s*(\d+)", str(named or ""))
    return found[1] if found else None


def _quantity(value: Document) -> str | None:
    unit = value.get("has_unit")
    number = value.get("has_numeric_value")
    low, high = value.get("has_minimum_numeric_value"), value.get("has_maximum_numeric_value")
    if unit and number is not None:
        return f"{number} {unit}"
    if unit and low is not None and high is not None:
        return f"{low} - {high} {unit}"
    return _raw(value)


def _raw(value: Document) -> str | None:
    raw = value.get("has_raw_value")
    return None if raw is None else str(raw)


def _term(value: Document) -> str | None:
    if not value.get("term"):
        return _raw(value)
    id_, name = _named(value["term"])
    return f"{name} [{id_}]" if id_ and name else id_ or name


def _identified_term(value: Document) -> str | None:
    if value.get("term") and not _named(value["term"])[0]:
        return None
    return _term(value)


def _named(term: Any) -> tuple[Any, Any]:  # noqa: ANN401 (any JSON value)
    """Return id and name of a term; one that is a text is an id."""
    return (term.get("id"), term.get("name")) if isinstance(term, dict) else (term, None)


def _position(value: Document) -> str | None:
    latitude, longitude = value.get("latitude"), value.get("longitude")
    if latitude is None or longitude is None:
        return _raw(value)
    return f"{latitude} {longitude}"


def _assertion(value: Document) -> str | None:
    if "has_raw_value" in value:
        return _raw(value)
    label = value.get("has_attribute_label") or value.get("has_attribute_id")
    for name in ("has_datetime_value", "has_boolean_value", "has_value_term_id"):
        if value.get(name) is not None:
            return f"{label};{value[name]}" if label else str(value[name])
    said = _quantity(value)
    return f"{label};{said}" if said and label else said


def _any_shape(value: Document) -> str | None:
    """Write an object of a class that has no rule, or of none at all, by what it holds."""
    if value.get("term"):
        return _term(value)
    if value.get("latitude") is not None:
        return _position(value)
    return _quantity(value) or value.get("name") or value.get("id")


_RENDERERS: Final[Mapping[str, Callable[[Document], str | None]]] = {
    "QuantityValue": _quantity,
    "TextValue": _raw,
    "TimestampValue": _raw,
    "ControlledTermValue": _term,
    "ControlledIdentifiedTermValue": _identified_term,
    "GeolocationValue": _position,
    "PropertyAssertion": _assertion,
}
