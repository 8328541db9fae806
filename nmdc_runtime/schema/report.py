"""What is wrong with documents, as values: problems, and the report that lists them up to a cap."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

#: How many problems a report lists unless told otherwise; it always counts the rest.
LIMIT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with one place in a body of documents.

    ``message`` is the published text. The other fields say the same to programs: ``pointer`` is a
    JSON pointer into the whole body, ``rule`` a keyword of JSON Schema or one of our own words.
    """

    collection: str
    index: int | None = None
    id: str | None = None
    pointer: str
    rule: str
    expected: str | None = None
    found: str | None = None
    hint: str | None = None
    message: str
    line: int | None = None  # of NDJSON, from 1


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """The problems found: the first ones listed, all of them counted."""

    problems: tuple[Problem, ...] = ()
    total: int = 0

    @property
    def is_valid(self) -> bool:
        """Whether nothing is wrong."""
        return not self.total

    @property
    def truncated(self) -> bool:
        """Whether there are more problems than are listed."""
        return self.total > len(self.problems)

    def messages_by_collection(self, keys: Iterable[str]) -> dict[str, list[str]]:
        """Return the published ``detail``: every submitted key with its messages, or none."""
        messages: dict[str, list[str]] = {key: [] for key in keys if key != "@type"}
        for problem in self.problems:
            messages.setdefault(problem.collection, []).append(problem.message)
        return messages

    @classmethod
    def merged(cls, *reports: Self, limit: int = LIMIT) -> Self:
        """Return one report of several, in their order."""
        problems = [problem for report in reports for problem in report.problems]
        return cls(tuple(problems[:limit]), sum(report.total for report in reports))


class ProblemList:
    """Gathers problems for a report; past the limit it only counts."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._problems: list[Problem] = []
        self._total = 0

    @property
    def is_full(self) -> bool:
        """Whether further problems are only counted: describing them is wasted work."""
        return len(self._problems) >= self._limit

    @property
    def is_empty(self) -> bool:
        """Whether no problem has been noted."""
        return not self._total

    def add(self, problem: Problem) -> None:
        """List the problem, or count it if the list is full."""
        self._total += 1
        if not self.is_full:
            self._problems.append(problem)

    def count(self, number: int = 1) -> None:
        """Count problems that nobody described."""
        self._total += number

    def report(self) -> ValidationReport:
        """Return what has been gathered so far."""
        return ValidationReport(tuple(self._problems), self._total)


def pointer_to(path: Iterable[str | int]) -> str:
    """Return the JSON pointer (RFC 6901) of a path into the body."""
    return "".join("/" + str(each).replace("~", "~0").replace("/", "~1") for each in path)


def place_of(path: Sequence[str | int]) -> str:
    """Return the published form of a path into the body, as messages end with it."""
    return "/" + "/".join(str(each) for each in path)
