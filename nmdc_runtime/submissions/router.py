"""The route that takes metadata in; HTTP to one service call and back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from nmdc_runtime.allowances.models import AllowanceAction
from nmdc_runtime.plans.models import PlanAnswer
from nmdc_runtime.submissions.errors import SUBMIT_REFUSAL
from nmdc_runtime.submissions.models import SubmitAnswer, SubmitDetail
from nmdc_runtime.submissions.service import SubmissionService
from nmdc_runtime.web.auth import CallingUser, Rules
from nmdc_runtime.web.bodies import DOCUMENTS_BODY, DocumentsBody, unreadable_as_malformed
from nmdc_runtime.web.idempotency import IdempotencyKey

router = APIRouter(prefix="/metadata", tags=["Metadata access"])


async def submission_service(request: Request) -> SubmissionService:
    """Return the service this application was wired with."""
    service: SubmissionService = request.app.state.services.submissions
    return service


@router.post(
    "/json:submit", name="Submit JSON", summary="Submit metadata", openapi_extra=DOCUMENTS_BODY
)
def submit_json_nmdcdb(
    *,
    caller: CallingUser,
    body: DocumentsBody,
    submissions: Annotated[SubmissionService, Depends(submission_service)],
    rules: Rules,
    dry_run: Annotated[
        bool,
        Query(
            description="Only check, and tell what would be inserted and replaced, with a JSON "
            "Patch of each document that would be replaced. Nothing is stored.",
            examples=[True],
        ),
    ] = False,
    idempotency_key: IdempotencyKey = None,
) -> SubmitAnswer | PlanAnswer:
    """Submit documents, which a run then inserts or replaces: all of them or none.

    The body is an `nmdc:Database` (collection names with lists of documents), or a document a line
    (`application/x-ndjson`), which is stored as such an object. References are checked against
    the database and the body. Follow the run at `/runs/{run_id}`. Sending the
    same body again before its run is complete gives the same run.
    """
    rules.check_allowed(caller, AllowanceAction.SUBMIT_JSON, refusal=SUBMIT_REFUSAL)
    with unreadable_as_malformed(), submissions.metadata.telling_lines(body):
        content = submissions.metadata.as_json(body)
        if dry_run:
            return PlanAnswer(detail=submissions.preview(content))
        run_id = submissions.submit(
            content, username=caller.username, idempotency_key=idempotency_key
        )
    return SubmitAnswer(detail=SubmitDetail(run_id=run_id))
