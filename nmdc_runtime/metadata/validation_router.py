"""The route that checks metadata without changing anything; HTTP to one service call and back."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request, Response

from nmdc_runtime.metadata.errors import published_result
from nmdc_runtime.metadata.service import MetadataService
from nmdc_runtime.web.bodies import JSON_OBJECT_BODY, RawBody, unreadable_as_malformed

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
    openapi_extra=JSON_OBJECT_BODY,
)
def validate_json_nmdcdb(
    body: RawBody, metadata: Annotated[MetadataService, Depends(metadata_service)]
) -> Response:
    """Check documents against the schema, each other and the database; nothing is stored.

    The body is an `nmdc:Database`: collection names with lists of documents. The answer is
    `{"result":"All Okay!"}`, or the problems of each collection.
    """
    with unreadable_as_malformed():
        report, keys = metadata.report(body)
    result = published_result(report, keys=keys)
    # Clients compare the text of a good answer byte for byte: compact, and nothing added.
    return Response(orjson.dumps(result), media_type="application/json")
