"""Which run of a workflow supersedes which, and what equals what; pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, NamedTuple

SUPERSEDED_BY: Final = "superseded_by"
PROVENANCE: Final = "provenance_metadata"
STAMPS: Final = frozenset({"add_date", "mod_date", "type"})
#: More digits than any run number has; a text of thousands would be slow to count with.
MOST_DIGITS: Final = 18

_RUN: Final = re.compile(rf"(.+)\.([0-9]{{1,{MOST_DIGITS}}})")


class RunId(NamedTuple):
    """The parts of a workflow execution's id; without a run number the base is the whole id."""

    base: str
    run: int | None


@dataclass(frozen=True, slots=True)
class Execution:
    """What supersession must know of a workflow execution."""

    id: str
    outputs: tuple[str, ...]
    is_new: bool  # just being submitted


@dataclass(frozen=True, slots=True)
class Links:
    """What becomes superseded: id → id of the workflow execution that supersedes it."""

    executions: Mapping[str, str]
    outputs: Mapping[str, str]


def split_id(execution_id: str) -> RunId:
    """Return base and run number, which is a whole number from 1 on behind the last full stop."""
    found = _RUN.fullmatch(execution_id)
    if found is None or int(found[2]) < 1:
        return RunId(execution_id, None)
    return RunId(found[1], int(found[2]))


def predecessor_of(execution_id: str) -> str | None:
    """Return the id of the run before this one, if there can be one."""
    base, run = split_id(execution_id)
    return None if run is None or run == 1 else f"{base}.{run - 1}"


def successor_of(execution_id: str) -> str | None:
    """Return the id of the run behind this one; None if the id has no run number."""
    base, run = split_id(execution_id)
    return None if run is None else f"{base}.{run + 1}"


def links_of(executions: Iterable[Execution]) -> Links:
    """Link each new execution with the nearest lower and the nearest higher run of its base.

    Links between executions that are not new stay as they are. An output of several runs of a base
    is superseded when the last of those runs is.

    Parameters
    ----------
    executions
        All executions, stored and new, of the bases of the new ones, each once.
    """
    series: dict[str, list[tuple[int, Execution]]] = {}
    for each in executions:
        base, run = split_id(each.id)
        if run is not None:
            series.setdefault(base, []).append((run, each))
    of_executions: dict[str, str] = {}
    of_outputs: dict[str, str] = {}
    for _, runs in sorted(series.items()):
        ordered = [each for _, each in sorted(runs, key=lambda pair: (pair[0], pair[1].id))]
        last_successor = {
            output: newer.id for older, newer in pairwise(ordered) for output in older.outputs
        }
        for older, newer in pairwise(ordered):
            if older.is_new or newer.is_new:
                of_executions[older.id] = newer.id
                of_outputs |= {output: last_successor[output] for output in older.outputs}
    return Links(of_executions, of_outputs)


def ends_of(deleted: Mapping[str, str | None]) -> dict[str, str | None]:
    """Say what supersedes, from now on, what each of these executions superseded.

    Parameters
    ----------
    deleted
        Id of a deleted execution → the id that supersedes it, if one does.

    Returns
    -------
    dict
        The same ids → the first one of the chain that is not deleted; None if there is none.
    """
    ends: dict[str, str | None] = {}
    for start, successor in deleted.items():
        seen = {start}
        at = successor
        while at is not None and at in deleted and at not in seen:
            seen.add(at)
            at = deleted[at]
        ends[start] = None if at in deleted else at
    return ends


def superseded(document: Mapping[str, Any], successor: str | None) -> dict[str, Any]:
    """Return a copy that this execution supersedes, or that none does."""
    rest = {key: value for key, value in document.items() if key != SUPERSEDED_BY}
    return rest if successor is None else {**rest, SUPERSEDED_BY: successor}


def is_same_content(stored: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Say whether a client has sent what is stored, apart from what the Runtime itself writes."""
    return _content(stored) == _content(given)


def outputs_of(execution: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of the data objects that an execution has made."""
    return _texts(execution.get("has_output"))


def surviving_producers(
    producers: Iterable[Mapping[str, Any]], *, outputs: Sequence[str] | set[str]
) -> dict[str, str]:
    """Return, for each of the outputs that a kept process has made too, the first such process."""
    wanted = set(outputs)
    return {
        output: producer["id"]
        for producer in sorted(producers, key=lambda each: _order(each["id"]), reverse=True)
        for output in outputs_of(producer)
        if output in wanted
    }


def _order(execution_id: str) -> tuple[str, int]:
    base, run = split_id(execution_id)
    return base, run or 0


def _content(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in document.items()
        if key not in {"_id", SUPERSEDED_BY, PROVENANCE}
    } | dict(_unstamped(document.get(PROVENANCE)))


def _unstamped(provenance: object) -> Iterator[tuple[str, Any]]:
    if isinstance(provenance, Mapping):
        rest = {key: value for key, value in provenance.items() if key not in STAMPS}
        if rest:
            yield PROVENANCE, rest


def _texts(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(each for each in values if isinstance(each, str))
