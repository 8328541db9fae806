"""Routes under ``/nmdcschema``: documents of the schema's collections, as the database has them."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends, Path, Query, Request, Response

from nmdc_runtime.metadata.formats import Format
from nmdc_runtime.metadata.lists import answer_list, answer_search
from nmdc_runtime.metadata.models import SearchIn
from nmdc_runtime.metadata.reads import MetadataReads
from nmdc_runtime.mongo.documents import Document, to_json
from nmdc_runtime.mongo.projections import parse_projection
from nmdc_runtime.schema.registry import SchemaRegistry
from nmdc_runtime.web.etags import versioned
from nmdc_runtime.web.paging import Doc, ListParameters, ListResponse, sent_text
from nmdc_runtime.web.visibility import WhatIsVisible

router = APIRouter(prefix="/nmdcschema", tags=["Metadata access"])


async def metadata_reads(request: Request) -> MetadataReads:
    """Return the reads this application was wired with."""
    reads: MetadataReads = request.app.state.reads.metadata
    return reads


async def schema_registry(request: Request) -> SchemaRegistry:
    """Return the schema this application was wired with."""
    registry: SchemaRegistry = request.app.state.services.registry
    return registry


Reads = Annotated[MetadataReads, Depends(metadata_reads)]
Registry = Annotated[SchemaRegistry, Depends(schema_registry)]


DocumentId = Annotated[
    str,
    Path(description="The `id` of a document.", examples=["nmdc:sty-11-34xj1150"]),
]
CollectionName = Annotated[
    str,
    Path(description="The name of a collection of the schema.", examples=["study_set"]),
]
#: What a list can be had in beside JSON.
_FORMATS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {
            each.value: {"schema": {"type": "string", "format": "binary"}}
            for each in Format
            if each is not Format.JSON
        }
    }
}


@router.get("/version", response_model=str, summary="Tell the schema's version")
async def get_nmdc_schema_version(request: Request, registry: Registry) -> Response:
    """Return the version of nmdc-schema by which this hub checks metadata."""
    return versioned(request, to_json(registry.version))


@router.get("/typecodes", response_model=list[dict[str, str]], summary="List typecodes")
async def get_nmdc_schema_typecodes(request: Request, registry: Registry) -> Response:
    """Return, for each class whose ids have one, the typecode of its new ids."""
    return versioned(request, to_json(registry.typecodes()))


@router.get(
    "/collection_stats", response_model=list[Doc], summary="Tell the sizes of the collections"
)
async def get_nmdc_database_collection_stats(reads: Reads) -> list[Document]:
    """Return numbers of documents and bytes of each collection that exists, sorted by name."""
    return await reads.collection_stats()


@router.get("/ids/{doc_id}", response_model=Doc, summary="Get a document by its id alone")
async def get_by_id(request: Request, doc_id: DocumentId, reads: Reads) -> Response:
    """Return the document that has this id, whichever collection holds it."""
    return versioned(request, to_json(await reads.get_anywhere(doc_id)))


@router.get("/ids/{doc_id}/collection-name", summary="Tell which collection holds a document")
async def get_collection_name_by_doc_id(doc_id: DocumentId, reads: Reads) -> dict[str, str]:
    """Return the name of the collection that holds the document with this id."""
    return {"id": doc_id, "collection_name": await reads.collection_name_of(doc_id)}


@router.get(
    "/collection_names", response_model=list[str], summary="List the names of the collections"
)
async def get_collection_names(request: Request, registry: Registry) -> Response:
    """Return the names of the schema's collections, sorted."""
    return versioned(request, to_json(list(registry.collection_names)))


@router.get(
    "/{collection_name}",
    response_model=ListResponse[Doc],
    responses=_FORMATS,
    summary="List documents of a collection",
)
async def list_from_collection(
    request: Request,
    collection_name: CollectionName,
    query: ListParameters,
    visible: WhatIsVisible,
    reads: Reads,
) -> Response:
    """Return documents of a collection in the order of their ids, a page at a time.

    As long as the answer has a `next_page_token`, there are more: send it as `page_token`.

    With `Accept: application/x-ndjson`, `text/csv`, `text/tab-separated-values` or
    `application/vnd.apache.parquet`, the answer is a file with **all** that the filter finds, and
    `max_page_size` limits it only if it is sent. In tables, objects and lists are JSON in one cell.
    Name attributes in `projection` to choose the columns; dotted names reach into objects.
    """
    return await answer_list(request, reads, collection_name, query, visible)


@router.post(
    "/{collection_name}:search",
    response_model=ListResponse[Doc],
    responses=_FORMATS,
    summary="Search a collection",
)
async def search_collection(
    request: Request,
    collection_name: CollectionName,
    visible: WhatIsVisible,
    reads: Reads,
    search: Annotated[SearchIn | None, Body(description="What to find.")] = None,
) -> Response:
    """Return documents of a collection, as its list does, for what is too long for a URL.

    The filter is an object, the order may be chosen, and `Accept` chooses the format likewise.
    """
    return await answer_search(request, reads, collection_name, search or SearchIn(), visible)


@router.get(
    "/{collection_name}/{doc_id}", response_model=Doc, summary="Get a document of a collection"
)
async def get_from_collection_by_id(
    request: Request,
    collection_name: CollectionName,
    doc_id: DocumentId,
    reads: Reads,
    projection: Annotated[
        str | None,
        Query(
            description="Which attributes: names between commas, or a JSON array or object. "
            "`id` only comes along if it is named.",
            examples=["id,name"],
        ),
    ] = None,
) -> Response:
    """Return the document of this collection that has this id."""
    shown = parse_projection(sent_text(projection))
    return versioned(request, to_json(await reads.get(collection_name, doc_id, shown)))
