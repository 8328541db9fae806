"""Plans in tests: small ones that go the way of large ones, and what they leave in a database."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from pymongo.database import Database

from nmdc_runtime.plans.journal import JournalService
from nmdc_runtime.plans.journal_order import Limits
from nmdc_runtime.submissions.service import SubmissionService
from nmdc_runtime.wiring import Services

Database_ = Database[dict[str, Any]]
#: More than ten documents are many, and make steps of five.
SMALL = Limits(documents=10, step_documents=5)
BOOKKEEPING = ("_runtime.journals", "_runtime.journal_steps", "_runtime.write_locks")


def small_journal(services: Services, *, lease: timedelta = timedelta(0)) -> JournalService:
    """Return a journal for small plans, which takes over from others at once."""
    return replace(services.submissions.applier.journal, limits=SMALL, lease=lease, patience_s=0.5)


def with_small_journal(services: Services, *, lease: timedelta = timedelta(0)) -> SubmissionService:
    """Return submissions to which a few documents are many."""
    journal = small_journal(services, lease=lease)
    return replace(
        services.submissions, applier=replace(services.submissions.applier, journal=journal)
    )


def all_of(database: Database_, *collections: str) -> dict[str, list[dict[str, Any]]]:
    """Return the documents of collections just as they are stored, in order of their keys."""
    return {name: list(database[name].find().sort("_id")) for name in collections}


def leftovers(database: Database_) -> dict[str, int]:
    """Return what journals have left behind that are at their end: nothing, it is hoped."""
    counts = {name: database[name].count_documents({}) for name in BOOKKEEPING}
    return {name: count for name, count in counts.items() if count}
