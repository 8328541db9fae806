"""From the edits of a document to the update commands that make them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from nmdc_runtime.changesheets.actions import Action, Update
from nmdc_runtime.changesheets.grouping import Described, DocumentEdits, Edit, Group
from nmdc_runtime.changesheets.ordering import Placed, check_consistent, in_order
from nmdc_runtime.changesheets.paths import Paths, SlotNotFound
from nmdc_runtime.changesheets.problems import CellProblem
from nmdc_runtime.changesheets.reading import Row
from nmdc_runtime.changesheets.values import value_of
from nmdc_runtime.schema.registry import SchemaRegistry, Slot

#: What of a document no sheet may change: its identity.
FIXED: Final = frozenset({"id", "type"})
#: What a part of an object is that is given more than once, or in two ways.
_PROBLEM = "line {line} says something else of the same attribute"


@dataclass(slots=True)
class _Parts:
    """An object as it is assembled: values, and which slots of it are lists."""

    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    many: set[str] = field(default_factory=set)

    def whole(self) -> dict[str, Any]:
        """Return the object; what is one of several, and not yet a list, becomes a list."""
        return {name: self._wrapped(name, value) for name, value in self.values.items()}

    def _wrapped(self, name: str, value: object) -> object:
        if isinstance(value, _Parts):
            value = value.whole()
        return [value] if name in self.many and not isinstance(value, list) else value


class Interpreter:
    """Interprets the edits of one document after the other."""

    def __init__(self, registry: SchemaRegistry) -> None:
        self._paths = Paths(registry)

    def interpret(
        self, edits: DocumentEdits, *, class_name: str
    ) -> tuple[list[Update], list[CellProblem]]:
        """Return the updates of a document in their order, and what is wrong with its rows.

        Plain rows come in the order of the sheet, then objects by the names of their variables;
        but those that touch the same path come in the order of the sheet.
        """
        problems = [
            CellProblem(
                line=row.line,
                column="id",
                text=row.id,
                problem=f"no row of {edits.document_id} has the value {row.id!r}",
                hint="a row of the same document must say where the object goes",
                published=f"slot 'None' not found for '{class_name}'",
            )
            for row in edits.unbound
        ]
        placed: list[Placed] = []
        for edit in edits.plain:
            update = self._plain(edit, (class_name,), problems)
            if update:
                placed.append(Placed(update, edit.row))
        for group in edits.groups:
            update = self._group(group, (class_name,), problems)
            if update:
                placed.append(Placed(update, group.described.anchor))
        placed = in_order(placed)
        problems += check_consistent(placed)
        return [each.update for each in placed], problems

    def _plain(
        self, edit: Edit, class_names: tuple[str, ...], problems: list[CellProblem]
    ) -> Update | None:
        slots = self._slots(edit.row, class_names, problems)
        if not slots or edit.action is None or _is_fixed(edit.row, slots, problems):
            return None
        row = edit.row
        if edit.action is not Action.UNSET and _is_empty(row, slots, edit.action, problems):
            return None
        return Update(edit.action, _path(slots), value_of(row.value, slots[-1]), (row.line,))

    def _group(
        self, group: Group, class_names: tuple[str, ...], problems: list[CellProblem]
    ) -> Update | None:
        described = group.described
        slots = self._slots(described.anchor, class_names, problems)
        if not slots or _is_fixed(described.anchor, slots, problems):
            return None
        value: Any = self._object(described, slots[-1].ranges, group.action, problems)
        if group.action is None:
            return None
        if slots[-1].multivalued:
            value = [value]
        lines = tuple(sorted(row.line for row in described.rows))
        return Update(group.action, _path(slots), value, lines)

    def _object(
        self,
        described: Described,
        class_names: tuple[str, ...],
        action: Action | None,
        problems: list[CellProblem],
    ) -> dict[str, Any]:
        parts = _Parts()
        for part in described.parts:
            row = part.anchor if isinstance(part, Described) else part
            slots = self._slots(row, class_names, problems)
            if not slots:
                continue
            value: Any
            if isinstance(part, Described):
                value = self._object(part, slots[-1].ranges, action, problems)
                if slots[-1].multivalued:
                    value = [value]
            elif action is not Action.UNSET and _is_empty(row, slots, Action.SET, problems):
                continue
            else:
                value = value_of(row.value, slots[-1])
            _put(parts, slots, value, row, problems, grows=isinstance(part, Described))
        return parts.whole()

    def _slots(
        self, row: Row, class_names: tuple[str, ...], problems: list[CellProblem]
    ) -> tuple[Slot, ...]:
        """Return the slots on the path of a row; none, and a problem, if it leads nowhere."""
        try:
            return self._paths.resolve(class_names, row.attribute)
        except SlotNotFound as error:
            problems.append(
                CellProblem(
                    line=row.line,
                    column="attribute",
                    text=row.attribute,
                    problem=str(error),
                    hint=error.hint,
                    published=str(error),
                )
            )
            return ()


def _put(
    parts: _Parts,
    slots: Sequence[Slot],
    value: Any,  # noqa: ANN401 (any JSON value)
    row: Row,
    problems: list[CellProblem],
    *,
    grows: bool,
) -> None:
    """Put a value where a path within the object leads; lists of described objects grow."""
    for slot in slots[:-1]:
        inner = parts.values.setdefault(slot.name, _Parts())
        if slot.multivalued:
            parts.many.add(slot.name)
        if not isinstance(inner, _Parts):
            problems.append(_said_before(row, parts.lines.get(slot.name, 0)))
            return
        parts.lines.setdefault(slot.name, row.line)
        parts = inner
    last = slots[-1].name
    known = parts.values.get(last)
    if last not in parts.values:
        parts.values[last] = value
        parts.lines[last] = row.line
    elif grows and isinstance(known, list) and isinstance(value, list):
        known.extend(value)
    elif isinstance(known, _Parts) or known != value:
        problems.append(_said_before(row, parts.lines[last]))


def _said_before(row: Row, line: int) -> CellProblem:
    return CellProblem(
        line=row.line,
        column="attribute",
        text=row.attribute,
        problem=_PROBLEM.format(line=line),
        hint="separate the elements of a list with |, or leave one of the rows out",
    )


def _path(slots: Sequence[Slot]) -> str:
    return ".".join(slot.name for slot in slots)


def _is_fixed(row: Row, slots: Sequence[Slot], problems: list[CellProblem]) -> bool:
    if slots[0].name not in FIXED:
        return False
    problems.append(
        CellProblem(
            line=row.line,
            column="attribute",
            text=row.attribute,
            problem=f"a changesheet cannot change the {slots[0].name} of a document",
            hint="ids and types stay what they are; submit a new document instead",
        )
    )
    return True


def _is_empty(row: Row, slots: Sequence[Slot], action: Action, problems: list[CellProblem]) -> bool:
    text = row.value.strip()
    # A list may be set to an empty one, but there is nothing in it to insert or to remove.
    is_empty_list = not text.replace("|", "").strip() and action is not Action.SET
    if text and not (slots[-1].multivalued and is_empty_list):
        return False
    problems.append(
        CellProblem(
            line=row.line,
            column="value",
            text=row.value,
            problem="there is no value",
            hint="to take the attribute away, write the action remove",
        )
    )
    return True
