"""From the text of a cell to a value, as the slot has it."""

import math
import re
from typing import Any, Final

from nmdc_runtime.schema.registry import Slot, SlotKind

_SEPARATOR: Final = re.compile(r"(?<!\\)\|")
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,20}")
_BOOLEANS: Final = {"true": True, "false": False}
_INT64: Final = range(-(2**63), 2**63)


def value_of(text: str, slot: Slot) -> Any:  # noqa: ANN401 (any JSON value)
    r"""Return what a cell says: a list if the slot is one, or if the text ends in ``|``.

    ``\|`` is a ``|`` that separates nothing. What is no number where one is needed stays a text,
    which the schema then refuses.
    """
    stripped = text.strip()
    parts = _SEPARATOR.split(stripped)
    if slot.multivalued or (len(parts) > 1 and not parts[-1]):
        return [_scalar(each.strip(), slot.kind) for each in parts if each.strip()]
    return _scalar(stripped, slot.kind)


def _scalar(text: str, kind: SlotKind) -> Any:  # noqa: ANN401 (any JSON scalar)
    if kind is SlotKind.NUMBER and _NUMBER.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    if kind is SlotKind.INTEGER and _INTEGER.fullmatch(text):
        return int(text) if int(text) in _INT64 else text
    if kind is SlotKind.BOOLEAN and text.lower() in _BOOLEANS:
        return _BOOLEANS[text.lower()]
    return text.replace("\\|", "|")
