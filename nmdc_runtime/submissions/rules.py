"""What makes two submissions the same, and what a run of one is told; pure."""

import hashlib
from typing import Any, Final

#: Workflow of JSON submissions, and the Dagster job that runs it; both published.
METADATA_IN: Final = "metadata-in-1.0.0"
APPLY_JOB: Final = "apply_metadata_in"

#: Tag of a Dagster run with the operation that it was started to do.
OPERATION_ID_TAG: Final = "nmdc/operation_id"


def fingerprint_of(username: str, body: bytes) -> str:
    """Return what is equal for the same bytes by the same caller, and for nothing else."""
    return hashlib.sha256(username.encode() + b"\0" + hashlib.sha256(body).digest()).hexdigest()


def run_config(*, object_id: str, operation_id: str) -> dict[str, Any]:
    """Return the run config of `apply_metadata_in`; op names and keys are published."""
    return {
        "ops": {
            "get_json_in": {"config": {"object_id": object_id}},
            "perform_mongo_updates": {"config": {"operation_id": operation_id}},
        }
    }
