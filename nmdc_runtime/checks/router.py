"""Routes under ``/admin/checks``; HTTP to one call and back."""

from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Request, Response

from nmdc_runtime.checks.models import CheckReport, CheckSummary
from nmdc_runtime.checks.reads import NEWEST_FIRST, CheckReads
from nmdc_runtime.mongo.documents import to_json
from nmdc_runtime.web.auth import Caller, CallingUser, Rules
from nmdc_runtime.web.paging import JSON, ListParameters, ListResponse, list_response

#: The permission, a member of `nmdc_runtime.allowances.models.AllowanceAction`.
READ_AUDIT: Final = "/admin/audit"
REFUSAL: Final = "Only admin users can read reports of checks."

router = APIRouter(prefix="/admin", tags=["System administration"])


async def check_reads(request: Request) -> CheckReads:
    """Return the reads this application was wired with."""
    reads: CheckReads = request.app.state.reads.checks
    return reads


def check_reader(caller: CallingUser, rules: Rules) -> Caller:
    """Return the caller, who may read reports, or refuse with 403."""
    rules.check_allowed(caller, READ_AUDIT, refusal=REFUSAL)
    return caller


CheckReader = Annotated[Caller, Depends(check_reader)]
Reads = Annotated[CheckReads, Depends(check_reads)]


@router.get("/checks", response_model=ListResponse[CheckSummary], summary="List checks of the data")
async def list_checks(
    request: Request, caller: CheckReader, query: ListParameters, reads: Reads
) -> Response:
    """List what looked through the data, newest first: checks, backups, restore drills, sweeps.

    Narrow the list by `filter`, e.g. `{"kind": "check_nmdcdb"}` or `{"outcome": "problems"}`.
    Takes the permission `/admin/audit`.
    """
    newest_first = replace(query, sort=NEWEST_FIRST)
    return await list_response(request, reads.listing(), newest_first, caller=caller, zoned=True)


@router.get("/checks/{check_id}", response_model=CheckReport, summary="Get a check of the data")
async def get_check(
    check_id: Annotated[
        str,
        Path(
            description="Id of a check, as the list of checks has it.",
            openapi_examples={"none": {"summary": "No such check (404)", "value": "none"}},
        ),
    ],
    caller: CheckReader,
    reads: Reads,
) -> Response:
    """Tell what a check found, by collection, with the first problems of each.

    Takes the permission `/admin/audit`.
    """
    return Response(to_json(await reads.get(check_id), zoned=True), media_type=JSON)
