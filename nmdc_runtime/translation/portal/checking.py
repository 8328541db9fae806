"""Holds planned documents against the schema before any id is minted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.schema.report import Problem
from nmdc_runtime.schema.validator import load_validator
from nmdc_runtime.translation.planning import Label, with_ids
from nmdc_runtime.translation.portal.columns import ROW, SYSTEM_SLOTS, Columns
from nmdc_runtime.translation.vocabulary import typecode_of

#: Slot → form and field, of a document that is of forms.
Fields = Mapping[str, tuple[str, str]]


def mend(
    collection: str,
    document: dict[str, Any],
    columns: Columns,
    fields: Fields = MappingProxyType({}),
) -> bool:
    """Take values out of a document that break a pattern or rule of the schema, and report them.

    Return whether the document satisfies the schema now. What cannot be taken out, because it must
    be there, is reported as an error.
    """
    class_name = str(document["type"]).partition(":")[2]
    while True:  # each round takes something out, and may show what another rule says
        emitted = {slot: with_ids(value, _PLACEHOLDERS) for slot, value in document.items()}
        if load_validator().gate(class_name)(emitted):
            return True
        found = load_validator().validate_documents({collection: [emitted]}).problems
        wrong = list(_by_slot(found)) or [_Refused("", messages=["the schema refuses it"])]
        if not all([each.leave_out(collection, document, columns, fields) for each in wrong]):  # noqa: C419
            return False


class _Placeholders(dict[Label, str]):
    """For any label an id of the form that it will have."""

    def __missing__(self, label: Label) -> str:
        return f"nmdc:{typecode_of(label.class_uri)}-00-000001"


_PLACEHOLDERS: Final = _Placeholders()


@dataclass(slots=True)
class _Refused:
    """What the schema says of one slot of a document."""

    slot: str
    items: set[int] = field(default_factory=set)  # of a list; none means all of it
    whole: bool = False
    messages: list[str] = field(default_factory=list)

    def leave_out(
        self, collection: str, document: dict[str, Any], columns: Columns, fields: Fields
    ) -> bool:
        """Take it out and report it, or report it as an error; tell whether it is out."""
        rule = load_registry().slots_of(str(document["type"]).partition(":")[2]).get(self.slot)
        optional = self.slot in document and self.slot not in SYSTEM_SLOTS
        optional = optional and not (rule is not None and rule.required)
        value = document.get(self.slot)
        kept: list[Any] = []
        refused: Any = value
        if isinstance(value, list) and not self.whole:
            kept = [each for at, each in enumerate(value) if at not in self.items]
            refused = [each for at, each in enumerate(value) if at in self.items]
            refused = refused[0] if len(refused) == 1 else refused
        code = "refused_by_schema" if optional else "invalid_document"
        message = "; ".join(self.messages)
        origins = columns.origins.get(document["id"], {})
        if self.slot in origins:
            columns.refuse(origins[self.slot], code, message)
        elif ROW in origins:
            columns.refuse(origins[ROW], code, f"{self.slot}: {message}" if self.slot else message)
        else:
            table, column = fields.get(self.slot, (collection, self.slot))
            columns.report.problems.add(
                code,
                f"{table}, {column or 'all of it'}: {message}",
                table=table,
                natural_id=document.get("name"),
                column=column or None,
                value=refused,
            )
        if not optional:
            return False
        if kept:
            document[self.slot] = kept
        else:
            del document[self.slot]
        return True


def _by_slot(problems: tuple[Problem, ...]) -> Iterable[_Refused]:
    found: dict[str, _Refused] = {}
    for problem in problems:
        path = problem.pointer.split("/")[3:]  # after the collection and the index
        slot, item = (path[0] if path else ""), (path[1] if len(path) > 1 else "")
        refused = found.setdefault(slot, _Refused(slot))
        # The document stands alone here: its place in a body would mislead.
        refused.messages.append(problem.message.rpartition(" in /")[0] or problem.message)
        if item.isdigit():
            refused.items.add(int(item))
        else:
            refused.whole = True
    return found.values()
