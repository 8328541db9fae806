"""The route that checks metadata without changing anything; HTTP to one service call and back."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from nmdc_runtime.metadata.errors import listed_problems, published_result
from nmdc_runtime.metadata.service import MetadataService
from nmdc_runtime.web.bodies import DOCUMENTS_BODY, DocumentsBody, unreadable_as_malformed

router = APIRouter(prefix="/metadata", tags=["Metadata access"])


async def metadata_service(request: Request) -> MetadataService:
    """Return the service this application was wired with."""
    service: MetadataService = request.app.state.services.metadata
    return service


@router.post(
    "/json:validate",
    name="Validate JSON",
    summary="Check metadata without storing it",
    response_model=dict[str, Any],
    openapi_extra=DOCUMENTS_BODY,
)
def validate_json_nmdcdb(
    body: DocumentsBody,
    metadata: Annotated[MetadataService, Depends(metadata_service)],
    answer_format: Annotated[
        str,
        Query(
            alias="format",
            description="`problems`: answer with one list of problems, each with its place, what "
            "was expected and found, and a hint. Anything else: messages by collection.",
            openapi_examples={"problems": {"summary": "for programs", "value": "problems"}},
        ),
    ] = "",
) -> Response:
    """Check documents against the schema, each other and the database; nothing is stored.

    The body is an `nmdc:Database` (collection names with lists of documents), or a document a line
    (`application/x-ndjson`). The answer is `{"result":"All Okay!"}`, or the problems of each
    collection.
    """
    with unreadable_as_malformed():
        verdict = metadata.validate(body)
    if answer_format == "problems":
        result = listed_problems(verdict.report)
    else:
        result = published_result(verdict.report, keys=verdict.keys)
    # Clients compare the text of a good answer byte for byte: compact, and nothing added.
    return Response(orjson.dumps(result), media_type="application/json")
