"""Routes under ``/nmdcschema``: documents of the schema's collections, as the database has them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from nmdc_runtime.metadata.reads import MetadataReads
from nmdc_runtime.mongo.projections import parse_projection
from nmdc_runtime.schema.registry import SchemaRegistry
from nmdc_runtime.web.paging import (
    Doc,
    ListParameters,
    ListResponse,
    document_response,
    list_response,
)

router = APIRouter(prefix="/nmdcschema", tags=["Metadata access"])


async def metadata_reads(request: Request) -> MetadataReads:
    """Return the reads this application was wired with."""
    reads: MetadataReads = request.app.state.reads.metadata
    return reads


def schema_registry(request: Request) -> SchemaRegistry:
    """Return the schema this application was wired with."""
    registry: SchemaRegistry = request.app.state.services.registry
    return registry


Reads = Annotated[MetadataReads, Depends(metadata_reads)]
Registry = Annotated[SchemaRegistry, Depends(schema_registry)]


@router.get("/version", summary="Tell the schema's version")
async def get_nmdc_schema_version(registry: Registry) -> str:
    """Return the version of nmdc-schema by which this hub checks metadata."""
    return registry.version


@router.get("/ids/{doc_id}", response_model=Doc, summary="Get a document by its id alone")
async def get_by_id(doc_id: str, reads: Reads) -> Response:
    """Return the document that has this id, whichever collection holds it."""
    return document_response(await reads.get_anywhere(doc_id))


@router.get("/collection_names", summary="List the names of the collections")
async def get_collection_names(registry: Registry) -> list[str]:
    """Return the names of the schema's collections, sorted."""
    return list(registry.collection_names)


@router.get(
    "/{collection_name}", response_model=ListResponse[Doc], summary="List documents of a collection"
)
async def list_from_collection(
    request: Request, collection_name: str, query: ListParameters, reads: Reads
) -> Response:
    """Return documents of a collection in the order of their ids, a page at a time.

    As long as the answer has a `next_page_token`, there are more: send it as `page_token`.
    """
    return await list_response(request, reads.listing(collection_name), query)


@router.get(
    "/{collection_name}/{doc_id}", response_model=Doc, summary="Get a document of a collection"
)
async def get_from_collection_by_id(
    collection_name: str,
    doc_id: str,
    reads: Reads,
    projection: Annotated[
        str | None,
        Query(
            description="Which attributes: names between commas, or a JSON array or object. "
            "`id` only comes along if it is named."
        ),
    ] = None,
) -> Response:
    """Return the document of this collection that has this id."""
    document = await reads.get(collection_name, doc_id, parse_projection(projection))
    return document_response(document)
