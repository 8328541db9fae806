"""The route ``/admin/data_object_urls``: a report for administrators, sent while it is made."""

import csv
import io
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response

from nmdc_runtime.find.reads import FindReads
from nmdc_runtime.find.router import Finder
from nmdc_runtime.web.auth import Caller, CallingUser, Rules
from nmdc_runtime.web.streams import ClosingStream

#: The permission, a member of `nmdc_runtime.allowances.models.AllowanceAction`.
MANAGE_USERS: Final = "/admin/users"
REFUSAL: Final = "Only Runtime admins can get the URLs of data objects."
TSV: Final = "text/tab-separated-values; charset=utf-8"
ATTACHED: Final = {"Content-Disposition": 'attachment; filename="data-object-urls.tsv"'}

router = APIRouter(prefix="/admin", tags=["Metadata access"])


def url_reader(caller: CallingUser, rules: Rules) -> Caller:
    """Return the caller, who is a Runtime admin, or refuse with 403."""
    rules.check_allowed(caller, MANAGE_USERS, refusal=REFUSAL)
    return caller


@router.get(
    "/data_object_urls",
    name="Get Data Object URLs",
    responses={
        200: {"content": {"text/tab-separated-values": {}}},
        204: {"description": "There is no such URL."},
        403: {"description": "The caller is no Runtime admin."},
    },
)
async def get_data_object_urls(
    _caller: Annotated[Caller, Depends(url_reader)],
    service: Finder,
    prefix: Annotated[
        str,
        Query(
            description="What the URLs begin with, letter for letter; empty: all of them.",
            openapi_examples={
                "usual": {"summary": "the files of one host", "value": "https://data.example.org/"}
            },
        ),
    ] = "",
) -> Response:
    """Return the URLs of the data objects that workflow executions have put out.

    One a line, sorted, each once. Takes the permission `/admin/users`.
    """
    lines = _lines(service.reads, prefix)
    first = await anext(lines, None)
    if first is None:
        return Response(status_code=204)
    return ClosingStream(_behind(first, lines), media_type=TSV, headers=ATTACHED)


async def _lines(reads: FindReads, prefix: str) -> AsyncGenerator[bytes, None]:
    async with aclosing(reads.data_object_urls(prefix)) as found:
        async for urls in found:
            text = io.StringIO()
            csv.writer(text, delimiter="\t", lineterminator="\n").writerows([url] for url in urls)
            yield text.getvalue().encode()


async def _behind(first: bytes, lines: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(lines):
        yield first
        async for part in lines:
            yield part
