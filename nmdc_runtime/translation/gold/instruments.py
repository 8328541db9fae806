"""From GOLD's sequencing methods to instruments of NMDC."""

from collections.abc import Collection
from importlib import resources
from typing import Any, Final

from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.tables import ReadTable, Table, read_table

TABLE: Final = "instruments"
METHOD: Final = "GOLD SeqMethod"
INSTRUMENT: Final = "NMDC instrument_set id"
_SHIPPED: Final = "gold_seqMethod_to_nmdc_instrument_set.tsv"


def read_instrument_map(content: bytes | str) -> ReadTable:
    """Read the mapping file of nmdc-schema: tab-separated, with a header.

    Raise `ValueError` if it is no table.
    """
    return read_table(content, name=TABLE, separator="\t")


def shipped_instrument_map() -> ReadTable:
    """Return the copy of nmdc-schema's mapping file that comes with this package."""
    return read_instrument_map(resources.files(__package__).joinpath(_SHIPPED).read_bytes())


class SequencingMethods:
    """Finds the instruments of sequencing methods; case and space around a name do not matter.

    Parameters
    ----------
    content
        The mapping file: a `Table`, records, or a DataFrame; empty or None finds nothing. What is
        wrong with rows of a `ReadTable` is handed on.
    registered
        Ids of the instruments in NMDC; None if that is not known.
    """

    def __init__(
        self,
        content: Any,  # noqa: ANN401 (a table of any library)
        problems: Problems,
        *,
        registered: Collection[str] | None = None,
    ) -> None:
        self._problems = problems
        self._ids: dict[str, str] = {}
        table = Table(TABLE, ()) if content is None else Table.of(TABLE, content)
        if isinstance(table, ReadTable):
            problems.extend(table.problems)
        if table.columns and not {METHOD, INSTRUMENT} <= set(table.columns):
            problems.add(
                "missing_columns",
                f"the map of instruments must have the columns {METHOD!r} and {INSTRUMENT!r}, not "
                f"{', '.join(map(repr, table.columns))}",
                table=TABLE,
            )
            return
        self._read(table, registered)

    @property
    def instrument_ids(self) -> frozenset[str]:
        """All instruments that the map names."""
        return frozenset(self._ids.values())

    def find(self, method: str) -> str | None:
        """Return the instrument of a method."""
        return self._ids.get(_folded(method))

    def _read(self, table: Table, registered: Collection[str] | None) -> None:
        for number, row in enumerate(table.rows, start=1):
            method, instrument_id = row.get(METHOD), str(row.get(INSTRUMENT) or "").strip()
            key = _folded(method)
            if not key or not instrument_id:
                message = f"row {number} of the map of instruments lacks a method or an id"
                code = "bad_mapping_row"
            elif self._ids.get(key, instrument_id) != instrument_id:
                message = f"the map of instruments has {method!r} twice; its first row is taken"
                code = "bad_mapping_row"
            elif registered is not None and instrument_id not in registered:
                message = f"{method!r} is {instrument_id}, which is no instrument in NMDC"
                code = "unregistered_instrument"
            else:
                self._ids[key] = instrument_id
                continue
            self._problems.add(
                code,
                message,
                table=TABLE,
                natural_id=str(method) if method else None,
                column=INSTRUMENT,
                value=instrument_id,
                row=number,
            )


def _folded(method: object) -> str:
    return str(method or "").strip().casefold()
