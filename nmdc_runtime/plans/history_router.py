"""The route that tells the history of a document; HTTP to one call and back.

Any user or site client may read it: what documents are and were is public, who changed them is
not, so a token is asked for.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from nmdc_runtime.mongo.documents import to_json
from nmdc_runtime.plans.history import HistoryService
from nmdc_runtime.plans.models import DocumentVersion
from nmdc_runtime.web.auth import CallingUser
from nmdc_runtime.web.paging import DEFAULT_PAGE_SIZE, JSON, Doc, ListResponse, sent_text
from nmdc_runtime.web.tokens import SignedTokens

router = APIRouter(tags=["Metadata access"])


async def history_service(request: Request) -> HistoryService:
    """Return the service this application was wired with."""
    service: HistoryService = request.app.state.services.histories
    return service


async def signed_tokens(request: Request) -> SignedTokens:
    """Return what makes the tokens of this application."""
    tokens: SignedTokens = request.app.state.services.tokens
    return tokens


Histories = Annotated[HistoryService, Depends(history_service)]
Tokens = Annotated[SignedTokens, Depends(signed_tokens)]
PageSize = Annotated[
    int,
    Query(
        description="How many to return at most. Below 1: all of them.",
        examples=[DEFAULT_PAGE_SIZE],
    ),
]
PageToken = Annotated[
    str | None,
    Query(
        description="The `next_page_token` of the page before; empty: the first page.",
        examples=[""],
    ),
]


@router.get(
    "/nmdcschema/{collection_name}/{doc_id}/history",
    response_model=ListResponse[DocumentVersion] | Doc,
    summary="Tell the history of a document",
)
def get_document_history(
    *,
    collection_name: Annotated[
        str,
        Path(description="The name of a collection of the schema.", examples=["study_set"]),
    ],
    doc_id: Annotated[
        str, Path(description="The `id` of a document.", examples=["nmdc:sty-11-34xj1150"])
    ],
    caller: CallingUser,
    histories: Histories,
    tokens: Tokens,
    version: Annotated[
        int | None,
        Query(description="Answer the document as this version left it.", examples=[1]),
    ] = None,
    max_page_size: PageSize = DEFAULT_PAGE_SIZE,
    page_token: PageToken = None,
) -> Response:
    """Tell who changed a document and when, by which submission, and how: oldest first.

    Each version has a JSON Patch (RFC 6902) from the one before. A document that is deleted still
    has a history. Changes that were made outside of the Runtime show as `unrecorded`.
    """
    if version is not None:
        document = histories.document_at(collection_name, doc_id, version)
        return Response(to_json(document), media_type=JSON)
    scope = ("history", collection_name, doc_id)
    token = sent_text(page_token)
    skip = int(tokens.read(token, scope=scope)["skip"]) if token else 0
    found, has_more = histories.versions(collection_name, doc_id, size=max_page_size, skip=skip)
    rest = tokens.issue({"skip": skip + len(found)}, scope=scope) if has_more else None
    answer = {"resources": [each.model_dump() for each in found], "next_page_token": rest}
    return Response(to_json(answer, zoned=True), media_type=JSON)
