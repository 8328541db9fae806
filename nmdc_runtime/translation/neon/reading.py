"""From the files of NEON's tables to tables: the months and sites of one table are one table."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from nmdc_runtime.translation.neon import benthic, soil_tables, surface_water
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.tables import Kind, Table, concatenated, read_csv

#: Every column that a translator reads, by table; others would only take memory.
COLUMNS: Final[Mapping[str, Mapping[str, Kind]]] = {
    **soil_tables.COLUMNS,
    **benthic.COLUMNS,
    **surface_water.COLUMNS,
}


def read_neon_tables(
    files: Mapping[str, Sequence[Path]],
    problems: Problems | None = None,
    *,
    tell: Callable[[Path], None] = lambda _: None,
) -> dict[str, Table]:
    """Return the tables by name, their rows in the order of the files.

    Parameters
    ----------
    files
        The files (CSV with a header line) of each table. A table without any gets no columns and no
        rows, of which a translator that needs it then says that it lacks columns.
    problems
        Gets what is wrong with a file; without it `ValueError` is raised.
    tell
        Is called with each file that is read.
    """

    def read(name: str, path: Path) -> Table:
        table = read_csv(path, name=name, columns=COLUMNS.get(name), problems=problems)
        tell(path)
        return table

    return {
        name: concatenated(name, (read(name, path) for path in paths))
        for name, paths in files.items()
    }
