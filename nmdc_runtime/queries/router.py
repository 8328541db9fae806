"""The route ``/queries:run``; HTTP to one call and back."""

from typing import Annotated, Final

from fastapi import APIRouter, Body, Depends, Query, Request, Response
from fastapi.openapi.models import Example

from nmdc_runtime.queries.malformed import CommandRoute
from nmdc_runtime.queries.models import AnyCommand, AnyResponse
from nmdc_runtime.queries.running import QueryRunner
from nmdc_runtime.web.auth import CallingUser
from nmdc_runtime.web.visibility import WhatIsVisible

router = APIRouter(tags=["Metadata access"], route_class=CommandRoute)

EXAMPLES: Final[dict[str, Example]] = {
    "find": {
        "summary": "Studies by name, three at a time",
        "value": {"find": "study_set", "filter": {}, "sort": {"name": 1}, "batchSize": 3},
    },
    "count": {
        "summary": "How many biosamples there are",
        "value": {"count": "biosample_set", "query": {"type": "nmdc:Biosample"}},
    },
    "collStats": {
        "summary": "How large a collection is",
        "value": {"collStats": "biosample_set"},
    },
    "aggregate": {
        "summary": "Biosamples of each study, greatest to least",
        "value": {
            "aggregate": "biosample_set",
            "pipeline": [
                {"$unwind": "$associated_studies"},
                {"$sortByCount": "$associated_studies"},
            ],
        },
    },
    "getMore": {
        "summary": "Go on: a `cursor.id` that nobody was given is 400",
        "value": {"getMore": "nmdc:sys0-from-the-answer-before"},
    },
    "update": {
        "summary": "Describe a study: 418 if there is none of this id",
        "value": {
            "update": "study_set",
            "updates": [
                {"q": {"id": "nmdc:sty-11-absent00"}, "u": {"$set": {"description": "A study."}}}
            ],
        },
    },
    "delete": {
        "summary": "Delete a biosample: 418 if there is none of this id",
        "value": {
            "delete": "biosample_set",
            "deletes": [{"q": {"id": "nmdc:bsm-11-absent00"}, "limit": 1}],
        },
    },
}


async def query_runner(request: Request) -> QueryRunner:
    """Return the runner this application was wired with."""
    runner: QueryRunner = request.app.state.reads.queries
    return runner


@router.post(
    "/queries:run",
    response_model=AnyResponse,
    response_model_exclude_unset=True,
    summary="Run a MongoDB command",
)
async def run_query(
    caller: CallingUser,
    command: Annotated[
        AnyCommand,
        Body(description="One command, as MongoDB has it.", openapi_examples=EXAMPLES),
    ],
    visible: WhatIsVisible,
    runner: Annotated[QueryRunner, Depends(query_runner)],
    allow_broken_refs: Annotated[
        bool,
        Query(
            description="Let an update or delete leave references that lead nowhere; the answer "
            "lists them as `warnings`.",
            examples=[False],
        ),
    ] = False,
) -> Response:
    """Find, count, aggregate, update or delete documents by a MongoDB command.

    Everybody who is logged in may `find`, `count` and `collStats` documents of the schema's
    collections and `alldocs`. `aggregate` takes the permission
    `/queries:run(query_cmd:AggregateCommand)`; `update` and `delete` take
    `/queries:run(query_cmd:DeleteCommand)`, and happen as a whole or not at all; they are listed
    by `GET /metadata/submissions`, and can be undone there. Documents are Extended JSON. If
    `cursor.id` is not null, send it as `getMore` for the next batch, as often as you like; an
    answer has at most about 16 MB.
    """
    answer = await runner.run(
        command, caller, visibility=visible, allow_broken_refs=allow_broken_refs
    )
    return Response(answer, media_type="application/json")
