"""What may be asked of the catalogue, and what administrators may change in it."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from nmdc_runtime.catalog import rules
from nmdc_runtime.catalog.errors import (
    RowBuiltIn,
    RowExists,
    RowInUse,
    RowNotFound,
    RowsUnknown,
    WorkflowNotFound,
)
from nmdc_runtime.catalog.models import (
    Capability,
    CapabilityIn,
    ObjectType,
    ObjectTypeIn,
    RowPatch,
    Trigger,
    TriggerIn,
    Workflow,
    WorkflowIn,
)
from nmdc_runtime.catalog.store import COLLECTIONS, CatalogStore, Row, RowType
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.transactions import Transaction, Transactions

logger = logging.getLogger(__name__)

#: What rows are called in sentences.
KINDS: Final[dict[type[Row], str]] = {
    Workflow: "workflow",
    Capability: "capability",
    ObjectType: "object type",
    Trigger: "trigger",
}


@dataclass(frozen=True, kw_only=True)
class CatalogService:
    """Look up rows, write the built-in ones at boot, and let administrators add others.

    Parameters
    ----------
    collection_names
        The schema's collections, of which some are object types.
    """

    catalog: CatalogStore
    transactions: Transactions
    audit: AuditTrail
    clock: Clock
    collection_names: tuple[str, ...]

    @cached_property
    def built_in(self) -> Sequence[Row]:
        """The rows that the Runtime brings along."""
        return (
            *rules.built_in_workflows(),
            *rules.built_in_capabilities(),
            *rules.built_in_object_types(self.collection_names),
            *rules.built_in_triggers(),
        )

    def boot(self) -> None:
        """Write the built-in rows and report triggers that lead nowhere.

        Safe at every boot, and when several processes boot at once. Built-in rows are restored
        if somebody changed them behind our back; what an administrator changed or added stays.
        """
        self.catalog.put_built_in(self.built_in)
        lost = rules.dangling(
            self.catalog.list_all(Trigger), workflow_ids=self.catalog.list_ids(Workflow)
        )
        if lost:
            logger.warning(
                "these triggers start nothing, since their workflow does not exist",
                extra={"trigger_ids": [trigger.id for trigger in lost]},
            )

    def get(self, model: type[RowType], row_id: str) -> RowType:
        """Return the row, or raise `RowNotFound`."""
        row = self.catalog.find(model, row_id)
        if row is None:
            raise RowNotFound(KINDS[model], row_id)
        return row

    def list_all(self, model: type[RowType]) -> list[RowType]:
        """Return all rows of a kind."""
        return self.catalog.list_all(model)

    def get_workflow(self, workflow_id: str) -> Workflow:
        """Return the workflow, or raise `WorkflowNotFound`, which names those there are."""
        workflow = self.catalog.find(Workflow, workflow_id)
        if workflow is None:
            known_ids = self.catalog.list_ids(Workflow)
            raise WorkflowNotFound(workflow_id, known_ids=known_ids)
        return workflow

    def find_workflow(self, workflow_id: str) -> Workflow | None:
        """Return the workflow of this id."""
        return self.catalog.find(Workflow, workflow_id)

    def list_triggers(self) -> list[Trigger]:
        """Return all triggers."""
        return self.catalog.list_all(Trigger)

    def list_live_triggers(self) -> list[Trigger]:
        """Return the triggers whose workflow exists."""
        triggers = self.catalog.list_all(Trigger)
        lost = rules.dangling(triggers, workflow_ids=self.catalog.list_ids(Workflow))
        return [trigger for trigger in triggers if trigger not in lost]

    def list_triggers_of(self, object_type_ids: Iterable[str]) -> list[Trigger]:
        """Return the triggers that objects of these types set off."""
        return self.catalog.list_triggers_of(object_type_ids)

    def list_triggers_for(self, workflow_id: str) -> list[Trigger]:
        """Return the triggers that ask for this workflow; none for one that does not exist."""
        return self.catalog.list_triggers_for(workflow_id)

    def list_object_types_among(self, type_ids: Iterable[str]) -> list[ObjectType]:
        """Return the object types of these ids."""
        return self.catalog.list_of(ObjectType, type_ids)

    def list_workflows_of(self, object_type_id: str) -> list[Workflow]:
        """Return the workflows that objects of this type ask for."""
        triggers = self.catalog.list_triggers_of([object_type_id])
        return self.catalog.list_of(Workflow, [each.workflow_id for each in triggers])

    def list_object_types_for(self, workflow_id: str) -> list[ObjectType]:
        """Return the types of which an object asks for this workflow."""
        triggers = self.catalog.list_triggers_for(workflow_id)
        return self.catalog.list_of(ObjectType, [each.object_type_id for each in triggers])

    def list_capabilities_of(self, workflow_id: str) -> list[Capability]:
        """Return what a site must be capable of for this workflow, or raise `RowNotFound`."""
        workflow = self.get(Workflow, workflow_id)
        return self.catalog.list_of(Capability, workflow.capability_ids or [])

    def add(self, row_in: WorkflowIn | CapabilityIn | ObjectTypeIn | TriggerIn) -> Row:
        """Add a row and return it.

        Raises
        ------
        RowExists, RowsUnknown
            There is one of this id, or it names others that there are not.
        """
        row = rules.row_of(row_in, created_at=self.clock())

        def add(tx: Transaction) -> None:
            self._check_names(row, tx=tx)
            if not self.catalog.add(row, tx=tx):
                raise RowExists(KINDS[type(row)], row.id)
            self._record("add", type(row), row.id, after=row, tx=tx)

        self.transactions.run(add)
        return row

    def change(self, model: type[RowType], row_id: str, patch: RowPatch) -> RowType:
        """Change what the patch names, also of a built-in row, and return the row.

        Raises
        ------
        RowNotFound, RowsUnknown
            There is no such row, or it would name others that there are not.
        """

        def change(tx: Transaction) -> RowType:
            before = self.catalog.find(model, row_id, tx=tx)
            changes = patch.model_dump(exclude_unset=True)
            changed = self.catalog.change(model, row_id, changes, tx=tx)
            if before is None or changed is None:
                raise RowNotFound(KINDS[model], row_id)
            if "capability_ids" in changes:
                self._check_names(changed, tx=tx)
            self._record("change", model, row_id, before=before, after=changed, tx=tx)
            return changed

        return self.transactions.run(change)

    def remove(self, model: type[Row], row_id: str) -> None:
        """Remove a row that an administrator added.

        Raises
        ------
        RowBuiltIn, RowInUse, RowNotFound
            Why not.
        """
        kind = KINDS[model]
        if any(type(row) is model and row.id == row_id for row in self.built_in):
            raise RowBuiltIn(kind, row_id)

        def remove(tx: Transaction) -> None:
            if used_by := self._users_of(model, row_id, tx=tx):
                raise RowInUse(kind, row_id, used_by=used_by)
            if not self.catalog.remove(model, row_id, tx=tx):
                raise RowNotFound(kind, row_id)
            self._record("remove", model, row_id, tx=tx)

        self.transactions.run(remove)

    def _users_of(self, model: type[Row], row_id: str, *, tx: Transaction) -> list[str]:
        """Return what names the row, as words and ids."""
        if model is Capability:
            ids = self.catalog.list_workflow_ids_with(row_id, tx=tx)
            return [f"the workflow {each!r}" for each in ids]
        if model is Trigger:
            return []
        of = self.catalog.list_triggers_for if model is Workflow else self._triggers_of
        return [f"the trigger {each.id!r}" for each in of(row_id, tx=tx)]

    def _triggers_of(self, object_type_id: str, *, tx: Transaction) -> list[Trigger]:
        return self.catalog.list_triggers_of([object_type_id], tx=tx)

    def _check_names(self, row: Row, *, tx: Transaction) -> None:
        """Raise `RowsUnknown` if the row names others that there are not."""
        for model, ids in rules.named_by(row):
            if unknown := sorted(set(ids) - self.catalog.find_ids(model, ids, tx=tx)):
                raise RowsUnknown(KINDS[model], unknown)

    def _record(
        self,
        verb: str,
        model: type[Row],
        row_id: str,
        *,
        before: Row | None = None,
        after: Row | None = None,
        tx: Transaction,
    ) -> None:
        self.audit.record(
            f"{verb}_{KINDS[model].replace(' ', '_')}",
            f"{COLLECTIONS[model]}/{row_id}",
            before=None if before is None else before.model_dump(),
            after=None if after is None else after.model_dump(),
            tx=tx,
        )
