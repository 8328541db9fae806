"""In which order updates are made, and which of them undo each other."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from nmdc_runtime.changesheets.actions import Action, Update
from nmdc_runtime.changesheets.comparing import key_of
from nmdc_runtime.changesheets.problems import CellProblem
from nmdc_runtime.changesheets.reading import Row

#: What takes away all that was at a path.
_WHOLE: Final = (Action.SET, Action.UNSET)


@dataclass(frozen=True, slots=True)
class Placed:
    """An update and the row that says where it goes."""

    update: Update
    row: Row


def in_order(placed: Sequence[Placed]) -> list[Placed]:
    """Return the updates with those that touch the same attribute in the order of the sheet.

    All others keep their places.
    """
    if len(placed) < 2:  # noqa: PLR2004 (one alone, as in most sheets, is in order)
        return list(placed)
    by_attribute: dict[str, list[Placed]] = {}
    for each in placed:
        by_attribute.setdefault(_attribute(each), []).append(each)
    queues = {
        name: iter(sorted(some, key=lambda each: each.row.line))
        for name, some in by_attribute.items()
    }
    return [next(queues[_attribute(each)]) for each in placed]


def check_consistent(placed: Iterable[Placed]) -> list[CellProblem]:
    """Return a problem for each update that undoes an earlier one.

    To remove an attribute first and to give it values afterwards is one way to replace it.
    """
    problems: list[CellProblem] = []
    written: dict[str, Placed] = {}  # path → the last update that left something at or below it
    elements: dict[tuple[str, Any], Placed] = {}  # (path, element) → what added or removed it
    for each in placed:
        update = each.update
        rival = None
        if update.action in _WHOLE:
            earlier = written.get(update.path)
            if earlier and not _is_same(earlier.update, update):
                rival = earlier
        for element in _elements(update):
            known = elements.setdefault((update.path, element), each)
            if (known.update.action is Action.PULL) != (update.action is Action.PULL):
                rival = rival or known
        if rival:
            problems.append(_contradiction(each, rival))
        elif update.action is not Action.UNSET:
            for path in _at_or_above(update.path):
                written[path] = each
    return problems


def _attribute(placed: Placed) -> str:
    return placed.update.path.partition(".")[0]


def _is_same(one: Update, other: Update) -> bool:
    return (one.action, one.path, one.value) == (other.action, other.path, other.value)


def _elements(update: Update) -> Iterator[Any]:
    if update.action is not Action.UNSET and isinstance(update.value, list):
        yield from map(key_of, update.value)


def _at_or_above(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition(".")[0]


def _contradiction(each: Placed, rival: Placed) -> CellProblem:
    return CellProblem(
        line=each.row.line,
        column="attribute",
        text=each.row.attribute,
        problem=f"this undoes what line {rival.row.line} does to {rival.update.path!r}",
        hint="leave one of the two rows out",
    )
