"""Routes of workflow executions under ``/workflows``; HTTP to one service call and back."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends, Path, Query, Request

from nmdc_runtime.allowances.models import AllowanceAction
from nmdc_runtime.web.auth import CallingSite, CallingUser, Rules
from nmdc_runtime.web.bodies import DocumentsBody, unreadable_as_malformed
from nmdc_runtime.web.idempotency import IdempotencyKey
from nmdc_runtime.workflow_executions.assembly import WorkflowExecutions
from nmdc_runtime.workflow_executions.errors import DELETE_REFUSAL, SUBMIT_REFUSAL
from nmdc_runtime.workflow_executions.models import DeleteResponse, SubmitAnswer

router = APIRouter(prefix="/workflows", tags=["Workflow management"])

DEPRECATED: Final = "DEPRECATED: POST your request to `/workflows/workflow_executions` instead."
_QC: Final = {
    "id": "nmdc:wfrqc-11-example0.1",
    "type": "nmdc:ReadQcAnalysis",
    "name": "Read QC of an example",
    "git_url": "https://github.com/microbiomedata/ReadsQC",
    "version": "v1.0.2",
    "started_at_time": "2026-11-23T12:00:00Z",
    "was_informed_by": ["nmdc:dgns-11-example0"],
    "has_input": ["nmdc:dobj-11-example0"],
    "has_output": ["nmdc:dobj-11-example1"],
    "execution_resource": "NERSC-Perlmutter",
    "processing_institution": "NMDC",
}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "An `nmdc:Database`: collection names with lists of documents, "
        "`workflow_execution_set` among them. `Content-Encoding` may be `gzip`, `zstd` or "
        "`deflate`.",
        "content": {
            "application/json": {
                "schema": {"type": "object", "additionalProperties": True, "title": "Body"},
                "examples": {
                    "nothing": {
                        "summary": "No executions: nothing to do",
                        "value": {"workflow_execution_set": []},
                    },
                    "dangling": {
                        "summary": "An execution, of data that are not there (422)",
                        "value": {"workflow_execution_set": [_QC]},
                    },
                },
            }
        },
    }
}


async def workflow_executions(request: Request) -> WorkflowExecutions:
    """Return what this application was wired with."""
    services: WorkflowExecutions = request.app.state.services.workflow_executions
    return services


Executions = Annotated[WorkflowExecutions, Depends(workflow_executions)]


@router.post(
    "/activities",
    status_code=HTTPStatus.GONE,
    deprecated=True,
    summary="Submit activities (gone)",
)
def post_activity(
    site: CallingSite,
    activity_set: Annotated[
        dict[str, Any],
        Body(
            description="What used to be a set of activities; it is not looked at.",
            openapi_examples={
                "any": {
                    "summary": "Whatever is sent: 401 for a user, 410 for a site client",
                    "value": {},
                }
            },
        ),
    ],
) -> Any:  # noqa: ANN401 (published as any JSON value)
    """Say where activities go now. Use `POST /workflows/workflow_executions`."""
    return DEPRECATED


@router.post(
    "/workflow_executions",
    response_model_exclude_none=True,
    summary="Submit workflow executions",
    openapi_extra=_BODY,
)
def post_workflow_execution(
    *,
    caller: CallingUser,
    body: DocumentsBody,
    executions: Executions,
    rules: Rules,
    dry_run: Annotated[
        bool,
        Query(
            description="Change nothing, and answer what would be inserted and superseded.",
            examples=[True],
        ),
    ] = False,
    idempotency_key: IdempotencyKey = None,
) -> SubmitAnswer:
    """Insert workflow executions and any other documents: all of them or none.

    The body is checked as `/metadata/json:validate` does. The number behind the last full stop of
    an execution's id is its run: a newer run supersedes the one before it, and what that has made
    (`superseded_by`), in whatever order they are submitted.

    Documents that are stored already just as they are sent are left alone, so a request may be
    sent again. If they differ from what is stored the answer is 409, with their ids.
    """
    rules.check_allowed(caller, AllowanceAction.SUBMIT_JSON, refusal=SUBMIT_REFUSAL)
    with unreadable_as_malformed():
        return executions.taking_in.submit(
            body, username=caller.username, dry_run=dry_run, idempotency_key=idempotency_key
        )


@router.delete(
    "/workflow_executions/{workflow_execution_id}",
    summary="Delete a workflow execution and what depends on it",
)
def delete_workflow_execution(
    workflow_execution_id: Annotated[
        str,
        Path(
            description="The execution's id, with its run number.",
            openapi_examples={
                "absent": {"summary": "None of this id (404)", "value": "nmdc:wfrqc-11-absent00.1"}
            },
        ),
    ],
    caller: CallingUser,
    executions: Executions,
    rules: Rules,
    dry_run: Annotated[
        bool,
        Query(
            description="Delete nothing, and answer what would be deleted.",
            examples=[False],
        ),
    ] = False,
) -> DeleteResponse:
    """Delete an execution, all downstream of it, what they made, and their jobs: all or nothing.

    Inputs stay, and so do data objects that another process has made, too. Superseded executions
    stay; what the deleted ones superseded is superseded by the next newer one, if there is one.
    Operations by which sites hold deleted jobs are closed as cancelled.
    """
    rules.check_allowed(caller, AllowanceAction.DELETE_BY_QUERY, refusal=DELETE_REFUSAL)
    return executions.deletion.delete(workflow_execution_id, dry_run=dry_run)
