"""One update command within its transaction: what it finds, changes, and may have broken."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from nmdc_runtime.metadata.errors import published_result
from nmdc_runtime.metadata.service import MetadataService
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.plans.integrity import Integrity, Reference
from nmdc_runtime.plans.models import Change, ChangeKind
from nmdc_runtime.queries.answers import as_json_values
from nmdc_runtime.queries.documents import CommandTargets, key_of
from nmdc_runtime.queries.errors import DocumentsWouldBeInvalid, TooManyDocuments, WritesFailed
from nmdc_runtime.queries.recording import ChangeRecord, chunks
from nmdc_runtime.queries.rules import stamped
from nmdc_runtime.queries.statements import Statement

#: Documents in memory at once.
AT_ONCE: Final = 500
#: What MongoDB says of a failed statement, and all that is passed on.
_TOLD: Final = ("code", "errmsg")


@dataclass(slots=True, kw_only=True)
class Update:
    """Runs the statements of one command, and remembers what was there before.

    Parameters
    ----------
    stamp
        The time to note in documents that carry dates; None for those that do not.
    most
        How many documents one command may be about.
    """

    collection: str
    targets: CommandTargets
    integrity: Integrity
    record: ChangeRecord
    stamp: str | None
    most: int
    tx: Transaction
    matched: int = 0
    modified: int = 0
    upserted: list[Document] = field(default_factory=list)
    _keys: list[Any] = field(default_factory=list)
    # As BSON: decoded, fifty thousand documents would fill the memory of a hub.
    _before: dict[bytes, bytes] = field(default_factory=dict)
    _inserted: set[bytes] = field(default_factory=set)

    def run(self, statements: list[Statement]) -> None:
        """Run all statements, each on what those before it made; raise `WritesFailed`."""
        for index, statement in enumerate(statements):
            self._run(index, statement)

    def changed(self) -> Iterator[list[tuple[Document | None, Document]]]:
        """Yield the documents that are not what they were: before, if they were, and now."""
        for documents in chunks(
            self.targets.read(self.collection, self._keys, tx=self.tx), AT_ONCE
        ):
            found = []
            for document in documents:
                before = self._before.get(key_of(document.key))
                if before != document.data:
                    was = None if before is None else self.targets.decode(before)
                    found.append((was, self.targets.decode(document.data)))
            if found:
                yield found

    @property
    def touched(self) -> int:
        """How many documents there are that the statements matched or made."""
        return len(self._keys)

    def _run(self, index: int, statement: Statement) -> None:
        keys = list(
            self.targets.choose(
                self.collection,
                statement.query,
                hint=statement.hint,
                only_first=statement.only_first,
                at_most=self.most + 1,
                tx=self.tx,
            )
        )
        self._remember(keys)
        inserts = statement.upsert and not keys
        update = statement.update
        if self.stamp:
            update = stamped(update, now=self.stamp, is_new=inserts)
        chosen = {"$and": [statement.query, {"_id": {"$in": keys}}]}
        answer = self.targets.update(
            self.collection,
            {
                # With the client's own query, for a positional operator in the update.
                "q": statement.query if inserts else chosen,
                "u": update,
                "multi": not statement.only_first,
                "upsert": inserts,
            },
            tx=self.tx,
        )
        if failed := answer.get("writeErrors"):
            told = [{key: each.get(key) for key in _TOLD} for each in failed]
            raise WritesFailed({"index": index, **each} for each in told)
        self.matched += answer["n"]
        self.modified += answer["nModified"]
        for each in answer.get("upserted", ()):
            self.upserted.append({"index": index, "_id": each["_id"]})
            self._keys.append(each["_id"])
            self._inserted.add(key_of(each["_id"]))

    def _remember(self, keys: list[Any]) -> None:
        known = self._before.keys() | self._inserted
        fresh = [each for each in keys if key_of(each) not in known]
        if len(self._before) + len(fresh) > self.most:
            raise TooManyDocuments(limit=self.most)
        for documents in chunks(self.targets.read(self.collection, fresh, tx=self.tx), AT_ONCE):
            for document in documents:
                key = document.key
                self._before[key_of(key)] = document.data
                self._keys.append(key)
            self.record.keep([each.raw for each in documents])


@dataclass(slots=True)
class Findings:
    """What a command has changed, and what is wrong with it."""

    changed: int = 0
    lost_ids: set[str] = field(default_factory=set)
    old_names: dict[str, str] = field(default_factory=dict)  # id now → id before
    added: set[Reference] = field(default_factory=set)
    kept: set[Reference] = field(default_factory=set)


def examine(update: Update, metadata: MetadataService) -> Findings:
    """Check the changed documents by the schema, and record them; gather what they refer to.

    Raises
    ------
    DocumentsWouldBeInvalid
        One is not as the schema wants it, whether the command made it so or found it so.
    DocumentsLocked
        A large submission is just writing one of them.
    """
    findings = Findings()
    for pairs in update.changed():
        documents = [
            {key: value for key, value in as_json_values(after).items() if key != "_id"}
            for _, after in pairs
        ]
        report = metadata.report_changed(update.collection, documents, tx=update.tx)
        if not report.is_valid:
            detail = published_result(report, keys=[update.collection])["detail"]
            raise DocumentsWouldBeInvalid(detail, problems=report.problems)
        findings.changed += len(pairs)
        changes: list[Change] = []
        for before, after in pairs:
            _compare(update, before, after, findings)
            changes += _changes(update.collection, before, after)
        update.record.add(changes)
    return findings


def _changes(collection: str, before: Document | None, after: Document) -> Iterator[Change]:
    """Yield what became of a document: under each id that it has had, there is a history."""
    was_id, id_ = _id_of(before or {}) or None, _id_of(after) or None
    if before is not None and was_id in {None, id_}:
        yield Change(
            collection=collection, id=id_, kind=ChangeKind.REPLACE, before=before, after=after
        )
        return
    if before is not None:
        yield Change(collection=collection, id=was_id, kind=ChangeKind.DELETE, before=before)
    yield Change(collection=collection, id=id_, kind=ChangeKind.INSERT, after=after)


def _compare(update: Update, before: Document | None, after: Document, findings: Findings) -> None:
    now_id = _id_of(after)
    was_id = _id_of(before) if before else now_id
    if before is not None and was_id != now_id:
        findings.lost_ids.add(was_id)
        findings.old_names[now_id] = was_id
    is_same_class = before is not None and before.get("type") == after.get("type")
    had = update.integrity.pairs_of(before) if before and is_same_class else frozenset()
    for reference in update.integrity.references_of(update.collection, was_id, after):
        is_old = (reference.slot, reference.target) in had
        (findings.kept if is_old else findings.added).add(reference)


def _id_of(document: Document) -> str:
    id_ = document.get("id")
    return id_ if isinstance(id_, str) else ""
