"""What an operation is, on the wire and in the database."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

#: Opaque type tag of operations that track a claim; stored by and known to clients.
JOB_CLAIM_MODEL = "nmdc_runtime.api.models.job.JobOperationMetadata"


class Operation(BaseModel):
    """Promised work: done or not, until when it is promised, and what came of it."""

    id: str
    done: bool = False
    expire_time: datetime
    result: Any | None = None
    metadata: dict[str, Any] | None = None
