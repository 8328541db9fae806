"""What may be done with the graph, whoever asks: a command or a Dagster op."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from nmdc_runtime.graph.building import GraphBuilder
from nmdc_runtime.graph.checking import Counted, Dangling, compare_counts, find_dangling
from nmdc_runtime.graph.following import Follower
from nmdc_runtime.graph.models import GraphState
from nmdc_runtime.graph.rules import GraphRules
from nmdc_runtime.graph.store import GraphStore
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.transactions import Transactions


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphService:
    """Builds the graph, keeps it current, and tells how it is."""

    store: GraphStore
    rules: GraphRules
    transactions: Transactions
    clock: Clock

    def rebuild(self) -> int:
        """Build the graph as a whole; return how many documents it has."""
        return self._builder().rebuild()

    def follow(self, stop: threading.Event, *, beat: Callable[[], None] = lambda: None) -> None:
        """Keep the graph current until told to stop; see `Follower.run`."""
        Follower(
            self.store.database,
            self.rules,
            builder=self._builder(),
            transactions=self.transactions,
            clock=self.clock,
        ).run(stop, beat=beat)

    def find_state(self) -> GraphState | None:
        """Return what is known of the graph, or None if it was never built."""
        return self.store.find()

    def compare_counts(self) -> Counted:
        """Count the graph's documents and those that it is made of."""
        return compare_counts(self.store.database, self.rules)

    def find_dangling(self) -> Dangling:
        """Count the references to documents that are not there."""
        return find_dangling(self.store.database)

    def _builder(self) -> GraphBuilder:
        return GraphBuilder(
            self.store.database, self.rules, transactions=self.transactions, clock=self.clock
        )
