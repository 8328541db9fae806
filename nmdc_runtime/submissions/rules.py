"""What makes two submissions the same, and what a run of one is told; pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from nmdc_runtime.operations.models import Operation
from nmdc_runtime.plans.models import PlanKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """How submissions of a kind are kept and applied; all names are published."""

    workflow_id: str
    dagster_job: str
    fetching_op: str
    writing_op: str
    namespace: str  # of the ids of the objects that keep what was sent
    description: str
    types: tuple[str, ...] = ()  # of these objects
    audit_action: str = "submit_metadata"

    def run_config(self, *, object_id: str, operation_id: str) -> dict[str, Any]:
        """Return the run config of the Dagster job."""
        return {
            "ops": {
                self.fetching_op: {"config": {"object_id": object_id}},
                self.writing_op: {"config": {"operation_id": operation_id}},
            }
        }


PIPELINES: Final[Mapping[PlanKind, Pipeline]] = MappingProxyType(
    {
        PlanKind.JSON: Pipeline(
            workflow_id="metadata-in-1.0.0",
            dagster_job="apply_metadata_in",
            fetching_op="get_json_in",
            writing_op="perform_mongo_updates",
            namespace="json-metadata-in",
            description="JSON metadata in",
        ),
        PlanKind.CHANGESHEET: Pipeline(
            workflow_id="apply-changesheet-1.0.0",
            dagster_job="apply_changesheet",
            fetching_op="get_changesheet_in",
            writing_op="perform_changesheet_updates",
            namespace="changesheets",
            description="changesheet",
            types=("metadata-changesheet",),
            audit_action="submit_changesheet",
        ),
    }
)

#: Tag of a Dagster run with the operation that it was started to do.
OPERATION_ID_TAG: Final = "nmdc/operation_id"
#: Tag with the number of the attempt, of runs that sensors ask for.
ATTEMPT_TAG: Final = "nmdc/attempt"
#: Runs that are asked for to keep one promise. Each retries by itself what may work soon after.
MOST_ATTEMPTS: Final = 3


def object_of(operation: Operation) -> str | None:
    """Return the id of the stored object that the claimed job is about."""
    job = operation.facts.get("job")
    config = job.get("config") if isinstance(job, dict) else None
    object_id = config.get("object_id") if isinstance(config, dict) else None
    return object_id if isinstance(object_id, str) else None


def failed_attempts(operation: Operation) -> int:
    """Return how many runs for the operation came to nothing."""
    attempts = operation.facts.get("attempts")
    return attempts if isinstance(attempts, int) else 0


def after_failed_attempt(operation: Operation, *, attempt: int, reason: str) -> dict[str, Any]:
    """Return the metadata of the operation with the failure of an attempt on record."""
    return {**operation.facts, "attempts": attempt, "last_error": reason}


def fingerprint_of(username: str, body: bytes, *, kind: PlanKind = PlanKind.JSON) -> str:
    """Return what is equal for the same bytes by the same caller, and for nothing else."""
    text = hashlib.sha256(username.encode() + b"\0" + hashlib.sha256(body).digest())
    if kind is not PlanKind.JSON:
        text.update(kind.encode())
    return text.hexdigest()
