"""Adding documents at once, without a run: for notebooks, and for ops that write what they made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.metadata.errors import DocumentsClash, UnknownCollection
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.plans.errors import DocumentWithoutId, TooManyAtOnce
from nmdc_runtime.plans.journal_order import LIMITS, is_large
from nmdc_runtime.plans.models import Applied, Cause, Change, ChangeKind, PlanKind
from nmdc_runtime.plans.service import PlanService

Documents = Mapping[str, Sequence[Mapping[str, Any]]]
#: How many ids an error names.
MOST_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentAdder:
    """Stores documents, all or none, and remembers them like those of any other plan."""

    plans: PlanService
    audit: AuditTrail

    def add(
        self, documents: Documents, *, validate: bool = True, replace: bool = True
    ) -> dict[str, dict[str, Any]]:
        """Store the documents; return the counters of each collection, as of a bulk write.

        Parameters
        ----------
        validate
            Whether the documents must satisfy the schema, and name only documents that exist.
            Without that the caller answers for them.
        replace
            Whether a document takes the place of the stored one with its id, if there is one.

        Raises
        ------
        MetadataInvalid
            The documents are wrong by the schema, or name what does not exist.
        UnknownCollection, DocumentWithoutId, TooManyAtOnce, DocumentsClash
            What they say; the last also of ids that are stored already, unless ``replace``.
        NmdcError
            Whatever `PlanService.apply` raises. Nothing is stored.
        """
        wanted = {name: list(given) for name, given in documents.items() if given}
        if validate:
            self.plans.metadata.check_documents(wanted)
        else:
            self._check_ids(wanted)
        if is_large(wanted, LIMITS):
            # Steps would need somebody to finish them, should this process die.
            raise TooManyAtOnce(most_documents=LIMITS.documents)
        plan_id = self.plans.ids.mint_internal("runs")
        cause = Cause(plan_id=plan_id, kind=PlanKind.JSON, operation_id=plan_id)

        def write(tx: Transaction) -> tuple[Applied, list[Change]]:
            self._check_new(wanted, replace=replace, tx=tx)
            plan = self.plans.plan_documents(wanted, tx=tx)
            applied = self.plans.apply(plan, cause=cause, tx=tx, are_trusted=not validate)
            self._record(cause, applied, tx)
            return applied, plan.changes

        applied, changes = self.plans.run(write)
        return {
            name: {**counters, "upserted": _upserted(name, wanted.get(name, []), changes)}
            for name, counters in applied.counters.items()
        }

    def _record(self, cause: Cause, applied: Applied, tx: Transaction) -> None:
        counts = {name: each.model_dump() for name, each in applied.counts.items()}
        self.audit.record("add_documents", f"submissions/{cause.plan_id}", details=counts, tx=tx)

    def _check_ids(self, wanted: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        collections = self.plans.metadata.registry.collections
        for name, given in wanted.items():
            known = collections.get(name)
            if known is None:
                raise UnknownCollection(name, known=collections)
            for number, document in enumerate(given):
                if known.has_id and not isinstance(document.get("id"), str):
                    raise DocumentWithoutId(name, number=number)

    def _check_new(
        self,
        wanted: Mapping[str, Sequence[Mapping[str, Any]]],
        *,
        replace: bool,
        tx: Transaction,
    ) -> None:
        if replace:
            return
        for name, given in wanted.items():
            known = self.plans.metadata.registry.collections.get(name)
            if known is not None and known.has_id:
                ids = [str(each["id"]) for each in given]
                stored = self.plans.metadata.store.find_documents(name, ids, tx=tx)
                if stored:
                    raise DocumentsClash(name, values=sorted(stored)[:MOST_NAMED])


def _upserted(
    collection: str, given: Sequence[Mapping[str, Any]], changes: Sequence[Change]
) -> list[Document]:
    """Return, as a bulk write does, MongoDB's keys of new documents by their place."""
    keys = {
        change.id: (change.after or {}).get("_id")
        for change in changes
        if change.collection == collection and change.kind is ChangeKind.INSERT
    }
    places = ((place, keys.get(document.get("id"))) for place, document in enumerate(given))
    return [{"index": place, "_id": key} for place, key in places if key is not None]
