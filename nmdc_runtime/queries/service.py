"""What commands may change, whoever asks: one transaction for checks, before images and write."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from pymongo.errors import BulkWriteError, DocumentTooLarge, OperationFailure

from nmdc_runtime.kernel.clock import as_text
from nmdc_runtime.metadata.service import MetadataService
from nmdc_runtime.metadata.store import DATED, TOO_LARGE, refusal_of
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.plans.errors import DocumentReferenced, DocumentUnstorable
from nmdc_runtime.plans.integrity import Reference
from nmdc_runtime.plans.models import Change, ChangeKind
from nmdc_runtime.plans.service import PlanService
from nmdc_runtime.queries.answers import as_json_values
from nmdc_runtime.queries.documents import CommandTargets, key_of
from nmdc_runtime.queries.errors import (
    CollectionNotWritable,
    CommandRefused,
    NothingMatched,
    ReferencesWouldBreak,
    TooManyDocuments,
)
from nmdc_runtime.queries.models import DeleteCommand, UpdateCommand
from nmdc_runtime.queries.recording import ChangeRecorder, chunks
from nmdc_runtime.queries.statements import Statement, read_deletes, read_updates
from nmdc_runtime.queries.updating import AT_ONCE, Findings, Update, examine

logger = logging.getLogger(__name__)

#: Documents that one command may change: what fits into one transaction with their images.
MOST_DOCUMENTS: Final = 58_000
#: Warnings that an answer lists.
MOST_WARNINGS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryService:
    """Update and delete documents of the schema's collections: all that a command asks, or none."""

    targets: CommandTargets
    plans: PlanService
    deletions: ChangeRecorder
    updates: ChangeRecorder
    most_documents: int = MOST_DOCUMENTS

    @property
    def metadata(self) -> MetadataService:
        """What knows the schema and its documents."""
        return self.plans.metadata

    def delete(self, command: DeleteCommand, *, allow_broken_refs: bool) -> dict[str, Any]:
        """Delete what the statements match, and nothing that others refer to.

        Which documents those are is decided first, limits included; then they are deleted, and
        then nothing that is left may name one of them.

        Raises
        ------
        CollectionNotWritable
            It is none of the schema's, or empty.
        DocumentReferenced
            A document that stays names one of them, and that was not allowed.
        NothingMatched, TooManyDocuments, FilterRefused, QueryRefused
            Nothing was deleted.
        WritesLocked, DocumentsLocked
            Nothing was deleted: somebody else is writing.
        """
        collection = command.delete
        statements = read_deletes(command)
        self._check_writable(collection)
        plan_id = self.deletions.prepare(collection)
        is_named = self.metadata.registry.collections[collection].has_id

        def work(tx: Transaction) -> dict[str, Any]:
            if is_named and not allow_broken_refs:
                # Somebody may be about to name what goes away: one of the two must see the other.
                self.plans.guard.hold_all(tx)
            record = self.deletions.begin(collection, plan_id=plan_id, tx=tx)
            keys = self._choose(collection, statements, tx=tx)
            if not keys:
                raise NothingMatched("delete")
            ids: set[str] = set()
            for documents in chunks(self.targets.read(collection, keys, tx=tx), AT_ONCE):
                record.keep([each.raw for each in documents])
                changes = [
                    _deletion(collection, self.targets.decode(each.data)) for each in documents
                ]
                record.add(changes)
                ids |= {each.id for each in changes if each.id is not None}
            self.targets.remove(collection, keys, tx=tx)
            broken = self.plans.integrity.left_behind(collection, ids, tx=tx)
            if broken and not allow_broken_refs:
                first = broken[0]
                raise DocumentReferenced(
                    collection=collection,
                    id=first.target,
                    by_collection=first.collection,
                    by_id=first.id,
                )
            counts = {"n": len(keys)}
            record.finish(command, told=counts)
            return {"ok": 1, **counts, **_warnings(broken)}

        return self._run(collection, work)

    def update(self, command: UpdateCommand, *, allow_broken_refs: bool) -> dict[str, Any]:
        """Update what the statements match, if all of it is then as the schema wants it.

        References that lead nowhere block only if the command makes them so; what was broken
        before is warned of.

        Raises
        ------
        CollectionNotWritable
            It is none of the schema's, or empty.
        WritesFailed
            MongoDB refuses a statement.
        DocumentsWouldBeInvalid, ReferencesWouldBreak
            What the update would make.
        NothingMatched, TooManyDocuments, ReplacementRefused, FilterRefused, QueryRefused
            Nothing was updated.
        WritesLocked, DocumentsLocked
            Nothing was updated: somebody else is writing.
        """
        collection = command.update
        statements = read_updates(command)
        self._check_writable(collection)
        plan_id = self.updates.prepare(collection)

        def work(tx: Transaction) -> dict[str, Any]:
            record = self.updates.begin(collection, plan_id=plan_id, tx=tx)
            update = Update(
                collection=collection,
                targets=self.targets,
                integrity=self.plans.integrity,
                record=record,
                stamp=as_text(record.now) if collection in DATED else None,
                most=self.most_documents,
                tx=tx,
            )
            update.run(statements)
            if not update.matched:
                raise NothingMatched("update")
            findings = examine(update, self.metadata)
            if findings.lost_ids and not allow_broken_refs:
                self.plans.guard.hold_all(tx)
            warnings = self._check_references(update, findings, allow_broken_refs=allow_broken_refs)
            counts = {"n": update.matched, "nModified": update.modified}
            record.finish(command, told=counts, unchanged=update.touched - findings.changed)
            answer: dict[str, Any] = {"ok": 1, **counts, **_warnings(warnings)}
            if update.upserted:
                answer["upserted"] = [as_json_values(each) for each in update.upserted]
            return answer

        return self._run(collection, work)

    def _check_writable(self, collection: str) -> None:
        if collection not in self.metadata.registry.collections or self.targets.is_empty(
            collection
        ):
            raise CollectionNotWritable(collection)

    def _choose(
        self, collection: str, statements: Iterable[Statement], *, tx: Transaction
    ) -> list[Any]:
        """Return the ``_id`` of what the statements delete, each as if after those before it."""
        chosen: dict[bytes, Any] = {}
        for statement in statements:
            keys = list(
                self.targets.choose(
                    collection,
                    statement.query,
                    hint=statement.hint,
                    only_first=statement.only_first,
                    at_most=self.most_documents + 1,
                    besides=chosen,
                    tx=tx,
                )
            )
            chosen |= {key_of(each): each for each in keys}
            if len(chosen) > self.most_documents:
                raise TooManyDocuments(limit=self.most_documents)
        return list(chosen.values())

    def _check_references(
        self, update: Update, findings: Findings, *, allow_broken_refs: bool
    ) -> list[Reference]:
        """Raise `ReferencesWouldBreak`, or return the references to warn of."""
        collection, tx = update.collection, update.tx
        broken = set(self.plans.integrity.broken(findings.added, tx=tx))
        for each in self.plans.integrity.left_behind(collection, findings.lost_ids, tx=tx):
            is_own = each.collection == collection
            old_name = findings.old_names.get(each.id, each.id) if is_own else each.id
            broken.add(Reference(each.collection, old_name, each.slot, each.target, each.targets))
        if broken and not allow_broken_refs:
            raise ReferencesWouldBreak([each.message for each in sorted(broken)])
        return sorted(broken | set(self.plans.integrity.broken(findings.kept, tx=tx)))

    def _run(self, collection: str, work: Callable[[Transaction], Document]) -> Document:
        try:
            return self.plans.run(work)
        except BulkWriteError as error:
            raise refusal_of(error, collection) from None  # without the documents in it
        except (DocumentTooLarge, DocumentUnstorable) as error:
            raise CommandRefused(
                f"A document of {collection} is too large to be kept as it was before."
            ) from error
        except OperationFailure as error:
            if error.code in TOO_LARGE:
                raise TooManyDocuments(limit=self.most_documents) from error
            raise


def _deletion(collection: str, document: Document) -> Change:
    id_ = document.get("id")
    return Change(
        collection=collection,
        id=id_ if isinstance(id_, str) else None,
        kind=ChangeKind.DELETE,
        before=document,
    )


def _warnings(references: list[Reference]) -> dict[str, list[str]]:
    """Return what an answer says of references that lead nowhere and did not stop the command."""
    if not references:
        return {}
    logger.warning(
        "references lead nowhere",
        extra={"how_many": len(references), "first": references[0].message},
    )
    return {"warnings": [each.message for each in references[:MOST_WARNINGS]]}
