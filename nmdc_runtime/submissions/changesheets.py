"""What may be done with changesheets, whoever asks: rehearse one against the stored documents.

A rehearsal changes nothing. Outside a transaction it is what somebody asks for who wants to know
what a sheet would do; within one, its plan is what is then applied.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import bson

from nmdc_runtime.changesheets.actions import Update
from nmdc_runtime.changesheets.applying import Outcome, WriteError, apply_updates
from nmdc_runtime.changesheets.errors import SheetRefused
from nmdc_runtime.changesheets.grouping import DocumentEdits, group_rows
from nmdc_runtime.changesheets.interpreting import Interpreter
from nmdc_runtime.changesheets.problems import CellProblem
from nmdc_runtime.changesheets.reading import MOST_ROWS, Row, content_type_of, read_sheet
from nmdc_runtime.kernel.clock import Clock, as_text
from nmdc_runtime.metadata.rules import as_written
from nmdc_runtime.metadata.service import MetadataService
from nmdc_runtime.metadata.store import DATED
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.objects.models import StoredFile
from nmdc_runtime.plans.models import Change, ChangeKind, Plan
from nmdc_runtime.plans.rules import added_references, plan_upserts, renamed
from nmdc_runtime.schema.ids import typecode_of
from nmdc_runtime.schema.names import SubmittedNames
from nmdc_runtime.schema.references import References
from nmdc_runtime.schema.registry import SchemaRegistry
from nmdc_runtime.schema.report import ValidationReport
from nmdc_runtime.submissions.changesheet_report import Rehearsal, Rehearsed

#: Only edits of so many characters can make a document too large for MongoDB.
LARGE_EDITS: Final = 10_000
MOST_BYTES: Final = 16 * 2**20
TOO_LARGE: Final = 17419

#: What names of files may not hold.
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")

#: A stored document and the collection that holds it.
_Stored = tuple[str, Document]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesheetService:
    """Say what a sheet does to the stored documents."""

    metadata: MetadataService
    clock: Clock
    most_rows: int = MOST_ROWS

    def rehearse(self, sheet: StoredFile, *, tx: Transaction | None = None) -> Rehearsal:
        """Read a sheet, apply it to copies of the documents, and check what comes out.

        What the documents come to violate is told by the rehearsal. Raise `ContentTypeRefused`,
        `SheetTooLong`, or `SheetRefused` with all that cannot be read or done.
        """
        read = read_sheet(
            sheet.content,
            content_type=content_type_of(sheet.name, sheet.content_type),
            most_rows=self.most_rows,
        )
        edits, problems = group_rows(read.rows)
        problems += read.problems
        stored = self._find((each.document_id for each in edits), tx=tx)
        rows = {row.line: row for row in read.rows}
        interpreter = Interpreter(self.metadata.registry)
        documents: list[Rehearsed] = []
        for each in edits:
            updates, found = self._interpret(interpreter, each, stored)
            problems += found
            if not problems:
                collection, document = stored[each.document_id]
                before = as_written(document)
                documents.append(
                    Rehearsed(
                        collection=collection,
                        document_id=each.document_id,
                        line=each.line,
                        before=before,
                        updates=updates,
                        outcome=_storable(apply_updates(before, updates), updates, rows),
                    )
                )
        if problems:
            raise SheetRefused(problems)
        rehearsal = Rehearsal(
            documents=documents, rows=rows, make_plan=partial(self._plan, documents, stored)
        )
        self._check(rehearsal, tx=tx)
        return rehearsal

    def as_kept(self, sheet: StoredFile) -> StoredFile:
        """Return the file as it is kept: under a harmless name, with the type that it is read by.

        Raise `ContentTypeRefused`.
        """
        return StoredFile(
            name=_UNSAFE.sub("_", sheet.name),
            content_type=content_type_of(sheet.name, sheet.content_type),
            content=sheet.content,
        )

    def _interpret(
        self, interpreter: Interpreter, edits: DocumentEdits, stored: Mapping[str, _Stored]
    ) -> tuple[list[Update], list[CellProblem]]:
        found = stored.get(edits.document_id)
        if found is None:
            return [], [_not_found(edits)]
        class_name = _class_of(self.metadata.registry, *found)
        if class_name is None:
            return [], [_without_class(edits, found[0])]
        return interpreter.interpret(edits, class_name=class_name)

    def _find(self, ids: Iterable[str], *, tx: Transaction | None) -> dict[str, _Stored]:
        """Find documents by their ids: where their typecodes belong, then everywhere."""
        store, registry = self.metadata.store, self.metadata.registry
        found: dict[str, _Stored] = {}
        wanted: dict[str, list[str]] = {}
        all_ids = list(ids)
        for each in all_ids:
            for name in registry.collections_for_typecode(typecode_of(each) or ""):
                wanted.setdefault(name, []).append(each)
        for name, some in wanted.items():
            for id_, document in store.find_documents(name, some, tx=tx).items():
                found[id_] = (name, document)
        for name in registry.collections_with_id:
            rest = [each for each in all_ids if each not in found]
            if not rest:
                break
            for id_, document in store.find_documents(name, rest, tx=tx).items():
                found[id_] = (name, document)
        return found

    def _plan(self, documents: Iterable[Rehearsed], stored: Mapping[str, _Stored]) -> Plan:
        plan = Plan()
        by_collection: dict[str, list[Document]] = {}
        for each in documents:
            if each.is_changed:
                by_collection.setdefault(each.collection, []).append(each.outcome.document)
            else:
                plan.unchanged[each.collection] = plan.unchanged.get(each.collection, 0) + 1
        now = as_text(self.clock())
        for collection, given in by_collection.items():
            changes, unchanged = plan_upserts(
                collection,
                given,
                stored={each["id"]: stored[each["id"]][1] for each in given},
                now=now if collection in DATED else None,
            )
            plan.changes += changes
            plan.unchanged[collection] = plan.unchanged.get(collection, 0) + unchanged
        return plan

    def _check(self, rehearsal: Rehearsal, *, tx: Transaction | None) -> None:
        """Note what the documents violate: the schema, or, if nothing that, names and references.

        Only references that the sheet adds count: what was broken before is not its to mend.
        """
        for each in rehearsal.documents:
            # One by one: messages have always said index 0.
            report = self.metadata.validator.validate_documents(
                {each.collection: [each.outcome.document]}
            )
            each.problems += report.problems
        if rehearsal.is_refused:
            return
        by_id = {each.document_id: each for each in rehearsal.documents}
        for problem in self._report(rehearsal.documents, tx=tx).problems:
            if problem.id in by_id:
                by_id[problem.id].problems.append(problem)

    def _report(
        self, documents: Iterable[Rehearsed], *, tx: Transaction | None
    ) -> ValidationReport:
        references, names = References(self.metadata.registry), SubmittedNames()
        changes = [
            Change(
                collection=each.collection,
                id=each.document_id,
                kind=ChangeKind.REPLACE,
                before=each.before,
                after=each.outcome.document,
            )
            for each in documents
            if each.is_changed
        ]
        changed: dict[str, list[Document]] = {}
        stubs: dict[str, list[Document]] = {}
        for change in changes:
            if change.after is not None and renamed(change):
                changed.setdefault(change.collection, []).append(change.after)
        for collection, stub in added_references(changes, self.metadata.registry):
            stubs.setdefault(collection, []).append(stub)
        for collection, some in changed.items():
            names.add(collection, some)
        for collection, some in stubs.items():
            references.add(collection, some)
        return ValidationReport.merged(
            names.duplicates(), self.metadata.report_stored(references, names, tx=tx)
        )


def _class_of(registry: SchemaRegistry, collection: str, document: Document) -> str | None:
    """Return the class of a document by its ``type``, else the only one of its collection."""
    type_ = document.get("type")
    if isinstance(type_, str):
        name = type_.rpartition(":")[2]
        return name if name in registry.classes else None
    names = registry.collections[collection].class_names
    return names[0] if len(names) == 1 else None


def _storable(outcome: Outcome, updates: list[Update], rows: Mapping[int, Row]) -> Outcome:
    """Refuse, as MongoDB would, a document that has become too large."""
    lines = {line for update in updates for line in update.lines}
    if sum(len(rows[line].value) for line in lines) < LARGE_EDITS or outcome.error:
        return outcome
    size = len(bson.encode(outcome.document))
    if size <= MOST_BYTES:
        return outcome
    error = WriteError(
        len(updates) - 1,
        TOO_LARGE,
        f"Resulting document after update is larger than {MOST_BYTES}",
    )
    return Outcome(outcome.document, outcome.matched, outcome.modified, error)


def _not_found(edits: DocumentEdits) -> CellProblem:
    id_ = edits.document_id
    return CellProblem(
        line=edits.line,
        column="id",
        text=id_,
        problem=f"no document has the id {id_!r}",
        hint="a changesheet changes documents that are stored; it cannot add any",
        published=f"('Cannot find ID', '{id_}', 'in any collection')",
    )


def _without_class(edits: DocumentEdits, collection: str) -> CellProblem:
    id_ = edits.document_id
    text = (
        f"cannot unambiguously infer class of document with `id` {id_} in collection {collection}. "
        "Please ensure explicit `type` is present in document."
    )
    return CellProblem(line=edits.line, column="id", text=id_, problem=text, published=text)
