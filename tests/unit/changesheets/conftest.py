"""Interpreting sheets about one document, without a database."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from nmdc_runtime.changesheets.actions import Update
from nmdc_runtime.changesheets.grouping import group_rows
from nmdc_runtime.changesheets.interpreting import Interpreter
from nmdc_runtime.changesheets.problems import CellProblem, in_order
from nmdc_runtime.changesheets.reading import TSV, read_sheet
from nmdc_runtime.schema.load import load_registry

STUDY = "nmdc:sty-11-aaaa1111"
HEADER = "id\taction\tattribute\tvalue\n"


@dataclass(frozen=True)
class Interpreted:
    """What became of the rows."""

    updates: list[Update]
    problems: list[CellProblem]

    @property
    def operations(self) -> list[object]:
        """The updates, which must be all that became of the rows."""
        assert self.problems == []
        return [update.operation for update in self.updates]

    @property
    def places(self) -> list[tuple[int, str]]:
        """Line and column of each problem, in the order of the sheet."""
        return [(each.line, each.column) for each in in_order(self.problems)]


Interpret = Callable[..., Interpreted]


@pytest.fixture
def interpret() -> Interpret:
    """Interpret rows whose cells are separated by blanks before a bar."""

    def interpret(*rows: str, class_name: str = "Study") -> Interpreted:
        lines = ["\t".join(cell.strip() for cell in row.split(" : ")) for row in rows]
        sheet = read_sheet((HEADER + "\n".join(lines)).encode(), content_type=TSV)
        edits, problems = group_rows(sheet.rows)
        updates: list[Update] = []
        interpreter = Interpreter(load_registry())
        for each in edits:
            some, found = interpreter.interpret(each, class_name=class_name)
            updates += some
            problems += found
        return Interpreted(updates, problems)

    return interpret
