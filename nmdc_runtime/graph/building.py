"""The full build: a new graph beside the old one, made of all documents, then put in its place."""

import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from bson import ObjectId, Timestamp
from pymongo.database import Database

from nmdc_runtime.graph import pipelines
from nmdc_runtime.graph.applying import Applier
from nmdc_runtime.graph.changes import Changes, Gathering, Key, open_changes
from nmdc_runtime.graph.errors import GraphBusy, GraphIncomplete, LeaseLost
from nmdc_runtime.graph.lease import Hold, Lease
from nmdc_runtime.graph.rules import GraphRules
from nmdc_runtime.graph.store import (
    BUILDER,
    GRAPH,
    TEMPORARY,
    GraphStore,
    Token,
    index_models,
)
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction, Transactions

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=30)
#: How long a build waits for another one to end.
PATIENCE: Final = timedelta(minutes=30)
#: How many skipped documents are named.
MOST_SKIPPED: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """Up to where a graph in the making has taken the changes over."""

    token: Token
    fresh_as_of: datetime


def apply_keys(
    applier: Applier, keys: Sequence[Key], time: Timestamp | None, tx: Transaction
) -> int:
    """Take documents over in this transaction, as they were at that time or are by now."""
    if time is not None:
        tx.session.advance_operation_time(time)
    return applier.apply(keys, tx)


class GraphBuilder:
    """Builds the graph as a whole, in MongoDB's own engine.

    Parameters
    ----------
    database
        Where the documents are and the graph goes.
    rules
        What the schema says of the graph.
    """

    def __init__(
        self,
        database: Database[Document],
        rules: GraphRules,
        *,
        transactions: Transactions,
        clock: Clock,
    ) -> None:
        self._database = database
        self._rules = rules
        self._transactions = transactions
        self._clock = clock
        self._store = GraphStore(database)
        self._lease = Lease(database[GRAPH], BUILDER, lasts=LEASE)

    def is_at_work(self) -> bool:
        """Say whether some process builds right now."""
        return self._lease.is_held()

    def rebuild(self) -> int:
        """Build the graph anew and put it in place of the old one; return how many documents.

        All that was written before the call is in it, and what is written meanwhile, too. Builds
        that overlap take turns. Raise `GraphBusy` if another one takes too long.
        """
        deadline = time.monotonic() + PATIENCE.total_seconds()
        with self._lease.held(gives_up=lambda: time.monotonic() > deadline) as hold:
            if hold is None:
                raise GraphBusy("another build of the graph does not end: try again later")
            self._store.begin(BUILDER, hold.holder)
            self._store.settle_swap()
            for name in self._store.drop_temporaries(older_than=LEASE, now=self._clock()):
                logger.warning("left-over of a build dropped", extra={"collection": name})
            return self._build(hold)

    def _build(self, hold: Hold) -> int:
        began = time.monotonic()
        build_id = str(ObjectId())
        if self._rules.unclassified:
            slots = list(self._rules.unclassified)
            logger.warning("reference slots that are not followed", extra={"slots": slots})
        with (
            self._temporaries(build_id) as (graph, nodes, types, mirrors),
            open_changes(self._database, self._rules.collections, after=None) as changes,
            closing(Gathering(changes)) as gathering,
        ):
            skipped, skipped_count = self._make_nodes(nodes, hold)
            # Neither needs the other, and MongoDB has a processor for each.
            with ThreadPoolExecutor(max_workers=2) as pool:
                steps = (pipelines.types(into=types), pipelines.mirrors(self._rules, into=mirrors))
                for step in [pool.submit(self._run, nodes, stages, hold) for stages in steps]:
                    step.result()
            made_of = pipelines.graph(self._rules, types=types, mirrors=mirrors, into=graph)
            self._run(nodes, made_of, hold)
            self._check_count(nodes, graph)
            # By default it would wait for every member, also for one that is down.
            self._database[graph].create_indexes(index_models(), commitQuorum="majority")
            drained = self._catch_up(graph, gathering, changes, hold)
            documents = self._database[graph].count_documents({})
            replacement = {
                "collection": graph,
                "build_id": build_id,
                "built_at": self._clock(),
                "fresh_as_of": drained.fresh_as_of,
                "token": drained.token,
                "documents": documents,
                "skipped": skipped,
                "skipped_count": skipped_count,
                "changes": 0,
            }
            if not self._store.begin_swap(holder=hold.holder, replacement=replacement):
                raise LeaseLost("another build of the graph has begun; this one is thrown away")
            self._store.settle_swap()
        logger.info(
            "graph built",
            extra={
                "build_id": build_id,
                "documents": documents,
                "skipped": skipped_count,
                "took_s": round(time.monotonic() - began, 1),
            },
        )
        return documents

    @contextmanager
    def _temporaries(self, build_id: str) -> Iterator[tuple[str, str, str, str]]:
        graph = TEMPORARY + build_id
        names = (graph, f"{graph}.nodes", f"{graph}.types", f"{graph}.mirrors")
        try:
            yield names
        except BaseException:
            # A swap that is announced needs its collection: whoever comes next carries it out.
            swapping = self._store.standing().swapping or {}
            if swapping.get("collection") != graph:
                self._store.drop(names)
            raise
        finally:
            self._store.drop(names[1:])

    def _make_nodes(self, nodes: str, hold: Hold) -> tuple[list[dict[str, str]], int]:
        """Make the nodes; return the first documents that cannot be one, and how many there are."""
        first, stages = pipelines.nodes(self._rules, into=nodes)
        self._run(first, stages, hold)
        order = {name: number for number, name in enumerate(self._rules.collections)}
        for twice in self._run(nodes, pipelines.duplicates(), hold):
            # As sorting by the key would: the first collection, and in it the least ``_id``.
            ranked = sorted(twice["keys"], key=lambda key: (order[key["c"]], str(key["k"])))
            for key in ranked[1:]:
                self._database[nodes].update_one({"_id": key}, pipelines.skip_duplicate())
        skipped = {pipelines.SKIP: {"$exists": True}}
        found = self._database[nodes].find(skipped).sort("_id", 1).limit(MOST_SKIPPED)
        named = [
            {
                "collection": each["_id"]["c"],
                "id": each["of"] or str(each["_id"]["k"]),
                "reason": each[pipelines.SKIP],
            }
            for each in found
        ]
        count = self._database[nodes].count_documents(skipped)
        if count:
            facts = {"count": count, "first": named[:5]}
            logger.warning("documents not in the graph", extra=facts)
        return named, count

    def _run(self, collection: str, stages: list[Document], hold: Hold) -> list[dict[str, Any]]:
        hold.check()
        return list(self._database[collection].aggregate(stages, allowDiskUse=True))

    def _check_count(self, nodes: str, graph: str) -> None:
        expected = self._database[nodes].count_documents(pipelines.NOT_SKIPPED)
        got = self._database[graph].count_documents({})
        if got != expected:
            raise GraphIncomplete(f"{got} documents came out of a build, not {expected}")

    def _catch_up(self, graph: str, gathering: Gathering, changes: Changes, hold: Hold) -> Drained:
        """Take over what was written since the build began, until there is no more."""
        applier = Applier(self._database, self._rules, graph=graph)

        def take_over(keys: Sequence[Key], time: Timestamp | None) -> None:
            hold.check()
            self._transactions.run(lambda tx: apply_keys(applier, keys, time, tx))

        for keys, time_ in gathering.batches():
            take_over(keys, time_)
        while True:
            asked_at = self._clock()
            batch = changes.next_batch()
            if batch.keys:
                take_over(batch.keys, batch.time)
            if batch.is_last:
                return Drained(token=batch.token, fresh_as_of=asked_at)
