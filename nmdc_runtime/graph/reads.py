"""What the hub answers from the link graph, and how current each answer is."""

from collections.abc import AsyncGenerator
from datetime import UTC

from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.graph.linked import LinkedInstances
from nmdc_runtime.graph.linked_documents import LinkedDocuments
from nmdc_runtime.graph.linked_errors import GraphNotBuilt
from nmdc_runtime.graph.linked_study import StudyDataObjects
from nmdc_runtime.graph.models import GraphState
from nmdc_runtime.graph.related import RelatedResources
from nmdc_runtime.graph.rules import GraphRules
from nmdc_runtime.graph.state import read_state
from nmdc_runtime.graph.walking import Walker
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.schema.registry import SchemaRegistry

#: Headers of every answer: all writes up to this moment are in it; and which build of the graph.
FRESH_AS_OF = "NMDC-Graph-Fresh-As-Of"
BUILD = "NMDC-Graph-Build"
#: What they say of a graph that nobody of this Runtime built, or of none at all.
UNKNOWN = "unknown"


class GraphReads:
    """Answers the routes that follow links; never writes."""

    def __init__(
        self, database: AsyncDatabase[Document], registry: SchemaRegistry, *, time_limit_ms: int
    ) -> None:
        rules = GraphRules(registry)
        documents = LinkedDocuments(database, rules, time_limit_ms=time_limit_ms)
        self._database = database
        self._walker = Walker(database, time_limit_ms=time_limit_ms)
        self.linked = LinkedInstances(database, rules, walker=self._walker, documents=documents)
        self._study = StudyDataObjects(
            database, walker=self._walker, documents=documents, time_limit_ms=time_limit_ms
        )
        self._related = RelatedResources(database, documents=documents, time_limit_ms=time_limit_ms)

    async def data_objects_of_study(
        self, study_id: str
    ) -> tuple[GraphState | None, AsyncGenerator[list[Document], None]]:
        """Return the state of the graph, and the study's entries as they are found.

        Raises
        ------
        StudyNotFound
            There is no such study.
        GraphNotBuilt
            The study has biosamples, but there is no graph.
        """
        state = await read_state(self._database)
        biosample_ids = await self._study.biosamples(study_id)
        if biosample_ids:
            await self._check_built(state)
        return state, self._study.of(biosample_ids)

    async def related_to_execution(self, execution_id: str) -> tuple[GraphState | None, Document]:
        """Return the state of the graph, and what belongs to a workflow execution.

        Raises
        ------
        WorkflowExecutionNotFound
            There is no such execution.
        GraphNotBuilt
            There is no graph.
        """
        state = await read_state(self._database)
        execution = await self._related.execution(execution_id)
        await self._check_built(state)
        return state, await self._related.of(execution)

    async def _check_built(self, state: GraphState | None) -> None:
        if state is None and await self._walker.is_empty():
            raise GraphNotBuilt


def freshness(state: GraphState | None) -> dict[str, str]:
    """Return the headers that tell how current an answer is."""
    if state is None:
        return {FRESH_AS_OF: UNKNOWN, BUILD: UNKNOWN}
    moment = state.fresh_as_of.astimezone(UTC).isoformat(timespec="milliseconds")
    return {FRESH_AS_OF: moment.replace("+00:00", "Z"), BUILD: state.build_id}
