"""What an operation is, on the wire and in the database."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel

#: Opaque type tag of operations that track a claim; stored by and known to clients.
JOB_CLAIM_MODEL = "nmdc_runtime.api.models.job.JobOperationMetadata"
#: The same of operations that promise an object.
OBJECT_PUT_MODEL: Final = "nmdc_runtime.api.models.operation.ObjectPutMetadata"

#: Codes that the Runtime itself gives to the result of an operation.
CANCELLED: Final = "CANCELLED"
EXPIRED: Final = "EXPIRED"


def _aware(moment: datetime) -> datetime:
    """Return a moment that says where it is; older records without a zone are in UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Operation(BaseModel):
    """Promised work: done or not, until when it is promised, and what came of it."""

    id: str
    done: bool = False
    expire_time: Annotated[datetime, AfterValidator(_aware)]
    result: Any | None = None
    metadata: Any | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """The metadata, which older records may lack."""
        return self.metadata if isinstance(self.metadata, dict) else {}

    @property
    def site_id(self) -> str | None:
        """The site that promised the work."""
        return self.facts.get("site_id")

    @property
    def claimed_job_id(self) -> str | None:
        """The job that is claimed, if this operation tracks a claim."""
        job = self.facts.get("job")
        if self.facts.get("model") != JOB_CLAIM_MODEL or not isinstance(job, dict):
            return None
        return job.get("id")

    @property
    def lease_seconds(self) -> int | None:
        """How long a lease lasts from its last renewal, if the claim has one."""
        return self.facts.get("lease_seconds")

    @property
    def is_closed(self) -> bool:
        """Whether nothing more is promised; releases of older Runtimes left ``done`` false."""
        return self.done or self.facts.get("cancelled") is True

    @property
    def has_expired(self) -> bool:
        """Whether it was closed because its time was over."""
        return isinstance(self.result, dict) and self.result.get("code") == EXPIRED

    def is_live(self, now: datetime) -> bool:
        """Whether the work is still promised at this moment."""
        return not self.is_closed and self.expire_time > now
