"""The only module that knows the shape of the ``jobs`` collection."""

from pymongo import ReturnDocument
from pymongo.database import Database

from nmdc_runtime.jobs.errors import JobNotFound
from nmdc_runtime.jobs.models import Job, JobClaim
from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction, session_of

JOBS = "jobs"
INDEXES = (
    Index(collection=JOBS, keys=("id",), unique=True),
    Index(collection=JOBS, keys=("config.activity_id",), name="config.activity_id"),
    # One job per stored object and workflow, however many ask for it at once.
    Index(
        collection=JOBS,
        keys=("workflow.id", "config.object_id"),
        unique=True,
        partial={"config.object_id": {"$exists": True}},
    ),
    Index(collection=JOBS, keys=("claims.site_id",)),
)


def no_live_claim_of(site_id: str) -> Document:
    """Match jobs on which the site holds no claim that is neither done nor cancelled."""
    live = {"site_id": site_id, "done": {"$ne": True}, "cancelled": {"$ne": True}}
    return {"claims": {"$not": {"$elemMatch": live}}}


class JobStore:
    """Reads and writes jobs; methods say what they mean and never take a filter."""

    def __init__(self, database: Database[Document]) -> None:
        self._jobs = database[JOBS]

    def get(self, job_id: str, *, tx: Transaction | None = None) -> Job:
        """Return the job, or raise `JobNotFound`."""
        document = self._jobs.find_one({"id": job_id}, NO_OBJECT_ID, session=session_of(tx))
        if document is None:
            raise JobNotFound(job_id)
        return Job.model_validate(document)

    def ensure(self, job: Job, *, tx: Transaction | None = None) -> tuple[Job, bool]:
        """Store the job unless its workflow has one for the same object; say whether it is new.

        A job whose ``config`` names no object is always new.
        """
        document = job.model_dump(exclude_unset=True)
        object_id = job.config.get("object_id")
        if object_id is None:
            self._jobs.insert_one(document, session=session_of(tx))
            return job, True
        # Ranges of one value: an equality would be copied into the upserted document, where it
        # clashes with the whole ``workflow`` and ``config`` that are set.
        same_object = {
            "workflow.id": {"$gte": job.workflow.id, "$lte": job.workflow.id},
            "config.object_id": {"$gte": object_id, "$lte": object_id},
        }
        stored = self._jobs.find_one_and_update(
            same_object,
            {"$setOnInsert": document},
            projection=NO_OBJECT_ID,
            upsert=True,
            return_document=ReturnDocument.AFTER,
            session=session_of(tx),
        )
        found = Job.model_validate(stored)
        return found, found.id == job.id

    def add_claim(self, job_id: str, claim: JobClaim, *, tx: Transaction) -> None:
        """Append a claim."""
        self._jobs.update_one(
            {"id": job_id},
            {"$push": {"claims": claim.model_dump(exclude_none=True)}},
            session=tx.session,
        )

    def end_claim(
        self, job_id: str, *, operation_id: str, cancelled: bool, tx: Transaction
    ) -> None:
        """Mark the claim that the operation tracks as done, or as given up."""
        ended = {"claims.$.done": True}
        if cancelled:
            ended["claims.$.cancelled"] = True
        self._jobs.update_one(
            {"id": job_id, "claims.op_id": operation_id}, {"$set": ended}, session=tx.session
        )
