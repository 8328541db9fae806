"""The two ways to list a collection, by URL and by body, in all formats."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final

import anyio.to_thread
from fastapi import Request, Response

from nmdc_runtime.metadata.errors import SortRefused
from nmdc_runtime.metadata.exporting import export_response
from nmdc_runtime.metadata.formats import Format, wanted_format
from nmdc_runtime.metadata.models import SearchIn
from nmdc_runtime.metadata.reads import MetadataReads
from nmdc_runtime.metadata.visibility import omission
from nmdc_runtime.mongo.filters import ClientFilter, read_filter
from nmdc_runtime.mongo.listing import Listing
from nmdc_runtime.mongo.sorting import SortKeys
from nmdc_runtime.web.paging import ListQuery, list_response, sent_text
from nmdc_runtime.web.visibility import Visibility

CHOICES: Final = ("include_superseded", "include_failed")
#: A longer filter takes milliseconds to check: in a thread, so that others are served meanwhile.
LONG_BODY: Final = 50_000


async def answer_list(
    request: Request,
    reads: MetadataReads,
    collection_name: str,
    query: ListQuery,
    visible: Visibility,
) -> Response:
    """Answer `GET /nmdcschema/{collection_name}`."""
    listing = reads.listing(collection_name)
    complete = replace(
        query, omission=omission(collection_name, visible), chose_omission=_chose(request)
    )
    return await _answer(request, reads, listing, complete, zoned=False)


async def answer_search(
    request: Request,
    reads: MetadataReads,
    collection_name: str,
    search: SearchIn,
    visible: Visibility,
) -> Response:
    """Answer `POST /nmdcschema/{collection_name}:search`."""
    listing = reads.listing(collection_name)
    projection = search.projection
    query = ListQuery(
        filter=await _checked(request, search, hidden=listing.hidden),
        max_page_size=search.max_page_size,
        page_token=sent_text(search.page_token),
        projection=sent_text(projection if isinstance(projection, str) else json.dumps(projection)),
        sort=None if search.sort is None else sort_keys(search.sort, key=listing.key),
        omission=omission(collection_name, visible),
        chose_omission=_chose(request),
    )
    return await _answer(request, reads, listing, query, zoned=True)


def sort_keys(sort: Mapping[str, int], *, key: str) -> SortKeys:
    """Return a total order; empty is that of the list's key.

    Parameters
    ----------
    sort
        Attribute → 1 or -1, the most important first.
    key
        What makes the order total. What a client names behind it changes nothing.

    Raises
    ------
    SortRefused
        A name is none that a document could have.
    """
    keys: list[tuple[str, int]] = []
    for name, direction in sort.items():
        if "\0" in name or any("\ud800" <= character <= "\udfff" for character in name):
            raise SortRefused(f"Given `sort` has a name nothing can have: {name!r}")
        keys.append((name, direction))
        if name == key:
            break
    else:
        keys.append((key, 1))
    return () if keys == [(key, 1)] else tuple(keys)


async def _answer(
    request: Request, reads: MetadataReads, listing: Listing, query: ListQuery, *, zoned: bool
) -> Response:
    format = wanted_format(request.headers.get("accept"))
    if format is not Format.JSON:
        columns = partial(reads.columns, listing.collection.name)
        return await export_response(request, listing, query, format=format, columns=columns)
    response = await list_response(request, listing, query, zoned=zoned)
    response.headers["Vary"] = "Accept"
    return response


async def _checked(
    request: Request, search: SearchIn, *, hidden: frozenset[str]
) -> ClientFilter | None:
    if search.filter is None:
        return None
    if int(request.headers.get("content-length", LONG_BODY)) < LONG_BODY:
        return read_filter(search.filter, hidden=hidden)
    return await anyio.to_thread.run_sync(partial(read_filter, search.filter, hidden=hidden))


def _chose(request: Request) -> bool:
    return any(name in request.query_params for name in CHOICES)
