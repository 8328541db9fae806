"""One update command within its transaction: what it finds, changes, and may have broken."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import bson

from nmdc_runtime.metadata.errors import published_result
from nmdc_runtime.metadata.service import MetadataService
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.plans.integrity import Facts, Integrity, Reference
from nmdc_runtime.queries.answers import as_json_values
from nmdc_runtime.queries.documents import CommandTargets, key_of
from nmdc_runtime.queries.errors import DocumentsWouldBeInvalid, TooManyDocuments, WritesFailed
from nmdc_runtime.queries.recording import ChangeRecorder, chunks
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
    recorder: ChangeRecorder
    stamp: str | None
    most: int
    tx: Transaction
    matched: int = 0
    modified: int = 0
    upserted: list[Document] = field(default_factory=list)
    _keys: list[Any] = field(default_factory=list)
    _before: dict[bytes, Facts] = field(default_factory=dict)
    _inserted: set[bytes] = field(default_factory=set)

    def run(self, statements: list[Statement]) -> None:
        """Run all statements, each on what those before it made; raise `WritesFailed`."""
        for index, statement in enumerate(statements):
            self._run(index, statement)

    def changed(self) -> Iterator[list[tuple[Facts | None, Facts, Document]]]:
        """Yield the documents that are not what they were: before, after, and as they are now."""
        for documents in chunks(
            self.targets.read(self.collection, self._keys, tx=self.tx), AT_ONCE
        ):
            found = []
            for document in documents:
                before = self._before.get(key_of(document["_id"]))
                after = self._facts_of(document)
                if before is None or before.digest != after.digest:
                    found.append((before, after, document))
            if found:
                yield found

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
                self._before[key_of(document["_id"])] = self._facts_of(document)
                self._keys.append(document["_id"])
            self.recorder.keep(self.collection, documents, tx=self.tx)

    def _facts_of(self, document: Document) -> Facts:
        id_ = document.get("id")
        return Facts(
            id=id_ if isinstance(id_, str) else "",
            type=document.get("type"),
            pairs=self.integrity.pairs_of(document),
            digest=hashlib.blake2b(bson.encode(document), digest_size=16).digest(),
        )


@dataclass(slots=True)
class Findings:
    """What a command has changed, and what is wrong with it."""

    ids: set[str] = field(default_factory=set)
    new_ids: set[str] = field(default_factory=set)
    lost_ids: set[str] = field(default_factory=set)
    old_names: dict[str, str] = field(default_factory=dict)  # id now → id before
    added: set[Reference] = field(default_factory=set)
    kept: set[Reference] = field(default_factory=set)


def examine(update: Update, metadata: MetadataService) -> Findings:
    """Check the changed documents by the schema; gather what they refer to.

    Raises
    ------
    DocumentsWouldBeInvalid
        One is not as the schema wants it, whether the command made it so or found it so.
    """
    findings = Findings()
    for changes in update.changed():
        documents = [
            {key: value for key, value in as_json_values(document).items() if key != "_id"}
            for _, _, document in changes
        ]
        report = metadata.report_changed(update.collection, documents, tx=update.tx)
        if not report.is_valid:
            detail = published_result(report, keys=[update.collection])["detail"]
            raise DocumentsWouldBeInvalid(detail, problems=report.problems)
        for before, after, _ in changes:
            _compare(update, before, after, findings)
    return findings


def _compare(update: Update, before: Facts | None, after: Facts, findings: Findings) -> None:
    was_id = before.id if before else after.id
    findings.ids |= {each for each in (was_id, after.id) if each}
    if before is None or before.id != after.id:
        findings.new_ids.add(after.id)
        if before is not None:
            findings.lost_ids.add(before.id)
            findings.old_names[after.id] = before.id
    same = before.pairs if before and before.type == after.type else frozenset()
    for reference in update.integrity.references_of(update.collection, was_id, after):
        is_old = (reference.slot, reference.target) in same
        (findings.kept if is_old else findings.added).add(reference)
