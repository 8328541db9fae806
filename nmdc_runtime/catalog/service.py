"""What may be asked of the catalogue, whoever asks."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from nmdc_runtime.catalog import rules
from nmdc_runtime.catalog.errors import WorkflowNotFound
from nmdc_runtime.catalog.models import ObjectType, Trigger, Workflow
from nmdc_runtime.catalog.store import CatalogStore

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogService:
    """Look up workflows and triggers; write the built-in rows at boot."""

    catalog: CatalogStore

    def boot(self, *, collection_names: Iterable[str]) -> None:
        """Write the built-in rows and report triggers that lead nowhere.

        Safe at every boot, and when several processes boot at once. Built-in rows are restored
        if somebody changed them; rows that somebody added stay.

        Parameters
        ----------
        collection_names
            The schema's collections.
        """
        self.catalog.put_rows(
            workflows=rules.built_in_workflows(),
            capabilities=rules.built_in_capabilities(),
            object_types=rules.built_in_object_types(collection_names),
            triggers=rules.built_in_triggers(),
        )
        lost = rules.dangling(
            self.catalog.list_triggers(), workflow_ids=self.catalog.list_workflow_ids()
        )
        if lost:
            logger.warning(
                "these triggers start nothing, since their workflow does not exist",
                extra={"trigger_ids": [trigger.id for trigger in lost]},
            )

    def get_workflow(self, workflow_id: str) -> Workflow:
        """Return the workflow, or raise `WorkflowNotFound`, which names those there are."""
        workflow = self.catalog.find_workflow(workflow_id)
        if workflow is None:
            raise WorkflowNotFound(workflow_id, known_ids=self.catalog.list_workflow_ids())
        return workflow

    def find_workflow(self, workflow_id: str) -> Workflow | None:
        """Return the workflow of this id."""
        return self.catalog.find_workflow(workflow_id)

    def list_object_types_among(self, object_type_ids: Iterable[str]) -> list[ObjectType]:
        """Return those of these object types that there are."""
        return self.catalog.list_object_types_among(object_type_ids)

    def list_triggers(self) -> list[Trigger]:
        """Return all triggers."""
        return self.catalog.list_triggers()

    def list_triggers_of(self, object_type_ids: Iterable[str]) -> list[Trigger]:
        """Return the triggers that objects of these types set off."""
        return self.catalog.list_triggers_of(object_type_ids)
