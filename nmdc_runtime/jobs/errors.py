"""What jobs, and reports on claims, refuse."""

from typing import ClassVar

from nmdc_runtime.jobs.models import Job, JobsReleaseError
from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class JobNotFound(NmdcError):
    """No job has this id."""

    kind = ErrorKind.NOT_FOUND
    title = "Job not found"

    def __init__(self, job_id: str) -> None:
        super().__init__("Not found", job_id=job_id)


class CapabilityMissing(NmdcError):
    """The site cannot do what the job's workflow needs."""

    kind = ErrorKind.FORBIDDEN
    title = "Capability missing"

    def __init__(self, capability_id: str) -> None:
        super().__init__(
            f"client site does not have capability {capability_id} required to claim job",
            capability_id=capability_id,
            missing_permission=f"the capability {capability_id}",
            granted_by="an administrator of the site: PATCH /sites/{site_id}",
        )


class JobAlreadyClaimed(NmdcError):
    """Another site holds an exclusive job; ``id`` is its operation, which clients read."""

    kind = ErrorKind.CONFLICT
    title = "Job already claimed"

    def __init__(self, job_id: str, *, operation_id: str, site_id: str) -> None:
        message = (
            f"job {job_id} is exclusive, and site {site_id} holds it under operation "
            f"{operation_id}: claim it again when that is done, or take another job"
        )
        super().__init__(message, id=operation_id, msg=message, job_id=job_id, site_id=site_id)


class JobsNotReleased(NmdcError):
    """Not all of several jobs could be released; tells which were."""

    kind = ErrorKind.UNAVAILABLE
    title = "Jobs not released"
    status: ClassVar[int | None] = 500

    def __init__(self, job_id: str, *, released: list[Job]) -> None:
        told = JobsReleaseError(
            released_jobs=released,
            message=f"Failed to release job '{job_id}'. Skipping release of additional jobs.",
        )
        super().__init__(told.message, detail=told.model_dump(mode="json"))


class OperationOfAnotherSite(NmdcError):
    """A site reports on the work of another one."""

    kind = ErrorKind.FORBIDDEN
    title = "Operation of another site"

    def __init__(self, operation_id: str, *, site_id: str | None) -> None:
        super().__init__(
            f"client authorized for different site_id than {site_id}",
            operation_id=operation_id,
            missing_permission=f"a client of the site {site_id}",
            granted_by=f"an administrator of the site {site_id}",
        )


class OperationAlreadyDone(NmdcError):
    """What is done cannot be undone or renewed."""

    kind = ErrorKind.CONFLICT
    title = "Operation already done"

    def __init__(self, operation_id: str) -> None:
        super().__init__(
            f"operation {operation_id} is done, and stays so: claim the job again to go on",
            operation_id=operation_id,
        )


class LeaseExpired(NmdcError):
    """The holder of a lease reports when it is over: somebody else may be at the job."""

    kind = ErrorKind.CONFLICT
    title = "Lease expired"

    def __init__(self, operation_id: str) -> None:
        super().__init__(
            f"the lease of operation {operation_id} has expired, so this report is not taken: "
            "claim the job again",
            operation_id=operation_id,
        )


class JobHeldElsewhere(NmdcError):
    """A former holder reports on an exclusive job that another site holds by now."""

    kind = ErrorKind.CONFLICT
    title = "Job held by another site"

    def __init__(self, operation_id: str, *, job_id: str, holder: str) -> None:
        super().__init__(
            f"job {job_id} is held under operation {holder} by now, so this report on operation "
            f"{operation_id} is not taken",
            operation_id=operation_id,
            job_id=job_id,
            id=holder,
        )


class OperationIsNoClaim(NmdcError):
    """Only a claim can be renewed."""

    title = "Not a claim"

    def __init__(self, operation_id: str) -> None:
        super().__init__(
            f"operation {operation_id} does not track a claim, so there is nothing to renew",
            operation_id=operation_id,
        )


class TooManyWatchers(NmdcError):
    """As many streams of changes are open as one process serves."""

    kind = ErrorKind.UNAVAILABLE
    title = "Too many watchers"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"this hub serves {most} watchers at once, and has them: try again later, or list "
            "the jobs",
            most=most,
        )


class WatchNotResumable(NmdcError):
    """The changes behind an event are not known any more, or never were."""

    kind = ErrorKind.GONE
    title = "Watch not resumable"

    def __init__(self) -> None:
        super().__init__(
            "there is no going on from this Last-Event-ID: list the jobs, and watch without it"
        )
