"""Documents as JSON has them, whatever made them: translators, LinkML classes, models; pure."""

import dataclasses
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from pydantic import BaseModel


def as_plain(value: object) -> Any:  # noqa: ANN401 (any JSON)
    """Return a value as JSON has it.

    Parameters
    ----------
    value
        A mapping, a list, an object of a LinkML class (nmdc-schema's Python classes), a pydantic
        model, a dataclass, or any value in one of those. Of objects, members without a value
        are left out; a null in a mapping stays one.

    Raises
    ------
    TypeError
        JSON has nothing like it.
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return value.value if isinstance(value, Enum) else str(value)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):  # and datetime
        return value.isoformat()
    return _object(value)


def _object(value: object) -> Any:  # noqa: ANN401 (any JSON)
    if isinstance(value, Mapping):
        return {str(key): as_plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_plain(each) for each in value]
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, Enum):
        return as_plain(value.value)
    return _members(value)


def _members(value: object) -> Any:  # noqa: ANN401 (any JSON)
    if hasattr(type(value), "_defn"):  # a value of an enumeration of LinkML's
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        items = ((each.name, getattr(value, each.name)) for each in dataclasses.fields(value))
        # LinkML's classes have an empty list for what has no values.
        return {name: as_plain(each) for name, each in items if each is not None and each != []}
    raise TypeError(f"JSON has nothing like {type(value).__name__}: {value!r:.100}")
