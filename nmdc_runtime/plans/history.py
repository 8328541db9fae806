"""What became of documents: told from the log of writes and from the images kept with plans."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, Final, TypeVar

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.plans.describing import json_form, patch_between
from nmdc_runtime.plans.errors import NoHistory, VersionNotFound
from nmdc_runtime.plans.models import (
    ChangedDocument,
    ChangeKey,
    ChangeKind,
    ChangesSummary,
    DocumentVersion,
    PlanKind,
    StoredChange,
    SubmissionDetail,
    SubmissionLinks,
)
from nmdc_runtime.plans.rules import digest_of
from nmdc_runtime.plans.service import PlanService

#: Images of one document that are read at once: each may be some megabytes.
BATCH: Final = 25
#: What the log calls a deletion.
DELETED: Final = "delete"
#: Changes that the description of a submission names.
MOST_SUMMARISED: Final = 100
#: Submissions that a run applies, which has the same id.
APPLIED_BY_RUNS: Final = frozenset({PlanKind.JSON, PlanKind.CHANGESHEET})
Each = TypeVar("Each")
#: Where a change is kept: number of the chunk, place in it.
Place = tuple[int, int]
FIRST: Final[Place] = (0, 0)
Placed = tuple[Place, ChangedDocument]


@dataclass(frozen=True, slots=True)
class Write:
    """One entry of the log of writes, with the change that was kept, if one was."""

    entry: Document
    change: StoredChange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """From one known state of a document to another; None is no document.

    Parameters
    ----------
    write
        What the log says of it; None if nobody recorded it.
    is_known
        Whether ``after`` is what the document was then; else it is still that of before.
    is_exact
        Whether nothing else happened in between.
    """

    write: Write | None
    before: Document | None
    after: Document | None
    is_known: bool = True
    is_exact: bool = True


def steps(writes: Iterable[Write], stored: Iterable[Document | None]) -> Iterator[Step]:
    """Yield the steps in the life of a document, oldest first.

    A change keeps what was before it. What was after it is what the next change found, if that has
    the digest that the change foretold; if it has not, somebody else wrote in between.

    Parameters
    ----------
    stored
        Yields the document as it is now, at the end: one step past the log.
    """
    walk = _Walk()
    for write in writes:
        if write.change is None:
            walk.open.append(write)
            continue
        yield from walk.arrive(write.change.before)
        walk.open.append(write)
        if write.change.after_digest is None:
            yield from walk.arrive(None)
    for now in stored:
        yield from walk.arrive(now)


@dataclass(slots=True)
class _Walk:
    """Where a walk through the log is: the last known state, and writes of unknown outcome."""

    known: Document | None = None
    open: list[Write] = field(default_factory=list)

    def arrive(self, state: Document | None) -> Iterator[Step]:
        """Take in the next known state of the document."""
        before, self.known = self.known, state
        writes, self.open = self.open, []
        if len(writes) == 1 and _foretells(writes[0], state):
            yield Step(write=writes[0], before=before, after=state)
            return
        last = writes.pop() if writes and writes[-1].change is None else None
        for each in writes:
            yield Step(write=each, before=before, after=before, is_known=False)
        if last is not None or _digest(before) != _digest(state) or writes:
            yield Step(write=last, before=before, after=state, is_exact=False)


def _foretells(write: Write, state: Document | None) -> bool:
    return write.change is not None and write.change.after_digest == _digest(state)


def _digest(document: Document | None) -> bytes | None:
    return None if document is None else digest_of(document)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryService:
    """Tell what became of documents, and who changed them since."""

    plans: PlanService

    def versions(
        self, collection: str, document_id: str, *, size: int, skip: int = 0
    ) -> tuple[list[DocumentVersion], bool]:
        """Return versions of a document, oldest first, and whether there are more.

        Raise `NoHistory` if there never was such a document. A size below 1 means all.
        """

        def read(tx: Transaction) -> tuple[list[DocumentVersion], bool]:
            walk = enumerate(self._steps(collection, document_id, tx=tx), 1)
            wanted = islice(walk, skip, skip + size if size > 0 else None)
            found = [(number, _version(number, step)) for number, step in wanted]
            kinds = self.plans.plans.find_kinds(
                (each.submission for _, each in found if each.submission), tx=tx
            )
            told = [
                each.model_copy(update={"submission_kind": kinds.get(each.submission or "")})
                for _, each in found
            ]
            return told, size > 0 and next(walk, None) is not None

        return self.plans.transactions.run(read)

    def document_at(self, collection: str, document_id: str, version: int) -> Document:
        """Return the document as a version left it; raise `NoHistory`, `VersionNotFound`."""

        def read(tx: Transaction) -> Document:
            walk = self._steps(collection, document_id, tx=tx)
            step = next(islice(walk, version - 1, None), None) if version > 0 else None
            if step is None:
                raise VersionNotFound(document_id, version, because="has no")
            if not step.is_known:
                raise VersionNotFound(document_id, version, because="was not kept in")
            if step.after is None:
                raise VersionNotFound(document_id, version, because="was deleted by")
            return json_form(step.after)

        return self.plans.transactions.run(read)

    def detail(self, plan_id: str) -> SubmissionDetail:
        """Return the record of a submission with a summary; raise `PlanNotFound`."""
        record = self.plans.get(plan_id)
        first = islice(self.plans.plans.read_changes_from(plan_id), MOST_SUMMARISED)
        is_run = record.kind in APPLIED_BY_RUNS
        counts = record.counts.values()
        return SubmissionDetail(
            **record.model_dump(),
            changes=ChangesSummary(
                total=sum(each.inserted + each.replaced + each.deleted for each in counts),
                first=[
                    ChangeKey(collection=each.collection, id=each.id, kind=each.kind)
                    for _, each in first
                ],
            ),
            links=SubmissionLinks(
                changes=f"/metadata/submissions/{plan_id}/changes",
                run=f"/runs/{plan_id}" if is_run else None,
                object=f"/objects/{record.object_id}" if record.object_id else None,
            ),
        )

    def changes(self, plan_id: str, place: Place = FIRST) -> Iterator[list[Placed]]:
        """Yield the changes of a submission from a place on, some at a time, each with its place.

        Raise `PlanNotFound`, at once.
        """
        self.plans.get(plan_id)
        seq, at = place
        kept = self.plans.plans.read_changes_from(plan_id, seq=seq, at=at)

        def read() -> Iterator[list[Placed]]:
            while some := list(islice(kept, BATCH)):
                known = self.outcomes(plan_id, [change for _, change in some])
                yield [
                    (where, _told(change, is_known=is_known, after=after))
                    for (where, change), (is_known, after) in zip(some, known, strict=True)
                ]

        return read()

    def later_writes(
        self,
        plan_id: str,
        changes: Iterable[StoredChange],
        *,
        tx: Transaction | None = None,
    ) -> dict[tuple[str, str], list[Document]]:
        """Return what the log says of each document after the plan's own change of it."""
        ids: dict[str, set[str]] = {}
        for change in changes:
            if change.id is not None:
                ids.setdefault(change.collection, set()).add(change.id)
        later: dict[tuple[str, str], list[Document]] = {}
        for collection, some in ids.items():
            found = self.plans.metadata.store.find_writes(collection, some, tx=tx)
            for id_, entries in found.items():
                own = [at for at, each in enumerate(entries) if each.get("plan_id") == plan_id]
                later[collection, id_] = entries[own[-1] + 1 :] if own else []
        return later

    def current(
        self, changes: Sequence[StoredChange], *, tx: Transaction | None = None
    ) -> list[Document | None]:
        """Return, for each change, the document that is stored now in its place."""
        keys: dict[str, list[Any]] = {}
        ids: dict[str, set[str]] = {}
        for change in changes:
            if change.key is not None:
                keys.setdefault(change.collection, []).append(change.key)
            if change.id is not None:
                ids.setdefault(change.collection, set()).add(change.id)
        store = self.plans.metadata.store
        by_id = {name: store.find_documents(name, some, tx=tx) for name, some in ids.items()}
        by_key = {
            name: {} if name in by_id else store.find_by_key(name, some, tx=tx)
            for name, some in keys.items()
        }
        return [
            by_id.get(each.collection, {}).get(each.id)
            if each.id is not None
            else by_key.get(each.collection, {}).get(each.key)
            for each in changes
        ]

    def outcomes(
        self, plan_id: str, changes: Sequence[StoredChange]
    ) -> list[tuple[bool, Document | None]]:
        """Return, for each change, whether it is known what it left, and what that was."""
        now = self.current(changes)
        outdated = [
            change
            for change, found in zip(changes, now, strict=True)
            if change.after_digest is not None and change.after_digest != _digest(found)
        ]
        found_next: dict[tuple[str, str], Document | None] = {}
        wanted: dict[str, list[tuple[str, int, str]]] = {}
        for (collection, id_), entries in self.later_writes(plan_id, outdated).items():
            recorded = next((each for each in entries if "plan_id" in each), None)
            if recorded is not None:
                wanted.setdefault(collection, []).append(
                    (recorded["plan_id"], recorded["seq"], id_)
                )
        for collection, some in wanted.items():
            for few in _few(some):
                for (_, id_), change in self.plans.plans.find_changes(collection, few).items():
                    found_next[collection, id_] = change.before
        told: list[tuple[bool, Document | None]] = []
        for change, found in zip(changes, now, strict=True):
            states = (found, found_next.get((change.collection, change.id or "")), None)
            known = next((each for each in states if _digest(each) == change.after_digest), None)
            told.append((known is not None or change.after_digest is None, known))
        return told

    def _steps(self, collection: str, document_id: str, *, tx: Transaction) -> Iterator[Step]:
        """Yield the steps of a document, or raise `NoHistory`; images are read bit by bit."""
        known = self.plans.metadata.registry.collections.get(collection)
        if known is None or not known.has_id:
            raise NoHistory(collection, document_id)
        store = self.plans.metadata.store
        entries = store.find_writes(collection, [document_id], tx=tx).get(document_id, [])
        stored = store.find_documents(collection, [document_id], tx=tx).get(document_id)
        if not entries and stored is None:
            raise NoHistory(collection, document_id)
        writes = chain.from_iterable(
            self._writes(collection, document_id, some, tx=tx) for some in _few(entries)
        )
        return steps(writes, [stored])

    def _writes(
        self, collection: str, document_id: str, entries: Sequence[Document], *, tx: Transaction
    ) -> Iterator[Write]:
        kept = self.plans.plans.find_changes(
            collection,
            [(each["plan_id"], each["seq"], document_id) for each in entries if "plan_id" in each],
            tx=tx,
        )
        for each in entries:
            yield Write(each, kept.get((each.get("plan_id", ""), document_id)))


def _few(values: Sequence[Each]) -> Iterator[Sequence[Each]]:
    for start in range(0, len(values), BATCH):
        yield values[start : start + BATCH]


def _told(change: StoredChange, *, is_known: bool, after: Document | None) -> ChangedDocument:
    return ChangedDocument(
        collection=change.collection,
        id=change.id,
        kind=change.kind,
        patch=patch_between(change.before, after) if is_known else None,
    )


def _version(number: int, step: Step) -> DocumentVersion:
    entry = step.write.entry if step.write else {}
    return DocumentVersion(
        version=number,
        time=entry.get("ts"),
        by=entry.get("by"),
        kind=_kind_of(step),
        submission=entry.get("plan_id"),
        submission_kind=None,
        operation_id=entry.get("op_id"),
        unrecorded=step.write is None or step.write.change is None,
        patch=patch_between(step.before, step.after) if step.is_known else None,
    )


def _kind_of(step: Step) -> ChangeKind:
    if step.write is not None and step.write.change is not None:
        return ChangeKind(step.write.change.kind)
    is_deletion = step.write is not None and step.write.entry.get("type") == DELETED
    if is_deletion or (step.is_known and step.after is None):
        return ChangeKind.DELETE
    return ChangeKind.INSERT if step.before is None else ChangeKind.REPLACE
