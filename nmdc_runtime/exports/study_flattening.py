"""A biosample as one row: nested attributes become columns with dotted names; pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from nmdc_runtime.exports.study_errors import BiosampleNotFlat

#: The column group of what was measured in a biosample; published.
OMICS_TYPES = "omics_types"


def flatten(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON object on one level.

    Parts of an object are named ``object.part``, elements of a list by their place, from 0:
    ``list.0``, ``list.0.part``. Null stays; an empty list or object leaves nothing.

    Raises
    ------
    ValueError
        A list stands directly in a list. No slot of the schema is like that.
    """
    flat: dict[str, Any] = {}
    _add(flat, "", document)
    return flat


def _add(flat: dict[str, Any], prefix: str, document: Mapping[str, Any]) -> None:
    for name, value in document.items():
        path = prefix + name
        if isinstance(value, dict):
            _add(flat, f"{path}.", value)
        elif isinstance(value, list):
            for place, each in enumerate(value):
                if isinstance(each, dict):
                    _add(flat, f"{path}.{place}.", each)
                elif isinstance(each, list):
                    raise ValueError(f"Can't handle lists in lists at this time ({path}.{place})")
                else:
                    flat[f"{path}.{place}"] = each
        else:
            flat[path] = value


def row_of(biosample: Mapping[str, Any], omics_types: Iterable[str]) -> dict[str, Any]:
    """Return the row of a biosample, or raise `BiosampleNotFlat`.

    Parameters
    ----------
    omics_types
        What was measured in it: they are sorted, each once.
    """
    try:
        return flatten({**biosample, OMICS_TYPES: sorted(set(omics_types))})
    except ValueError as error:
        raise BiosampleNotFlat(biosample.get("id"), str(error)) from None
