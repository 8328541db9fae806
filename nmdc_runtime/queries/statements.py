"""Statements of update and delete commands, read once: Extended JSON has become values."""

from collections.abc import Sequence
from dataclasses import dataclass

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.filters import read_filter, read_operand
from nmdc_runtime.queries.errors import CommandRefused, ReplacementRefused
from nmdc_runtime.queries.models import DeleteCommand, DeleteStatement, UpdateCommand
from nmdc_runtime.queries.rules import has_operator

#: Statements in one command, as MongoDB itself has it.
MOST_STATEMENTS = 100_000


@dataclass(frozen=True, slots=True)
class Statement:
    """Which documents a command is about, and for updates what becomes of them."""

    query: Document
    only_first: bool
    hint: list[tuple[str, int]] | None
    update: Document
    upsert: bool = False


def read_deletes(command: DeleteCommand) -> list[Statement]:
    """Return the statements of a delete command, or raise `FilterRefused` or `CommandRefused`."""
    _check_count("deletes", command.deletes)
    return [_delete(each) for each in command.deletes]


def _delete(given: DeleteStatement) -> Statement:
    query = read_filter(given.q).document
    return Statement(query, given.limit == 1, _hint(given.hint), {})


def read_updates(command: UpdateCommand) -> list[Statement]:
    """Return the statements of an update command.

    Raises
    ------
    ReplacementRefused
        One would replace whole documents.
    FilterRefused, CommandRefused
        One cannot be run.
    """
    _check_count("updates", command.updates)
    for index, given in enumerate(command.updates):
        if not has_operator(given.u):
            raise ReplacementRefused(index)
    return [
        Statement(
            query=read_filter(given.q).document,
            only_first=not given.multi,
            hint=_hint(given.hint),
            update=read_operand(given.u),
            upsert=given.upsert,
        )
        for given in command.updates
    ]


def _hint(given: dict[str, int] | None) -> list[tuple[str, int]] | None:
    return list(given.items()) if given else None


def _check_count(key: str, statements: Sequence[object]) -> None:
    if not statements:
        raise CommandRefused(f"`{key}` has no statement: there is nothing to do.")
    if len(statements) > MOST_STATEMENTS:
        raise CommandRefused(f"`{key}` has more than {MOST_STATEMENTS} statements.")
