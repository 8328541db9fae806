"""What may be staged, and how it is followed."""

import logging
from dataclasses import dataclass
from typing import Final

from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.staging.errors import (
    GlobusTaskExists,
    JGISampleExists,
    JGISequencingProjectExists,
    KeyChanged,
    RecordNotFound,
)
from nmdc_runtime.staging.models import (
    GLOBUS_STATUSES,
    JDP_STATUSES,
    GlobusTask,
    JGISample,
    JGISequencingProject,
)
from nmdc_runtime.staging.store import PLACES, Record, StagingStore, key_of

logger = logging.getLogger(__name__)

#: What records are called in the audit trail.
NAMES: Final[dict[type[Record], str]] = {
    GlobusTask: "globus_task",
    JGISample: "jgi_sample",
    JGISequencingProject: "jgi_sequencing_project",
}
EXISTS: Final = {
    GlobusTask: GlobusTaskExists,
    JGISample: JGISampleExists,
    JGISequencingProject: JGISequencingProjectExists,
}
KEY_CHANGED: Final[dict[type[Record], str]] = {
    GlobusTask: "task_id in path and body must match.",
    JGISample: "Cannot modify jdp_file_id (jdp_file_id in path and body must match).",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StagingService:
    """Add, change and look up what is staged."""

    staging: StagingStore
    transactions: Transactions
    audit: AuditTrail

    def add(self, record: Record) -> None:
        """Add the record, or raise that there is one with its key."""
        _warn_of_unknown(record)

        def add(tx: Transaction) -> None:
            if not self.staging.add(record, tx=tx):
                raise EXISTS[type(record)](key_of(record))
            self.audit.record(
                f"create_{NAMES[type(record)]}",
                _target(record),
                after=record.model_dump(exclude_unset=True),
                tx=tx,
            )

        self.transactions.run(add)

    def change(self, key: str, record: GlobusTask | JGISample) -> Document:
        """Set what the record sets of the stored one with this key, and return all of that.

        Raises
        ------
        KeyChanged, RecordNotFound
            The record is another one, or there is none.
        """
        if key_of(record) != key:
            raise KeyChanged(KEY_CHANGED[type(record)])
        _warn_of_unknown(record)

        def change(tx: Transaction) -> Document:
            changed = self.staging.change(record, tx=tx)
            if changed is None:
                raise RecordNotFound(key)
            before, after = changed
            self.audit.record(
                f"update_{NAMES[type(record)]}",
                _target(record),
                before=before,
                after=after,
                tx=tx,
            )
            return after

        return self.transactions.run(change)

    def get(self, model: type[Record], key: str) -> Document:
        """Return the record of a class with this key, or raise `RecordNotFound`."""
        document = self.staging.find(model, key)
        if document is None:
            raise RecordNotFound(key)
        return document


def _target(record: Record) -> str:
    return f"{PLACES[type(record)][0]}/{key_of(record)}"


def _warn_of_unknown(record: Record) -> None:
    """Say in the log that a status is new to us; whoever sends it knows better."""
    known: list[tuple[str, frozenset[str]]] = []
    if isinstance(record, GlobusTask):
        known = [(record.task_status, GLOBUS_STATUSES)]
    elif isinstance(record, JGISample):
        known = [
            (record.jdp_file_status, JDP_STATUSES),
            (record.globus_file_status, GLOBUS_STATUSES),
        ]
    for status, statuses in known:
        if status not in statuses:
            logger.warning(
                "a staging status is unknown",
                extra={"target": _target(record), "staging_status": status[:100]},
            )
