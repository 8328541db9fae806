"""The only module that knows the shape of journals: of plans that take several transactions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

import bson
from pymongo import ReturnDocument
from pymongo.database import Database
from pymongo.errors import DocumentTooLarge

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transaction, Writer, session_of
from nmdc_runtime.plans.errors import DocumentUnstorable
from nmdc_runtime.plans.models import Cause, Change, ChangeKind, Counts, PlanKind
from nmdc_runtime.plans.rules import digest_of

JOURNALS: Final = "_runtime.journals"
JOURNAL_STEPS: Final = "_runtime.journal_steps"
INDEXES: Final = (
    Index(collection=JOURNAL_STEPS, keys=("plan", "by", "step", "part"), unique=True),
)
PART_BYTES: Final = 4_000_000
#: Who makes the steps is named by a random text; this names steps that are made.
DONE: Final = "done"


class Phase(StrEnum):
    """How far a journal has come; each phase can be begun again by another process."""

    PREPARING = "preparing"  # nothing is written yet
    FORWARD = "forward"  # some steps are made
    BACKWARD = "backward"  # a step was refused: those before it are undone


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """How far a plan has come, as the process knows it that is at it."""

    cause: Cause
    phase: Phase
    holder: str
    steps_by: str = ""  # who has planned the steps
    counts: Mapping[str, Counts]
    reason: str = ""

    @property
    def plan_id(self) -> str:
        """Id of the plan."""
        return self.cause.plan_id


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChange:
    """A change that is still to be made; `before` is known by its digest."""

    collection: str
    id: str | None
    kind: ChangeKind
    before_digest: bytes | None
    after: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeStep:
    """A step that was made, with what undoes it beside the changes themselves."""

    number: int
    seqs: range
    log_keys: Sequence[Any]


class JournalStore:
    """Reads and writes journals."""

    def __init__(self, database: Database[Document]) -> None:
        self._journals = database[JOURNALS]
        self._steps = database[JOURNAL_STEPS]

    def begin(self, cause: Cause, *, holder: str, lease: timedelta, tx: Transaction) -> None:
        """Open a journal."""
        facts = {
            "phase": Phase.PREPARING,
            "kind": cause.kind,
            "operation_id": cause.operation_id,
            "holder": holder,
        }
        self._journals.update_one(
            {"_id": cause.plan_id},
            [{"$set": _literally(facts) | _lasting(lease)}],
            upsert=True,
            session=tx.session,
        )

    def exists(self, plan_id: str, *, tx: Transaction | None = None) -> bool:
        """Say whether the plan is being applied step by step."""
        return self._journals.find_one({"_id": plan_id}, {}, session=session_of(tx)) is not None

    def list_abandoned(self) -> list[str]:
        """Return the ids of plans whose process gives no sign of life."""
        return [each["_id"] for each in self._journals.find(_LAPSED, {"_id": 1})]

    def find_lapsed_writer(self, plan_id: str) -> Writer | None:
        """Return the session in which an abandoned journal was last written."""
        found = self._journals.find_one({"_id": plan_id, **_LAPSED}, {"writer": 1})
        return found.get("writer") if found else None

    def take(
        self, plan_id: str, *, holder: str, lease: timedelta
    ) -> tuple[Journal, Writer | None] | None:
        """Take over an abandoned journal, with the session that last wrote; None if it is not."""
        taken = {"holder": holder, "writer": None}
        found = self._journals.find_one_and_update(
            {"_id": plan_id, "$or": [_LAPSED, {"holder": holder}]},
            [{"$set": _literally(taken) | _lasting(lease)}],
            return_document=ReturnDocument.BEFORE,
        )
        if found is None:
            return None
        return _journal_from(found | {"holder": holder}), found.get("writer")

    def renew(self, journal: Journal, *, lease: timedelta, writer: Writer | None = None) -> bool:
        """Say that the holder is alive and writes in this session; False if it holds no more.

        Takes no part in a transaction: who takes over ends the session, and so can read it.
        """
        change = _lasting(lease) | _literally({"writer": writer})
        return bool(self._journals.update_one(_held(journal), [{"$set": change}]).matched_count)

    def mark(
        self, journal: Journal, phase: Phase, *, tx: Transaction | None = None, **facts: object
    ) -> bool:
        """Record the beginning of a phase; False if the holder holds the journal no more."""
        change = {"$set": {"phase": phase, **facts}}
        done = self._journals.update_one(_held(journal), change, session=session_of(tx))
        return bool(done.matched_count)

    def drop(self, journal: Journal, *, tx: Transaction) -> bool:
        """Close the journal; False if the holder holds it no more."""
        return bool(self._journals.delete_one(_held(journal), session=tx.session).deleted_count)

    def add_step(self, journal: Journal, number: int, changes: Iterable[Change]) -> None:
        """Keep what one step is to change, until it has."""
        for part, entries in enumerate(_parts(changes)):
            try:
                self._steps.insert_one(
                    {
                        "plan": journal.plan_id,
                        "by": journal.holder,
                        "step": number,
                        "part": part,
                        "changes": entries,
                    }
                )
            except DocumentTooLarge:
                raise DocumentUnstorable from None

    def next_step(self, journal: Journal) -> tuple[int, list[PlannedChange]] | None:
        """Return number and changes of the first step that is not made yet."""
        wanted = {"plan": journal.plan_id, "by": journal.steps_by}
        first = self._steps.find_one(wanted, {"step": 1}, sort=[("step", 1)])
        if first is None:
            return None
        parts = self._steps.find({**wanted, "step": first["step"]}).sort("part", 1)
        return first["step"], [_planned(each) for part in parts for each in part["changes"]]

    def mark_made(self, journal: Journal, step: MadeStep, *, tx: Transaction) -> bool:
        """Record that a step is made; False if somebody else has made it."""
        gone = self._steps.delete_many(
            {"plan": journal.plan_id, "by": journal.steps_by, "step": step.number},
            session=tx.session,
        )
        self._steps.insert_one(
            {
                "plan": journal.plan_id,
                "by": DONE,
                "step": step.number,
                "part": 0,
                "first": step.seqs.start,
                "end": step.seqs.stop,
                "log": list(step.log_keys),
            },
            session=tx.session,
        )
        return gone.deleted_count > 0

    def last_made(self, plan_id: str, *, tx: Transaction | None = None) -> MadeStep | None:
        """Return the last step that is made."""
        found = self._steps.find_one(
            {"plan": plan_id, "by": DONE}, sort=[("step", -1)], session=session_of(tx)
        )
        if found is None:
            return None
        return MadeStep(
            number=found["step"],
            seqs=range(found["first"], found["end"]),
            log_keys=found["log"],
        )

    def mark_undone(self, plan_id: str, step: MadeStep, *, tx: Transaction) -> bool:
        """Record that a step is undone; False if somebody else has undone it."""
        gone = self._steps.delete_one(
            {"plan": plan_id, "by": DONE, "step": step.number}, session=tx.session
        )
        return bool(gone.deleted_count)

    def drop_steps(self, plan_id: str) -> None:
        """Forget all steps, made or not."""
        self._steps.delete_many({"plan": plan_id})


#: A lease that is over. By the server's clock: machines need not agree.
_LAPSED: Final[Document] = {"$expr": {"$lt": ["$until", "$$NOW"]}}


def _lasting(lease: timedelta) -> Document:
    milliseconds = lease // timedelta(milliseconds=1)
    return {"until": {"$add": ["$$NOW", milliseconds]}}


def _literally(facts: Mapping[str, Any]) -> Document:
    """Keep MongoDB from taking texts of others for its own expressions."""
    return {key: {"$literal": value} for key, value in facts.items()}


def _held(journal: Journal) -> Document:
    return {"_id": journal.plan_id, "holder": journal.holder}


def _journal_from(found: Document) -> Journal:
    return Journal(
        cause=Cause(
            plan_id=found["_id"],
            kind=PlanKind(found["kind"]),
            operation_id=found["operation_id"],
        ),
        phase=Phase(found["phase"]),
        holder=found["holder"],
        steps_by=found.get("steps_by", ""),
        counts={
            name: Counts.model_validate(each) for name, each in found.get("counts", {}).items()
        },
        reason=found.get("reason", ""),
    )


def _parts(changes: Iterable[Change]) -> Iterator[list[Document]]:
    part: list[Document] = []
    size_bytes = 0
    for change in changes:
        entry = {
            "c": change.collection,
            "id": change.id,
            "kind": change.kind,
            "before": None if change.before is None else digest_of(change.before),
            "after": change.after,
        }
        length = len(bson.encode(entry))
        if part and size_bytes + length > PART_BYTES:
            yield part
            part, size_bytes = [], 0
        part.append(entry)
        size_bytes += length
    if part:
        yield part


def _planned(entry: Mapping[str, Any]) -> PlannedChange:
    return PlannedChange(
        collection=entry["c"],
        id=entry["id"],
        kind=ChangeKind(entry["kind"]),
        before_digest=entry["before"],
        after=entry["after"],
    )
