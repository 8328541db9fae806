"""From what a source says to the small objects of the schema; a missing value is None, not a guess.

Numbers are worked on as exact decimals of what was printed: 21.9 cm are 0.219 m, never 0.21899….
"""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from nmdc_runtime.translation.quantities import NUMBER, plain_number
from nmdc_runtime.translation.vocabulary import permissible_values

JsonObject = dict[str, Any]

GIT_URL: Final = "https://github.com/microbiomedata/nmdc-runtime"
#: What people write for a number; Python also reads 1_000, and digits of other scripts.
_NUMBER: Final = re.compile(NUMBER)


def index_by(records: Iterable[JsonObject], name: str) -> dict[Any, JsonObject]:
    """Return the records by the value of a field; of several with one value the last."""
    return {record[name]: record for record in records}


def ensure_curie(text: str, *, default_prefix: str) -> str:
    """Return the text with a prefix: its own, else the default one."""
    return text if ":" in text else f"{default_prefix}:{text}"


def to_metres(centimetres: float) -> float:
    """Return a length in m, exactly as printed with the point moved by two places."""
    return float(Decimal(repr(centimetres)) / 100)


def quantity(number: float | str | None, unit: str) -> JsonObject | None:
    """Return an ``nmdc:QuantityValue`` without raw value; None for a missing number.

    Raises
    ------
    TypeError
        The number is a text.
    """
    checked = _number(number)
    if checked is None:
        return None
    return {
        "type": "nmdc:QuantityValue",
        "has_numeric_value": plain_number(checked),
        "has_unit": unit,
    }


def quantity_range(
    low: float | str | None, high: float | str | None, unit: str
) -> JsonObject | None:
    """Return an ``nmdc:QuantityValue`` with a minimum, a maximum or both; None without either."""
    ends = {
        "has_minimum_numeric_value": _number(low),
        "has_maximum_numeric_value": _number(high),
    }
    known = {slot: plain_number(end) for slot, end in ends.items() if end is not None}
    return {"type": "nmdc:QuantityValue", **known, "has_unit": unit} if known else None


def controlled_identified_term(id_: str | None, name: str | None) -> JsonObject | None:
    """Return an ``nmdc:ControlledIdentifiedTermValue``; None unless both are known."""
    if id_ is None or name is None:
        return None
    return {
        "type": "nmdc:ControlledIdentifiedTermValue",
        "term": {"id": id_, "type": "nmdc:OntologyClass", "name": name},
    }


def controlled_term(name: str | None) -> JsonObject | None:
    """Return an ``nmdc:ControlledTermValue``."""
    return _raw("nmdc:ControlledTermValue", name)


def timestamp(text: str | None) -> JsonObject | None:
    """Return an ``nmdc:TimestampValue`` of the text as it is."""
    return _raw("nmdc:TimestampValue", text)


def text_value(text: str | None) -> JsonObject | None:
    """Return an ``nmdc:TextValue``."""
    return _raw("nmdc:TextValue", text)


def to_float(value: object) -> float | None:
    """Return a number, also of a text that is one; None for anything else."""
    if not isinstance(value, int | float | str) or isinstance(value, bool):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def geolocation(latitude: float | str | None, longitude: float | str | None) -> JsonObject | None:
    """Return an ``nmdc:GeolocationValue`` (decimal degrees); None unless both are known.

    Raises
    ------
    TypeError
        One of them is a text.
    """
    known_latitude, known_longitude = _number(latitude), _number(longitude)
    if known_latitude is None or known_longitude is None:
        return None
    return {
        "type": "nmdc:GeolocationValue",
        "latitude": float(known_latitude),
        "longitude": float(known_longitude),
    }


def provenance(
    now: datetime, *, version: str, source_system: str, submission_id: str | None = None
) -> JsonObject:
    """Return an ``nmdc:ProvenanceMetadata``.

    Parameters
    ----------
    now
        An aware time: when the record is made.
    version
        Of this package.
    source_system
        One of the schema's ``SourceSystemEnum``, e.g. ``NEON_Data_Portal``.
    """
    if source_system not in permissible_values("SourceSystemEnum"):
        raise ValueError(f"Unknown SourceSystemEnum enumeration code: {source_system}")
    moment = now.astimezone(UTC).isoformat()
    return {
        "type": "nmdc:ProvenanceMetadata",
        "add_date": moment,
        "mod_date": moment,
        "git_url": GIT_URL,
        "source_system_of_record": source_system,
        "version": version,
    } | ({"submission_portal_identifier": [submission_id]} if submission_id else {})


def without_empty(document: Mapping[str, Any]) -> JsonObject:
    """Return the document without slots that are None, an empty text or an empty list."""
    return {slot: value for slot, value in document.items() if value not in (None, "", [])}


def _raw(type_: str, text: str | None) -> JsonObject | None:
    return None if text is None else {"type": type_, "has_raw_value": text}


def _number(value: float | str | None) -> float | None:
    """Return the number; None if it is missing or not a number (NaN)."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"a number is needed, not {value!r}")
    return value if math.isfinite(value) else None
