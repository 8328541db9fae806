"""Routes under ``/metadata/submissions``; HTTP to one call and back.

Any user or site client may read them: what documents are and were is public, who changed them is
not, so a token is asked for. Undoing is for administrators.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from nmdc_runtime.mongo.documents import to_json
from nmdc_runtime.plans.history import FIRST
from nmdc_runtime.plans.history_router import Histories, PageSize, PageToken, Tokens
from nmdc_runtime.plans.models import (
    ChangedDocument,
    PlanKind,
    PlanRecord,
    RevertAnswer,
    SubmissionDetail,
)
from nmdc_runtime.plans.reads import NEWEST_FIRST, PlanReads
from nmdc_runtime.plans.reverting import RevertService
from nmdc_runtime.web.auth import Caller, CallingUser, Rules
from nmdc_runtime.web.paging import (
    DEFAULT_PAGE_SIZE,
    JSON,
    ListParameters,
    ListResponse,
    list_response,
    sent_text,
)

#: The permission, a member of `nmdc_runtime.allowances.models.AllowanceAction`.
MANAGE_USERS: Final = "/admin/users"
REFUSAL: Final = "Only Runtime admins can revert submissions."
JOBS_STAY: Final = (
    "The documents come back; jobs that were deleted with the workflow execution do not."
)

router = APIRouter(tags=["Metadata access"])


async def plan_reads(request: Request) -> PlanReads:
    """Return the reads this application was wired with."""
    reads: PlanReads = request.app.state.reads.plans
    return reads


async def revert_service(request: Request) -> RevertService:
    """Return the service this application was wired with."""
    service: RevertService = request.app.state.services.reverts
    return service


def reverter(caller: CallingUser, rules: Rules) -> Caller:
    """Return the caller, who may undo submissions, or refuse with 403."""
    rules.check_allowed(caller, MANAGE_USERS, refusal=REFUSAL)
    return caller


SubmissionId = Annotated[
    str,
    Path(
        description="Id of a submission; of one that a run applied, it is the id of that run.",
        openapi_examples={"none": {"summary": "No such submission (404)", "value": "nmdc:sys0"}},
    ),
]


@router.get(
    "/metadata/submissions",
    response_model=ListResponse[PlanRecord],
    summary="List submissions of metadata",
)
async def list_submissions(
    request: Request,
    caller: CallingUser,
    query: ListParameters,
    reads: Annotated[PlanReads, Depends(plan_reads)],
) -> Response:
    """List what changed, or is to change, schema documents, newest first.

    Narrow the list by `filter`, e.g. `{"username": "alice"}`, `{"status": "failed"}`,
    `{"kind": "changesheet"}` or `{"created_at": {"$gte": {"$date": "2026-11-01T00:00:00Z"}}}`.
    """
    newest_first = replace(query, sort=NEWEST_FIRST)
    return await list_response(request, reads.listing(), newest_first, caller=caller, zoned=True)


@router.get("/metadata/submissions/{submission_id}", summary="Get a submission of metadata")
def get_submission(
    submission_id: SubmissionId, caller: CallingUser, histories: Histories
) -> SubmissionDetail:
    """Tell how a submission stands, how many documents it changed, and the first of them."""
    return histories.detail(submission_id)


@router.get(
    "/metadata/submissions/{submission_id}/changes",
    response_model=ListResponse[ChangedDocument],
    summary="List what a submission changed",
)
def list_submission_changes(
    *,
    submission_id: SubmissionId,
    caller: CallingUser,
    histories: Histories,
    tokens: Tokens,
    max_page_size: PageSize = DEFAULT_PAGE_SIZE,
    page_token: PageToken = None,
) -> Response:
    """Tell of each document what became of it, with the JSON Patch (RFC 6902), in order."""
    scope = ("submission changes", submission_id)
    place = FIRST
    if token := sent_text(page_token):
        seq, at = tokens.read(token, scope=scope)["place"]
        place = (seq, at)
    found = histories.changes(submission_id, place)

    def body() -> Iterator[bytes]:
        lead, left, rest = b"", max_page_size, None
        yield b'{"resources":['
        for some in found:
            shown = some[:left] if max_page_size > 0 else some
            left -= len(shown)
            if shown:
                yield lead + to_json([each.model_dump() for _, each in shown], zoned=True)[1:-1]
                lead = b","
            if len(shown) < len(some):
                rest = tokens.issue({"place": some[len(shown)][0]}, scope=scope)
                break
        yield b'],"next_page_token":' + to_json(rest) + b"}"

    return StreamingResponse(body(), media_type=JSON)


@router.post(
    "/metadata/submissions/{submission_id}:revert",
    response_model_exclude_none=True,
    summary="Undo a submission of metadata",
)
def revert_submission(
    submission_id: SubmissionId,
    caller: Annotated[Caller, Depends(reverter)],
    reverts: Annotated[RevertService, Depends(revert_service)],
    histories: Histories,
    dry_run: Annotated[
        bool, Query(description="Only tell what would be done.", examples=[True])
    ] = False,
) -> RevertAnswer:
    """Put the documents of a submission back as they were: all of them or none.

    What it inserted is deleted, what it replaced or deleted comes back byte for byte. If somebody
    changed one of the documents since, 409 tells which, and by which submission; if others came to
    name one that would vanish, 422 tells by whom. Reverting again answers the same revert. A revert
    is a submission itself, which can be reverted. Takes the permission `/admin/users`.
    """
    deleted_jobs = histories.plans.get(submission_id).kind is PlanKind.WORKFLOW_EXECUTION_DELETE
    note = JOBS_STAY if deleted_jobs else None
    if dry_run:
        return RevertAnswer(type="plan", detail=reverts.preview(submission_id), note=note)
    return RevertAnswer(type="success", detail=reverts.revert(submission_id), note=note)
