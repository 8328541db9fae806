"""Routes of linked instances; the published switch can leave them out."""

from collections.abc import AsyncGenerator, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from nmdc_runtime.graph.linked import Linked, mark
from nmdc_runtime.graph.linked_query import (
    PUBLISHED_IDS,
    LinkedInstancesSearch,
    PageAsked,
    linked_query,
    page_asked,
)
from nmdc_runtime.graph.reads import BUILD, FRESH_AS_OF, GraphReads, freshness
from nmdc_runtime.mongo.documents import to_json
from nmdc_runtime.web.paging import JSON, Doc, ListResponse
from nmdc_runtime.web.streams import ClosingStream
from nmdc_runtime.web.tokens import SignedTokens

linked_router = APIRouter(prefix="/nmdcschema", tags=["Metadata access"])

#: Pages up to this size are sent in one piece; of larger ones so many are in memory at once.
AT_ONCE: Final = 1_000

NOT_FOUND: Final = {"description": "There is no document with one of the ids, or no such class."}
#: What every answer from the graph says about itself, for OpenAPI.
FRESHNESS: Final[dict[str, Any]] = {
    FRESH_AS_OF: {
        "description": "All writes up to this moment (UTC) are in the answer; `unknown` if the "
        "graph was built by another Runtime.",
        "schema": {"type": "string"},
    },
    BUILD: {"description": "Which build of the graph it is from.", "schema": {"type": "string"}},
}
NOT_BUILT: Final = {"description": "The link graph was never built; the answer says what to run."}


async def graph_reads(request: Request) -> GraphReads:
    """Return the reads this application was wired with."""
    reads: GraphReads = request.app.state.reads.graph
    return reads


Reads = Annotated[GraphReads, Depends(graph_reads)]


@linked_router.get(
    "/linked_instances",
    response_model=ListResponse[Doc],
    responses={200: {"headers": FRESHNESS}, 404: NOT_FOUND, 503: NOT_BUILT},
    openapi_extra={"parameters": [PUBLISHED_IDS]},
    summary="List what lies upstream and downstream of documents",
)
async def get_linked_instances(
    request: Request,
    query: Annotated[LinkedInstancesSearch, Depends(linked_query)],
    reads: Reads,
) -> Response:
    """Return all instances that are linked to any of the given ones, however far away.

    **Upstream** is what an instance originated from: a study is upstream of its biosamples.
    **Downstream** is what came out of it. An instance of the answer has `_upstream_of`: those of
    `ids` that it is upstream of; or `_downstream_of`; or both. A given instance is in the answer
    only if it is linked to another given one.

    Instances come in the order of their ids, a page at a time. As long as the answer has a
    `next_page_token`, there are more: send it as `page_token`.
    """
    return await _answer(request, query, reads)


@linked_router.post(
    "/linked_instances:search",
    response_model=ListResponse[Doc],
    responses={200: {"headers": FRESHNESS}, 404: NOT_FOUND, 503: NOT_BUILT},
    summary="List what lies upstream and downstream of many documents",
)
async def search_linked_instances(
    request: Request, query: LinkedInstancesSearch, reads: Reads
) -> Response:
    """Return the same as `GET /nmdcschema/linked_instances`, for ids too many for a URL."""
    return await _answer(request, query, reads)


async def _answer(request: Request, query: LinkedInstancesSearch, reads: GraphReads) -> Response:
    tokens: SignedTokens = request.app.state.services.tokens
    asked = page_asked(query, tokens)
    linked = await reads.linked.find(asked.question, since=asked.since)
    page = linked.page(asked.size, after=asked.after)
    ending = _ending(asked, linked, page, tokens)
    headers = freshness(linked.state)
    if len(page) <= AT_ONCE:
        resources = await reads.linked.resources(linked, page, hydrate=asked.hydrate)
        body = b'{"resources":' + to_json(resources) + ending
        return Response(body, media_type=JSON, headers=headers)

    async def parts() -> AsyncGenerator[bytes, None]:
        lead = b'{"resources":['
        for first in range(0, len(page), AT_ONCE):
            some = page[first : first + AT_ONCE]
            resources = await reads.linked.resources(linked, some, hydrate=asked.hydrate)
            if resources:
                yield lead + to_json(resources)[1:-1]
                lead = b","
        yield (b"" if lead == b"," else lead) + b"]" + ending

    return ClosingStream(parts(), media_type=JSON, headers=headers)


def _ending(asked: PageAsked, linked: Linked, page: Sequence[str], tokens: SignedTokens) -> bytes:
    """Return the end of the answer, with the token of the next page if there is one."""
    if not page or page[-1] == linked.ids[-1]:
        return b"}"
    token = asked.token(tokens, after=page[-1], mark=mark(linked.state))
    return b',"next_page_token":' + to_json(token) + b"}"
