"""Which slot comes from which column, as data, to be held against NEON's term mapping.

One table of `Origin`s for each class; what is more than a column (the environment, the graph) is in
the translators. Where the owners of the data may want another column, the origin names it together
with the correction that switches it on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from nmdc_runtime.translation.neon.options import Correction, NeonOptions
from nmdc_runtime.translation.tables import Cell
from nmdc_runtime.translation.values import quantity, text_value, timestamp, to_float


class Shape(StrEnum):
    """What a value becomes."""

    PLAIN = "plain"  # the value as it is
    NUMBER = "number"  # a plain number with its point
    QUANTITY = "quantity"
    TEXT = "text"
    TIMESTAMP = "timestamp"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the value of a slot comes from.

    Parameters
    ----------
    correction, corrected
        The switch, and the (table, column) that is read instead when it is on.
    """

    slot: str
    table: str
    column: str
    shape: Shape = Shape.PLAIN
    unit: str | None = None
    correction: Correction | None = None
    corrected: tuple[str, str] | None = None

    def place(self, options: NeonOptions) -> tuple[str, str]:
        """Return table and column, by what is switched on."""
        if self.corrected and self.correction and options.corrects(self.correction):
            return self.corrected
        return self.table, self.column

    def value(self, cell: Cell) -> Any:  # noqa: ANN401 (any JSON value)
        """Return what the slot gets, None for nothing."""
        if self.shape is Shape.QUANTITY:
            return quantity(cell, self.unit or "1")
        return _SHAPES[self.shape](cell)


_SHAPES: Final[Mapping[Shape, Callable[[Any], Any]]] = {
    Shape.PLAIN: lambda cell: cell,
    Shape.NUMBER: to_float,
    Shape.TEXT: text_value,
    Shape.TIMESTAMP: timestamp,
}
