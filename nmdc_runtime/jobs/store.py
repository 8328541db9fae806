"""The only module that knows the shape of the ``jobs`` collection."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final

from pymongo import ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from nmdc_runtime.jobs.errors import JobNotFound
from nmdc_runtime.jobs.models import Job, JobClaim
from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction, session_of
from nmdc_runtime.objects.rules import TYPES
from nmdc_runtime.objects.store import OBJECTS, TYPED_AT

JOBS = "jobs"
INDEXES = (
    Index(collection=JOBS, keys=("id",), unique=True),
    Index(collection=JOBS, keys=("config.activity_id",), name="config.activity_id"),
    Index(collection=JOBS, keys=("config.was_informed_by", "id")),
    Index(collection=JOBS, keys=("workflow.id", "id")),
    # What sites poll for; see `reads.unclaimed`.
    Index(
        collection=JOBS,
        keys=("workflow.id", "id"),
        name="unclaimed",
        partial={"claims": []},
    ),
    # One job per stored object and workflow, however many ask for it at once. What is not less
    # than the empty text is a text; of ``$type`` the planner would not see that one is.
    Index(
        collection=JOBS,
        keys=("workflow.id", "config.object_id"),
        unique=True,
        partial={"config.object_id": {"$gte": ""}},
    ),
    Index(collection=JOBS, keys=("claims.site_id", "id")),
    # What a site has not claimed yet, beside any number of jobs that it has.
    Index(collection=JOBS, keys=("workflow.id", "claims.site_id")),
)
#: Objects whose jobs are looked for in one query.
AT_ONCE: Final = 1_000
#: A claim that has not ended.
LIVE: Document = {"done": {"$ne": True}, "cancelled": {"$ne": True}}


def not_taken_by(site_id: str) -> Document:
    """Match jobs that a site neither holds nor has done; one that it gave back is offered again."""
    taken = {"site_id": site_id, "cancelled": {"$ne": True}}
    return {"claims": {"$not": {"$elemMatch": taken}}}


class JobStore:
    """Reads and writes jobs; methods say what they mean and never take a filter."""

    def __init__(self, database: Database[Document]) -> None:
        self._jobs = database[JOBS]
        self._objects = database[OBJECTS]

    def find(self, job_id: str, *, tx: Transaction | None = None) -> Job | None:
        """Return the job of this id."""
        document = self._jobs.find_one({"id": job_id}, NO_OBJECT_ID, session=session_of(tx))
        return None if document is None else Job.model_validate(document)

    def get(self, job_id: str, *, tx: Transaction | None = None) -> Job:
        """Return the job, or raise `JobNotFound`."""
        job = self.find(job_id, tx=tx)
        if job is None:
            raise JobNotFound(job_id)
        return job

    def ensure(self, job: Job, *, tx: Transaction | None = None) -> tuple[Job, bool]:
        """Store the job unless its workflow has one for the same object; say whether it is new.

        A job whose ``config`` names no object is always new.
        """
        document = job.model_dump(exclude_unset=True)
        object_id = job.config.get("object_id")
        if not isinstance(object_id, str):
            self._jobs.insert_one(document, session=session_of(tx))
            return job, True
        # Ranges of one value: an equality would be copied into the upserted document, where it
        # clashes with the whole ``workflow`` and ``config`` that are set.
        same_object = {
            "workflow.id": {"$gte": job.workflow.id, "$lte": job.workflow.id},
            "config.object_id": {"$gte": object_id, "$lte": object_id},
        }
        try:
            stored = self._jobs.find_one_and_update(
                same_object,
                {"$setOnInsert": document},
                projection=NO_OBJECT_ID,
                upsert=True,
                return_document=ReturnDocument.AFTER,
                session=session_of(tx),
            )
        except DuplicateKeyError:
            if tx is not None:
                raise  # the transaction is over
            return self.ensure(job)  # somebody was faster: theirs is found now
        found = Job.model_validate(stored)
        return found, found.id == job.id

    def add_claim(self, job_id: str, claim: JobClaim, *, tx: Transaction) -> None:
        """Append a claim."""
        self._jobs.update_one(
            {"id": job_id},
            {"$push": {"claims": claim.model_dump(exclude_none=True)}},
            session=tx.session,
        )

    def take(self, job_id: str, claim: JobClaim, *, tx: Transaction) -> Job | None:
        """Append the claim and return the job, unless a live claim is in the way.

        That is one of the same site, or any on a job that is marked exclusive; of two at once,
        one wins. None also if there is no such job.
        """
        own = {"claims": {"$elemMatch": {"site_id": claim.site_id, **LIVE}}}
        any_on_exclusive = {"exclusive": True, "claims": {"$elemMatch": LIVE}}
        document = self._jobs.find_one_and_update(
            {"id": job_id, "$nor": [own, any_on_exclusive]},
            {"$push": {"claims": claim.model_dump(exclude_none=True)}},
            projection=NO_OBJECT_ID,
            return_document=ReturnDocument.AFTER,
            session=tx.session,
        )
        return None if document is None else Job.model_validate(document)

    def end_claim(
        self, job_id: str, *, operation_id: str, cancelled: bool, tx: Transaction
    ) -> None:
        """Mark the claim that the operation tracks as done, or as given up."""
        change: Document = {"$set": {"claims.$.done": True}}
        if cancelled:
            change["$set"]["claims.$.cancelled"] = True
        else:
            change["$unset"] = {"claims.$.cancelled": ""}
        self._jobs.update_one(
            {"id": job_id, "claims.op_id": operation_id}, change, session=tx.session
        )

    def cancel_claims(self, job_id: str, *, site_id: str, tx: Transaction) -> Document | None:
        """End the site's live claims as cancelled; return the job as it was, None if it had none.

        None also if there is no such job.
        """
        live = {f"own.{name}": condition for name, condition in LIVE.items()}
        return self._jobs.find_one_and_update(
            {"id": job_id, "claims": {"$elemMatch": {"site_id": site_id, **LIVE}}},
            {"$set": {"claims.$[own].done": True, "claims.$[own].cancelled": True}},
            array_filters=[{"own.site_id": site_id, **live}],
            projection=NO_OBJECT_ID,
            session=tx.session,
        )

    def claims_of(self, job_id: str, *, tx: Transaction) -> list[Document]:
        """Return the claims on the job as they are stored, or raise `JobNotFound`."""
        found = self._jobs.find_one({"id": job_id}, {"claims": 1}, session=tx.session)
        if found is None:
            raise JobNotFound(job_id)
        return found.get("claims") or []

    def put_claims(self, job_id: str, claims: Sequence[dict[str, Any]], *, tx: Transaction) -> Job:
        """Replace the claims that `claims_of` read in the same transaction; return the job."""
        document = self._jobs.find_one_and_update(
            {"id": job_id},
            {"$set": {"claims": list(claims)}},
            projection=NO_OBJECT_ID,
            return_document=ReturnDocument.AFTER,
            session=tx.session,
        )
        return Job.model_validate(document)

    def iterate_unclaimed_by(
        self, *, site_id: str, workflow_id: str
    ) -> Iterator[tuple[str, object]]:
        """Yield the ids of the workflow's jobs that the site never claimed, and their objects' ids.

        In the order of the index, which is that in which they were stored, where no other site
        has claimed them.
        """
        wanted = {"workflow.id": workflow_id, "claims.site_id": {"$ne": site_id}}
        for job in self._jobs.find(wanted, {"_id": 0, "id": 1, "config.object_id": 1}):
            yield job["id"], (job.get("config") or {}).get("object_id")

    def list_objects_without_job(
        self, *, object_type_id: str, workflow_id: str, since: datetime | None, most: int
    ) -> list[str]:
        """Return the ids of objects of the type for which the workflow has no job.

        Parameters
        ----------
        since
            Only objects whose types were set since; None: all.
        """
        tagged: Document = {TYPES: object_type_id}
        if since is not None:
            tagged[TYPED_AT] = {"$gte": since}
        missing: list[str] = []
        # In batches: a `$lookup` for each object takes several times as long.
        ids = (document["id"] for document in self._objects.find(tagged, {"_id": 0, "id": 1}))
        while len(missing) < most and (batch := list(islice(ids, AT_ONCE))):
            # That they are not less than the empty text tells the planner of the partial index.
            of_batch = {"$in": batch, "$gte": ""}
            jobs = self._jobs.find(
                {"workflow.id": workflow_id, "config.object_id": of_batch},
                {"_id": 0, "config.object_id": 1},
            )
            known = {job["config"]["object_id"] for job in jobs}
            missing += [object_id for object_id in batch if object_id not in known]
        return missing[:most]

    def find_by_activity(self, activity_ids: Collection[str], *, tx: Transaction) -> list[Document]:
        """Return the jobs, as they are stored, whose ``config`` names one of these activities."""
        wanted = {"config.activity_id": {"$in": list(activity_ids)}}
        return list(self._jobs.find(wanted, session=tx.session))

    def remove(self, job_ids: Sequence[str], *, tx: Transaction) -> None:
        """Remove these jobs."""
        self._jobs.delete_many({"id": {"$in": list(job_ids)}}, session=tx.session)
