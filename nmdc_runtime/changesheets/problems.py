"""What is wrong with a sheet, as values that name line, column and the offending text."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

#: How many problems are listed; all of them are counted.
LIMIT: Final = 1000
MOST_TEXT: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CellProblem:
    """One thing that is wrong with one cell.

    Parameters
    ----------
    line
        Number of the line in the file, the header being 1; the first one of a row of several.
    column
        Name of the column; empty if it is the line as a whole.
    text
        What stands there.
    published
        The text that this refusal has had since the first version, if it had one.
    """

    line: int
    column: str
    text: str
    problem: str
    hint: str | None = None
    published: str | None = None

    @property
    def detail(self) -> str:
        """The sentence for who reads nothing else."""
        return self.published or f"line {self.line}: {self.problem}"


def listed(problems: Iterable[CellProblem]) -> list[dict[str, Any]]:
    """Return the first problems as they go over the wire, in the order of the sheet."""
    return [
        {
            name: value[:MOST_TEXT] if name == "text" else value
            for name, value in asdict(each).items()
            if name != "published" and value is not None
        }
        for each in in_order(problems)[:LIMIT]
    ]


def in_order(problems: Iterable[CellProblem]) -> Sequence[CellProblem]:
    """Return the problems by line; those of one line in the order in which they were found."""
    return sorted(problems, key=lambda each: each.line)
