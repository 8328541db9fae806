"""The only module that knows the shape of the ``_runtime.submissions`` collection."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database

from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction, Writer, session_of
from nmdc_runtime.submissions.models import Submission, SubmissionStatus

SUBMISSIONS = "_runtime.submissions"
INDEXES = (
    Index(collection=SUBMISSIONS, keys=("id",), unique=True),
    # While a submission is not complete, the same bytes by the same caller are that submission.
    Index(collection=SUBMISSIONS, keys=("fingerprint",), unique=True, partial={"is_open": True}),
    Index(collection=SUBMISSIONS, keys=("fingerprint", "updated_at")),
    Index(
        collection=SUBMISSIONS,
        keys=("idempotency_key",),
        unique=True,
        partial={"idempotency_key": {"$exists": True}},
    ),
    Index(collection=SUBMISSIONS, keys=("operation_id",)),
    Index(collection=SUBMISSIONS, keys=("status", "created_at")),
)
#: Who writes the documents of a job just now: needed when that process dies.
WRITERS = "_runtime.submission_writers"
#: How long one process may be busy launching before another may try. Should both launch, the
#: second run finds the work done.
LAUNCH_LEASE = timedelta(seconds=30)


class SubmissionStore:
    """Reads and writes submissions."""

    def __init__(self, database: Database[Document]) -> None:
        self._submissions = database[SUBMISSIONS]

    def _find(self, filter_: Document, *, tx: Transaction | None = None) -> Submission | None:
        found = self._submissions.find_one(filter_, NO_OBJECT_ID, session=session_of(tx))
        return Submission.model_validate(found) if found else None

    def find(self, submission_id: str) -> Submission | None:
        """Return the submission of this id, which is that of its run."""
        return self._find({"id": submission_id})

    def find_open(self, fingerprint: str) -> Submission | None:
        """Return the submission of these bytes by this caller that is not complete yet."""
        return self._find({"fingerprint": fingerprint, "is_open": True})

    def find_completed(self, fingerprint: str, *, since: datetime) -> Submission | None:
        """Return the submission of these bytes by this caller that was completed since."""
        return self._find(
            {
                "fingerprint": fingerprint,
                "updated_at": {"$gte": since},
                "status": SubmissionStatus.COMPLETE,
            }
        )

    def find_by_idempotency_key(self, key: str) -> Submission | None:
        """Return the submission that was sent with this key, complete or not."""
        return self._find({"idempotency_key": key})

    def find_by_operation(
        self, operation_id: str, *, tx: Transaction | None = None
    ) -> Submission | None:
        """Return the submission that this operation applies."""
        return self._find({"operation_id": operation_id}, tx=tx)

    def find_operation_ids(self, among: Iterable[str]) -> set[str]:
        """Return those of the operations that apply a submission."""
        wanted = {"operation_id": {"$in": list(among)}}
        found = self._submissions.find(wanted, {"_id": 0, "operation_id": 1})
        return {document["operation_id"] for document in found}

    def list_abandoned(self, *, now: datetime) -> list[Submission]:
        """Return submissions that wait for Dagster while nobody is busy handing them over."""
        found = self._submissions.find(
            {
                "status": SubmissionStatus.PENDING,
                "$or": [
                    {"launching_until": {"$lt": now}},
                    {"launching_until": None, "updated_at": {"$lt": now - LAUNCH_LEASE}},
                ],
            },
            NO_OBJECT_ID,
        )
        return [Submission.model_validate(document) for document in found.sort("created_at")]

    def list_silent(self, *, since: datetime, most: int) -> list[Submission]:
        """Return submissions that Dagster has and of which nothing was heard since."""
        found = self._submissions.find(
            {"status": SubmissionStatus.RUNNING, "updated_at": {"$lt": since}}, NO_OBJECT_ID
        )
        return [
            Submission.model_validate(document) for document in found.sort("created_at").limit(most)
        ]

    def add(self, submission: Submission, *, tx: Transaction) -> None:
        """Store a new submission; a duplicate key error means that it is there already."""
        document = submission.model_dump(mode="python", exclude_none=True) | {"is_open": True}
        self._submissions.insert_one(document, session=tx.session)

    def take_launch(self, submission_id: str, *, now: datetime) -> Submission | None:
        """Take the right to launch the submission, or None while another process has it."""
        found = self._submissions.find_one_and_update(
            {
                "id": submission_id,
                "status": {"$ne": SubmissionStatus.COMPLETE},
                "$or": [{"launching_until": None}, {"launching_until": {"$lt": now}}],
            },
            {"$set": {"launching_until": now + LAUNCH_LEASE}},
            NO_OBJECT_ID,
        )
        return Submission.model_validate(found) if found else None

    def mark_running(self, submission_id: str, *, dagster_run_id: str, now: datetime) -> None:
        """Record that Dagster has the run, unless the run is done by now."""
        self._set(
            submission_id,
            {
                "status": SubmissionStatus.RUNNING,
                "dagster_run_id": dagster_run_id,
                "launching_until": None,
            },
            now=now,
        )

    def mark_failed(
        self, submission_id: str, *, reason: str, now: datetime, tx: Transaction
    ) -> None:
        """Record that an attempt came to nothing; the next same bytes try again."""
        changes = {"status": SubmissionStatus.FAILED, "reason": reason, "launching_until": None}
        self._set(submission_id, changes, now=now, tx=tx)

    def mark_reopened(
        self, submission_id: str, *, operation_id: str, now: datetime, tx: Transaction
    ) -> None:
        """Record the operation of a new attempt."""
        changes = {"status": SubmissionStatus.PENDING, "operation_id": operation_id}
        self._set(submission_id, changes, now=now, tx=tx)

    def mark_complete(
        self, submission_id: str, *, counts: dict[str, Any], now: datetime, tx: Transaction
    ) -> None:
        """Record that the documents are written; the same bytes are a new submission from here."""
        self._submissions.update_one(
            {"id": submission_id},
            {
                "$set": {
                    "status": SubmissionStatus.COMPLETE,
                    "counts": counts,
                    "updated_at": now,
                    "launching_until": None,
                },
                "$unset": {"is_open": "", "reason": ""},
            },
            session=tx.session,
        )

    def _set(
        self,
        submission_id: str,
        changes: dict[str, Any],
        *,
        now: datetime,
        tx: Transaction | None = None,
    ) -> None:
        self._submissions.update_one(
            {"id": submission_id, "status": {"$ne": SubmissionStatus.COMPLETE}},
            {"$set": {**changes, "updated_at": now}},
            session=session_of(tx),
        )


class WriterStore:
    """Remembers in which session the documents of a job were last written."""

    def __init__(self, database: Database[Document]) -> None:
        self._writers = database[WRITERS]

    def note(self, job_id: str, writer: Writer, *, now: datetime) -> None:
        """Remember the session, before it writes anything; it takes no part in its transaction."""
        self._writers.replace_one({"_id": job_id}, {"session": writer, "at": now}, upsert=True)

    def take(self, job_id: str) -> Writer | None:
        """Return the session that began to write and never ended, and forget it."""
        found = self._writers.find_one_and_delete({"_id": job_id})
        return found["session"] if found else None

    def forget(self, job_id: str) -> None:
        """Forget the session: it has ended by itself."""
        self._writers.delete_one({"_id": job_id})
