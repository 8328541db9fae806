"""From rows to the edits of each document: which rows belong together, and what they describe.

A row whose id is a name without ``:`` describes a part of the object that this name, a variable,
stands for; a row whose value is that name says where the object goes. Variables belong to one
document, and may stand in each other.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from nmdc_runtime.changesheets.actions import WORDS, Action
from nmdc_runtime.changesheets.problems import CellProblem
from nmdc_runtime.changesheets.reading import Row

#: How deep objects may lie in objects; the schema's own lie less deep.
DEEPEST: Final = 20


@dataclass(frozen=True, slots=True)
class Edit:
    """A row, and what it does; None if nobody knows."""

    row: Row
    action: Action | None


@dataclass(slots=True)
class Described:
    """An object: the row that says where it goes, and those that say what it consists of."""

    variable: str
    anchor: Row
    parts: "list[Row | Described]" = field(default_factory=list)

    @property
    def rows(self) -> Iterator[Row]:
        """All rows of the object, those of the objects in it included."""
        yield self.anchor
        for part in self.parts:
            if isinstance(part, Described):
                yield from part.rows
            else:
                yield part


@dataclass(slots=True)
class Group:
    """An object that goes into a document, and what is done with it."""

    described: Described
    action: Action | None


@dataclass(slots=True)
class DocumentEdits:
    """All that a sheet does to one document."""

    document_id: str
    line: int  # where the document is first named
    plain: list[Edit] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    unbound: list[Row] = field(default_factory=list)  # the first row of each such variable


def group_rows(rows: Iterable[Row]) -> tuple[list[DocumentEdits], list[CellProblem]]:
    """Return the edits of each document in ascending order of ids, and what is wrong with rows."""
    problems: list[CellProblem] = []
    by_document: dict[str, list[Edit]] = {}
    for document_id, edit in _carried_down(rows, problems):
        by_document.setdefault(document_id, []).append(edit)
    edits = [_edits_of(id_, by_document[id_], problems) for id_ in sorted(by_document)]
    return edits, problems


def _carried_down(rows: Iterable[Row], problems: list[CellProblem]) -> Iterator[tuple[str, Edit]]:
    """Yield each row with its document and its action; empty cells repeat what stands above."""
    document_id: str | None = None
    action: Action | None = None
    for number, row in enumerate(rows):
        if ":" in row.id:
            document_id = row.id
        if row.action:
            action = WORDS.get(row.action)
            if action is None:
                problems.append(_unknown_action(row))
        elif not number:
            problems.append(_no_action(row))
        if document_id is not None:
            yield document_id, Edit(row, action)
        elif not number:
            problems.append(_no_document(row))


def _edits_of(document_id: str, edits: list[Edit], problems: list[CellProblem]) -> DocumentEdits:
    variables = {edit.row.id for edit in edits if _names_variable(edit.row.id)}
    found = DocumentEdits(document_id, edits[0].row.line)
    objects: dict[str, Described] = {}  # by variable
    owners: dict[str, str] = {}  # variable → the variable in which it stands, or ""
    members: list[Row] = []
    for edit in edits:
        row, owner = edit.row, edit.row.id if _names_variable(edit.row.id) else ""
        variable = row.value.strip()
        if variable in variables:
            known = objects.get(variable)
            if known is None:
                objects[variable] = Described(variable, row)
                owners[variable] = owner
            elif (known.anchor.attribute, owners[variable]) != (row.attribute, owner):
                problems.append(_bound_twice(row, known.anchor))
        elif not owner:
            found.plain.append(edit)
        if owner:
            members.append(row)
    astray = {name for name in objects if not _is_rooted(name, owners)}
    problems += [_astray(objects[name].anchor) for name in sorted(astray)]
    unbound = sorted(variables - objects.keys())
    firsts = {row.id: row for row in reversed(members)}
    found.unbound = [firsts[name] for name in unbound]
    for row in members:
        holder = objects.get(row.id)
        if holder is None or row.id in astray:
            continue
        inner = objects.get(row.value.strip())
        if inner is None:
            holder.parts.append(row)
        elif inner.anchor is row:
            holder.parts.append(inner)
    actions = {edit.row.line: edit.action for edit in edits}
    for name in sorted(owners):
        if not owners[name]:
            last = max(row.line for row in objects[name].rows)
            found.groups.append(Group(objects[name], actions[last]))
    return found


def _names_variable(id_: str) -> bool:
    return bool(id_) and ":" not in id_


def _is_rooted(name: str, owners: dict[str, str]) -> bool:
    """Say whether a variable stands, not too deep, in something that goes into the document."""
    for _ in range(DEEPEST):
        if not name:
            return True
        if name not in owners:
            return True  # the outer variable goes nowhere, which is said of that one
        name = owners[name]
    return False


def _unknown_action(row: Row) -> CellProblem:
    near = row.action.lower()
    return CellProblem(
        line=row.line,
        column="action",
        text=row.action,
        problem=f"there is no action {row.action!r}",
        hint=f"write {near!r}" if near in WORDS else f"actions are {', '.join(WORDS)}",
        published=f"cannot execute action '{row.action}'",
    )


def _no_action(row: Row) -> CellProblem:
    return CellProblem(
        line=row.line,
        column="action",
        text="",
        problem="the first row has no action",
        hint="only below another row an empty action repeats that of the row above",
        published="change sheet lacks 'action' column.",
    )


def _no_document(row: Row) -> CellProblem:
    return CellProblem(
        line=row.line,
        column="id",
        text=row.id,
        problem="the first row does not say which document it is about",
        hint="write the document's id, e.g. nmdc:sty-11-34xj1150",
        published="-1",
    )


def _bound_twice(row: Row, anchor: Row) -> CellProblem:
    return CellProblem(
        line=row.line,
        column="value",
        text=row.value,
        problem=f"line {anchor.line} has put this object into {anchor.attribute!r} already",
        hint="give the second object a name and rows of its own",
    )


def _astray(anchor: Row) -> CellProblem:
    return CellProblem(
        line=anchor.line,
        column="value",
        text=anchor.value,
        problem=f"the object lies in itself, or deeper than {DEEPEST} objects",
    )
