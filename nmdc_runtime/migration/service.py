"""Migrate all data to another version of the schema, undo that, or finish what was interrupted."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from bson import ObjectId
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import PyMongoError

from nmdc_runtime.graph.assembly import assemble_graph
from nmdc_runtime.graph.lease import Hold, Lease
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.kernel.errors import NmdcError
from nmdc_runtime.migration import copying, swapping
from nmdc_runtime.migration.errors import (
    MigrationRunning,
    MigrationUnfinished,
    NothingToUndo,
    VersionsDisagree,
    VersionUnknown,
    WritesWouldBeLost,
)
from nmdc_runtime.migration.locking import writes_locked
from nmdc_runtime.migration.models import EventKind, MigrationReport, MigrationState, Phase
from nmdc_runtime.migration.rules import is_same_version
from nmdc_runtime.migration.store import BEFORE, LEASE, MIGRATION, TEMPORARY, MigrationStore
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.plans.guard import WriteGuard
from nmdc_runtime.schema.registry import SchemaRegistry

logger = logging.getLogger(__name__)

LEASE_LASTS: Final = timedelta(seconds=20)
#: How long to wait for a migration that may have died: longer than its lease.
PATIENCE_S: Final = 30.0

#: Is given the step and what happens in it.
Tell = Callable[[str, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationService:
    """What may be done with the version of the data.

    Parameters
    ----------
    url, options
        How another process reaches the same MongoDB, as `pymongo.MongoClient` takes it.
    registry
        Of the nmdc-schema that is installed here.
    tell
        Is given what happens, for people.
    """

    client: MongoClient[Document]
    database: Database[Document]
    url: str
    options: Mapping[str, Any]
    registry: SchemaRegistry
    guard: WriteGuard
    transactions: Transactions
    clock: Clock
    tell: Tell

    @property
    def store(self) -> MigrationStore:
        """What is kept of migrations."""
        return MigrationStore(self.database)

    def rollback(self, *, lose_writes: bool = False) -> MigrationState:
        """Put the old collections of the last migration back, whether it has ended or not.

        Raise `NothingToUndo`, `WritesWouldBeLost`.
        """
        with self.leased():
            state = self.store.find_state()
            if state is None or state.phase not in (
                *(Phase.SWAPPING, Phase.SWAPPED, Phase.UNDOING),
                Phase.COMPLETED,
            ):
                raise NothingToUndo
            if state.phase is not Phase.UNDOING and not swapping.can_put_back(
                self.database, state.swaps
            ):
                raise NothingToUndo
            reason = f"the data go back to nmdc-schema {state.source}"
            if state.phase is not Phase.COMPLETED:  # writes are locked, and stay so until the end
                self.guard.lock_writes(reason)
                self.undo(state)
                return state
            with writes_locked(self.guard, reason) as lock:
                if not lose_writes:
                    self._check_nothing_written(state)
                undoing = state.model_copy(update={"phase": Phase.UNDOING})
                lock.stay(lambda tx: self.store.put_state(undoing, tx=tx))
                self.undo(state)
            return state

    def resume(self) -> MigrationState | None:
        """Finish or clear away what was interrupted; return its state, or None if nothing was."""
        with self.leased():
            return self.settle()

    @contextmanager
    def leased(self) -> Iterator[Hold]:
        """Be the only one who migrates this database; raise `MigrationRunning`."""
        deadline = time.monotonic() + PATIENCE_S
        told = False

        def gives_up() -> bool:
            nonlocal told
            if not told:
                self.tell("wait", "another migration of this database is running, or has died")
                told = True
            return time.monotonic() > deadline

        lease = Lease(self.database[MIGRATION], LEASE, lasts=LEASE_LASTS)
        with lease.held(gives_up=gives_up) as hold:
            if hold is None:
                raise MigrationRunning
            yield hold

    def settle(self) -> MigrationState | None:
        """Finish what was interrupted in the middle of a swap, and clear anything else away."""
        state = self.store.find_state()
        copying.drop_scratch(self.client, self.database.name)
        if state is None:
            return None
        match state.phase:
            case Phase.PREPARING:
                self.tell(
                    "resume", "an interrupted migration had changed nothing: clearing it away"
                )
                self.abandon(state, reason="its process ended")
                self.guard.unlock_writes()
            case Phase.SWAPPING | Phase.SWAPPED:
                self.tell("resume", f"finishing the migration to {state.target}")
                swapping.put_in_place(self.database, state.swaps)
                self.finish(state, self.registry)
            case Phase.UNDOING:
                self.tell("resume", f"going on to put {state.source} back")
                self.undo(state)
            case _:
                return None
        return state

    def check_settled(self) -> None:
        """Raise `MigrationUnfinished` if a migration was interrupted while it swapped."""
        state = self.store.find_state()
        if state and state.phase in (Phase.SWAPPING, Phase.SWAPPED, Phase.UNDOING):
            raise MigrationUnfinished(source=state.source, target=state.target)

    def source_version(self, said: str | None) -> str:
        """Return the version of the data; raise `VersionUnknown`, `VersionsDisagree`."""
        try:
            recorded = self.store.get_data_version()
        except VersionUnknown:
            if said is None:
                raise
            return said
        if said is not None and not is_same_version(said, recorded):
            raise VersionsDisagree(said=said, recorded=recorded)
        return recorded

    def new_state(self, report: MigrationReport) -> MigrationState:
        """Return the state of a migration that begins, keeping that of the one before."""
        previous = self.store.find_state()
        return MigrationState(
            id=str(ObjectId()),
            phase=Phase.PREPARING,
            source=report.source,
            target=report.target,
            modules=report.modules,
            previous=previous.model_dump(mode="json", exclude={"previous"}) if previous else None,
        )

    def event(self, kind: EventKind, state: MigrationState, **facts: object) -> None:
        """Write down what happened."""
        self.store.add_event(kind, state, now=self.clock(), **facts)

    def abandon(self, state: MigrationState, *, reason: str) -> None:
        """Clear away a migration that has put nothing in place."""
        copying.drop_scratch(self.client, self.database.name)
        copying.drop_temporaries(self.database, prefixes=(TEMPORARY,))
        self.event(EventKind.FAILED, state, reason=reason)
        if state.previous is not None:  # its old collections are still kept
            self.store.put_state(MigrationState.model_validate(state.previous))
        else:
            copying.drop_temporaries(self.database, prefixes=(BEFORE,))
            state.phase = Phase.FAILED
            self.store.put_state(state)

    def finish(self, state: MigrationState, registry: SchemaRegistry) -> None:
        """See to all that is left when the new collections are in place, and unlock writes."""
        state.phase = Phase.SWAPPED
        self.store.put_state(state)
        if self.store.completed_at(state.id) is None:
            self.event(EventKind.COMPLETED, state)
        self.store.ensure_view()
        self._settle_down(state, registry, Phase.COMPLETED)

    def undo(self, state: MigrationState) -> None:
        """Put the old collections back, see to all that is left, and unlock writes."""
        state.phase = Phase.UNDOING
        self.store.put_state(state)
        swapping.put_back(self.database, state.swaps)
        self.event(EventKind.ROLLED_BACK, state)
        self.store.ensure_view()
        self._settle_down(state, self.registry, Phase.UNDONE)

    def _settle_down(self, state: MigrationState, registry: SchemaRegistry, phase: Phase) -> None:
        copying.drop_scratch(self.client, self.database.name)
        self._rebuild_graph(registry)
        self.guard.unlock_writes()
        state.phase = phase
        self.store.put_state(state)
        self.tell("unlock", "writes go on")

    def _rebuild_graph(self, registry: SchemaRegistry) -> None:
        """Rebuild the link graph; the data are right without it, so a failure is no failure."""
        self.tell("graph", "rebuilding the link graph")
        graph = assemble_graph(
            self.database, registry, transactions=self.transactions, clock=self.clock
        )
        try:
            self.tell("graph", f"{graph.rebuild()} documents")
        except (PyMongoError, NmdcError) as error:
            logger.warning("graph not rebuilt", extra={"reason": str(error)[:200]})
            self.tell("graph", f"not rebuilt: {error}. Run `nmdc-runtime graph rebuild`.")

    def _check_nothing_written(self, state: MigrationState) -> None:
        since = self.store.completed_at(state.id)
        if since is not None:
            collections = [swap.collection for swap in state.swaps]
            if count := self.store.count_writes(collections, since=since):
                raise WritesWouldBeLost(count)
