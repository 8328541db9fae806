"""The rules of claims and of reports on them, as pure functions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from nmdc_runtime.jobs.models import CLAIM_PROMISE, Job, JobClaim, OperationPatch
from nmdc_runtime.operations.models import Operation

#: What a site's report never changes in the metadata of its operation.
PROTECTED: Final = ("site_id", "job", "model", "lease_seconds")


def promised_until(now: datetime, lease_seconds: int | None) -> datetime:
    """Return when a claim made or renewed now ends: with its lease, else after 30 days."""
    return now + (CLAIM_PROMISE if lease_seconds is None else timedelta(seconds=lease_seconds))


def in_the_way(
    claims: Iterable[JobClaim], *, site_id: str, operation_id: str, is_exclusive: bool
) -> list[JobClaim]:
    """Return the claims that a new one of the site's would meet: its own, exclusive: any."""
    return [
        claim
        for claim in claims
        if claim.is_live
        and claim.op_id != operation_id
        and (is_exclusive or claim.site_id == site_id)
    ]


def missing_capability(*needs: Iterable[str] | None, has: Iterable[str]) -> str | None:
    """Return the first capability that is needed and not there."""
    known = set(has)
    return next((each for need in needs for each in need or () if each not in known), None)


def held_by(claims: Iterable[Mapping[str, Any]], *, site_id: str) -> list[str]:
    """Return the operations of the site's live claims, of claims as they are stored."""
    return [
        claim["op_id"]
        for claim in claims
        if claim.get("site_id") == site_id and not claim.get("done") and not claim.get("cancelled")
    ]


def released(
    claims: Sequence[Mapping[str, Any]], *, site_id: str, operation_ids: Sequence[str]
) -> list[dict[str, Any]]:
    """Return a job's claims when a site has released it under these operations.

    Each operation has a cancelled claim; another live claim of the site's had an operation that
    was done before, and is done with it. Claims of others, and what else a claim holds, stay.
    """
    result: list[dict[str, Any]] = []
    for claim in claims:
        kept = dict(claim)
        if kept.get("op_id") in operation_ids:
            kept |= {"done": True, "cancelled": True}
        elif kept.get("site_id") == site_id and not kept.get("cancelled"):
            kept["done"] = True
        result.append(kept)
    known = {claim.get("op_id") for claim in claims}
    result.extend(
        {"op_id": operation_id, "site_id": site_id, "done": True, "cancelled": True}
        for operation_id in operation_ids
        if operation_id not in known
    )
    return result


def targets_of(operation: Operation) -> list[str]:
    """Return what the audit trail calls an operation, and the job that it claims."""
    job_id = operation.claimed_job_id
    return [*([f"jobs/{job_id}"] if job_id is not None else []), f"operations/{operation.id}"]


def tracks(operation: Operation, claim: JobClaim, *, job_id: str) -> bool:
    """Say whether it is this claim that the operation tracks."""
    return operation.claimed_job_id == job_id and operation.site_id == claim.site_id


def renewal(operation: Operation, *, now: datetime, lease_seconds: int | None) -> dict[str, Any]:
    """Return what changes when work is promised anew from now on.

    It gets the lease that is asked for, or the one it had; without either it is 30 days again.
    """
    lease = operation.lease_seconds if lease_seconds is None else lease_seconds
    changes: dict[str, Any] = {"expire_time": promised_until(now, lease)}
    if lease is not None:
        changes["metadata"] = {**operation.facts, "lease_seconds": lease}
    return changes


def embedded(job: Job) -> dict[str, Any]:
    """Return the job as the operation of a claim keeps it: what is to be run, the rest null."""
    return {
        **dict.fromkeys(("name", "description", "created_at")),
        "id": job.id,
        "workflow": job.workflow.model_dump(),
        "config": job.config,
        "claims": [],
    }


def answer_of_claim(operation: Operation) -> Operation:
    """Return the operation as a claim is answered: nothing null or empty in what it holds."""
    facts = _without_null(operation.facts)
    if isinstance(job := facts.get("job"), dict):
        facts["job"] = _without_null({key: job[key] for key in job if key != "claims"})
        if isinstance(workflow := facts["job"].get("workflow"), dict):
            facts["job"]["workflow"] = _without_null(workflow)
    return operation.model_copy(update={"metadata": facts})


def _without_null(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if value is not None}


def merged_metadata(operation: Operation, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata with what was sent; sent keys win, but for the protected ones."""
    stored = operation.facts
    result = {**stored, **sent}
    # A client sends back all that it has read: that must not revive what was cancelled meanwhile.
    protected = (*PROTECTED, "cancelled") if stored.get("cancelled") else PROTECTED
    for key in protected:
        if key in stored:
            result[key] = stored[key]
        else:
            result.pop(key, None)
    return result


def changes_of(operation: Operation, patch: OperationPatch) -> dict[str, Any]:
    """Return the attributes that a report changes; only what was sent is applied.

    A report that comes when the promise had run out unnoticed takes the place of ``EXPIRED``.
    """
    sent = patch.model_fields_set
    changes: dict[str, Any] = {}
    if "metadata" in sent:
        changes["metadata"] = merged_metadata(operation, patch.metadata)
    if "result" in sent:
        changes["result"] = patch.result
    if "done" in sent:
        changes["done"] = patch.done
    if operation.has_expired and patch.done:
        changes.setdefault("result", None)
        metadata = changes.get("metadata", operation.facts)
        changes["metadata"] = {**metadata, "cancelled": None}
    return changes
