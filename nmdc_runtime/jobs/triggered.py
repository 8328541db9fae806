"""Jobs that stored objects ask for by their type, and that are not there yet."""

from dataclasses import dataclass
from datetime import datetime

from nmdc_runtime.catalog.service import CatalogService
from nmdc_runtime.jobs.models import Wanted
from nmdc_runtime.jobs.store import JobStore


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggeredJobs:
    """Finds what triggers ask for."""

    jobs: JobStore
    catalog: CatalogService

    def list_wanted(self, *, since: datetime | None, most: int) -> list[Wanted]:
        """Return the jobs that objects of triggering types ask for and that are not there yet.

        Triggers whose workflow does not exist ask for nothing.

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
                since=since,
                most=most - len(found),
            )
            found += [Wanted(trigger.workflow_id, object_id) for object_id in object_ids]
            if len(found) >= most:
                break
        return found
