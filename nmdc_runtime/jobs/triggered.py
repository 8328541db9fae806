"""Jobs that stored objects ask for by their type, and that are not there yet."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from nmdc_runtime.catalog.service import CatalogService
from nmdc_runtime.jobs.models import Wanted
from nmdc_runtime.jobs.store import JobStore
from nmdc_runtime.objects.rules import INGEST_TYPES

#: Before anything was tagged.
EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggeredJobs:
    """Finds what triggers ask for."""

    jobs: JobStore
    catalog: CatalogService

    def list_wanted(self, *, since: datetime | None, most: int) -> list[Wanted]:
        """Return the jobs that objects of triggering types ask for and that are not there yet.

        Triggers whose workflow does not exist ask for nothing. Neither do objects of types that
        make the Runtime take their content in, if it is not known when they were tagged: older
        Runtimes let anybody do so.

        Parameters
        ----------
        since
            Only for objects whose types were set since; None: for all.
        """
        found: list[Wanted] = []
        for trigger in self.catalog.list_live_triggers():
            object_ids = self.jobs.list_objects_without_job(
                object_type_id=trigger.object_type_id,
                workflow_id=trigger.workflow_id,
                since=since or (EVER if trigger.object_type_id in INGEST_TYPES else None),
                most=most - len(found),
            )
            found += [Wanted(trigger.workflow_id, object_id) for object_id in object_ids]
            if len(found) >= most:
                break
        return found
