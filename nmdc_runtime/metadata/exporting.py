"""Whole lists as files: NDJSON, CSV, TSV and Parquet, sent while they are read.

An export has all that the filter finds, in the order of the list or of the client's sort. It is
read in key order by many queries, each under the time limit, so its length has no limit. Under a
sort it is one query, whose time limit counts until the server has sorted. Bytes flow at least every
five seconds. If reading fails on the way, the connection breaks: no file is complete by accident.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import Final

from fastapi import Request, Response

from nmdc_runtime.metadata.formats import Format
from nmdc_runtime.metadata.parquet import parquet_parts
from nmdc_runtime.metadata.tables import Column, Delimited, Table, named_columns
from nmdc_runtime.mongo.documents import Document, to_json
from nmdc_runtime.mongo.listing import Listing
from nmdc_runtime.mongo.projections import Projection
from nmdc_runtime.web.paging import ListQuery, begin_walk
from nmdc_runtime.web.streams import ClosingStream

#: Documents read and written at a time.
BATCH: Final = 500

Batches = AsyncGenerator[list[Document], None]
_MEDIA_TYPES: Final = {
    Format.CSV: "text/csv; charset=utf-8; header=present",
    Format.TSV: "text/tab-separated-values; charset=utf-8",
}
_DELIMITERS: Final = {Format.CSV: ",", Format.TSV: "\t"}


async def export_response(
    request: Request,
    listing: Listing,
    query: ListQuery,
    *,
    format: Format,
    columns: Callable[[], tuple[Column, ...]],
) -> Response:
    """Answer the whole list as a file.

    Parameters
    ----------
    request
        Its path binds a token to this list.
    listing
        What is listed.
    query
        What the client asked for. Only a page size that it sent limits the export; with a token it
        begins where that leads.
    format
        Any but JSON.
    columns
        Returns those of the whole documents, in order; asked only for a table.
    """
    whole = replace(query, max_page_size=query.max_page_size or 0)
    walk = begin_walk(request, listing, whole)
    walk = replace(walk, spec=replace(walk.spec, batch=BATCH))
    page = await walk.read()
    batches = page.batches()
    if format is Format.NDJSON:
        parts = _lines(batches)
    else:
        table = table_of(columns(), walk.spec.projection, key=listing.key)
        if format is Format.PARQUET:
            parts = parquet_parts(table, batches)
        else:
            parts = Delimited(table, delimiter=_DELIMITERS[format]).parts(batches)
    name = f"{listing.collection.name}.{format.suffix}"
    return ClosingStream(
        parts,
        media_type=_MEDIA_TYPES.get(format, format.value),
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Vary": "Accept"},
    )


def table_of(columns: tuple[Column, ...], projection: Projection, *, key: str) -> Table:
    """Return the columns that a projection leaves: those it names, or all but those it names."""
    if projection.excludes:
        hidden = set(projection.names) - {key}
        return Table(tuple(each for each in columns if each.name not in hidden))
    shown = list(projection.keyed(key))
    if key not in projection.names:
        shown.insert(0, shown.pop())
    names = [name for name in shown if name != "_id"]
    return Table(named_columns(names, columns), is_closed=True)


async def _lines(batches: Batches) -> AsyncGenerator[bytes, None]:
    async for batch in batches:
        yield await asyncio.to_thread(_as_lines, batch)


def _as_lines(batch: list[Document]) -> bytes:
    return b"".join(to_json(each, zoned=True) + b"\n" for each in batch)
