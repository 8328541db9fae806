"""How the graph is put together."""

from pymongo.database import Database

from nmdc_runtime.graph.rules import GraphRules
from nmdc_runtime.graph.service import GraphService
from nmdc_runtime.graph.store import GraphStore
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.schema.registry import SchemaRegistry


def assemble_graph(
    database: Database[Document],
    registry: SchemaRegistry,
    *,
    transactions: Transactions,
    clock: Clock,
) -> GraphService:
    """Return what builds the graph over these documents and keeps it current."""
    return GraphService(
        store=GraphStore(database),
        rules=GraphRules(registry),
        transactions=transactions,
        clock=clock,
    )
