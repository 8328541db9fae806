"""What readers may know of the graph: which one it is, and up to when it is current."""

from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.graph.models import GraphState
from nmdc_runtime.graph.store import GRAPH, STATE_ID, state_of
from nmdc_runtime.mongo.documents import Document


async def read_state(database: AsyncDatabase[Document]) -> GraphState | None:
    """Return the state of the graph, or None if it was never built."""
    found = await database[GRAPH].find_one({"_id": STATE_ID})
    return state_of(found) if found else None
