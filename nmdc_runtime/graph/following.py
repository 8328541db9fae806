"""The follower: keeps the graph current, change by change."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from pymongo.database import Database
from pymongo.errors import BulkWriteError, DocumentTooLarge, PyMongoError

from nmdc_runtime.graph.applying import Applier
from nmdc_runtime.graph.building import GraphBuilder, apply_keys
from nmdc_runtime.graph.changes import Batch, Changes, open_changes
from nmdc_runtime.graph.errors import ChangesLost, GraphReplaced
from nmdc_runtime.graph.lease import Hold, Lease
from nmdc_runtime.graph.rules import GraphRules
from nmdc_runtime.graph.store import ALLDOCS, FOLLOWER, GRAPH, GraphStore
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.kernel.errors import NmdcError
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction, Transactions

logger = logging.getLogger(__name__)

#: After so long a silence of the one who works, another follower takes over.
LEASE: Final = timedelta(seconds=10)
#: A lease that expired was last renewed at least so long ago: whatever its holder began is dead.
SILENCE: Final = LEASE * 0.7
#: While nothing is written, how often the graph's freshness is noted.
NOTE_EVERY_S: Final = 0.6
#: Between attempts while MongoDB cannot be reached.
PAUSE_S: Final = 0.5
#: How often it is looked whether a new graph is in its place.
SWAP_POLL_S: Final = 0.05


class Follower:
    """Takes changes over as they come; of several followers one works and the others wait."""

    def __init__(
        self,
        database: Database[Document],
        rules: GraphRules,
        *,
        builder: GraphBuilder,
        transactions: Transactions,
        clock: Clock,
    ) -> None:
        self._database = database
        self._rules = rules
        self._builder = builder
        self._transactions = transactions
        self._clock = clock
        self._store = GraphStore(database)
        self._lease = Lease(database[GRAPH], FOLLOWER, lasts=LEASE)
        self._applier = Applier(database, rules, graph=ALLDOCS)

    def run(self, stop: threading.Event, *, beat: Callable[[], None] = lambda: None) -> None:
        """Follow until told to stop, whatever becomes of MongoDB meanwhile.

        Parameters
        ----------
        stop
            Set by somebody else; what is at work then is finished.
        beat
            Called again and again while this follower works, or waits for the one that does.
        """
        while not stop.is_set():
            try:
                if self._lease.is_held():
                    logger.info("another follower is at work; waiting for it to end")

                def gives_up() -> bool:
                    beat()
                    return stop.is_set()

                with self._lease.held(gives_up=gives_up) as hold:
                    if hold is not None:
                        # What the one before us wrote last, if it died, is locked until then.
                        self._transactions.end_abandoned(idle_for=SILENCE)
                        self._store.begin(FOLLOWER, hold.holder)
                        logger.info("following", extra={"holder": hold.holder})
                        self._follow(stop, hold, beat)
            except (PyMongoError, NmdcError) as error:
                logger.warning("following broke off", extra={"reason": str(error)[:200]})
                stop.wait(PAUSE_S)

    def _follow(self, stop: threading.Event, hold: Hold, beat: Callable[[], None]) -> None:
        rebuild = False
        while not stop.is_set():
            hold.check()
            self._await_swap(stop)
            standing = self._store.standing()
            if rebuild or standing.token is None or not self._store.has_graph():
                logger.warning("building the graph as a whole", extra={"changes_lost": rebuild})
                self._builder.rebuild()
                rebuild = False
                continue
            try:
                with open_changes(
                    self._database, self._rules.collections, after=standing.token
                ) as changes:
                    self._keep_current(changes, str(standing.build_id), stop, hold, beat)
            except ChangesLost as error:
                logger.warning("changes lost", extra={"reason": str(error)})
                rebuild = True
            except GraphReplaced:
                logger.info("another graph has taken the place of this one")

    def _await_swap(self, stop: threading.Event) -> None:
        """Wait while a new graph is put in place; if its builder died, do it."""
        while self._store.standing().swapping is not None:
            if not self._builder.is_at_work():
                self._store.settle_swap()
                return
            if stop.wait(SWAP_POLL_S):
                return

    def _keep_current(
        self,
        changes: Changes,
        build_id: str,
        stop: threading.Event,
        hold: Hold,
        beat: Callable[[], None],
    ) -> None:
        noted_at = 0.0
        while not stop.is_set():
            hold.check()
            beat()
            asked_at = self._clock()
            batch = changes.next_batch()
            fresh_as_of = asked_at if batch.is_last else None
            if batch.keys:
                self._take_over(batch, build_id, fresh_as_of, hold)
            elif time.monotonic() - noted_at < NOTE_EVERY_S:
                continue
            elif not self._store.advance(
                holder=hold.holder, build_id=build_id, token=batch.token, fresh_as_of=fresh_as_of
            ):
                self._not_ours(hold)
            noted_at = time.monotonic()

    def _take_over(
        self, batch: Batch, build_id: str, fresh_as_of: datetime | None, hold: Hold
    ) -> None:
        """Change the graph, and note up to where, both or neither."""

        def work(tx: Transaction) -> None:
            more = apply_keys(self._applier, batch.keys, batch.time, tx)
            if not self._store.advance(
                holder=hold.holder,
                build_id=build_id,
                token=batch.token,
                fresh_as_of=fresh_as_of,
                more_documents=more,
                is_change=True,
                tx=tx,
            ):
                self._not_ours(hold)

        try:
            self._transactions.run(work)
        except (BulkWriteError, DocumentTooLarge) as error:  # the same again would fail again
            raise ChangesLost(f"a batch cannot be taken over: {type(error).__name__}") from error

    def _not_ours(self, hold: Hold) -> None:
        hold.check()
        raise GraphReplaced("the graph is no longer the one whose changes these are")
