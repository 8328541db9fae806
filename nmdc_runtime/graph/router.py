"""Routes that follow links from a study or a workflow execution."""

from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Path, Response

from nmdc_runtime.graph.linked_router import FRESHNESS, NOT_BUILT, Reads
from nmdc_runtime.graph.reads import freshness
from nmdc_runtime.mongo.documents import Document, to_json
from nmdc_runtime.web.paging import JSON
from nmdc_runtime.web.streams import ClosingStream

router = APIRouter(tags=["Metadata access"])


@router.get(
    "/data_objects/study/{study_id}",
    # Not the function's: the published operation is called so.
    name="Find data objects for study (delayed)",
    responses={
        200: {"headers": FRESHNESS},
        404: {"description": "There is no such study."},
        503: NOT_BUILT,
    },
    summary="List the data objects of a study's biosamples",
)
async def find_data_objects_for_study(
    study_id: Annotated[
        str,
        Path(
            description="The id of the study.",
            openapi_examples={
                "usual": {"summary": "the demo's study", "value": "nmdc:sty-11-34xj1150"}
            },
        ),
    ],
    reads: Reads,
) -> Response:
    """Return, for each biosample of the study that has any, the data objects downstream of it.

    The answer follows the link graph, which is kept current within seconds of a write; the
    headers `NMDC-Graph-Fresh-As-Of` and `NMDC-Graph-Build` tell how current it is. Large answers
    are streamed.
    """
    state, entries = await reads.data_objects_of_study(study_id)
    first: list[Document] = await anext(entries, [])

    async def parts() -> AsyncGenerator[bytes, None]:
        yield b"[" + to_json(first)[1:-1]
        async for some in entries:
            yield b"," + to_json(some)[1:-1]
        yield b"]"

    return ClosingStream(parts(), media_type=JSON, headers=freshness(state))


@router.get(
    "/workflow_executions/{workflow_execution_id}/related_resources",
    name="Find resources related to the specified WorkflowExecution",
    responses={
        200: {"headers": FRESHNESS},
        404: {"description": "There is no such workflow execution."},
        503: NOT_BUILT,
    },
    summary="List what belongs to a workflow execution",
)
async def find_related_resources(
    workflow_execution_id: Annotated[
        str,
        Path(
            description="The id of the workflow execution, with its number of the run.",
            openapi_examples={
                "absent": {
                    "summary": "an assembly; a hub that does not have it says so (404)",
                    "value": "nmdc:wfmgas-11-000001.1",
                }
            },
        ),
    ],
    reads: Reads,
) -> Response:
    """Return the execution, its data objects, related executions, biosamples and studies.

    Related are executions that use its outputs, that made its inputs, or that were informed by
    the same data generation; their data objects are listed too. The headers
    `NMDC-Graph-Fresh-As-Of` and `NMDC-Graph-Build` tell how current the links are.
    """
    state, found = await reads.related_to_execution(workflow_execution_id)
    return Response(to_json(found), media_type=JSON, headers=freshness(state))
