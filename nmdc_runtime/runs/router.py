"""Routes under ``/runs``; each turns HTTP into one service call and back."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Query, Request
from fastapi.exceptions import RequestValidationError

from nmdc_runtime.allowances.models import AllowanceAction
from nmdc_runtime.runs.models import RunEvent, RunEventIn, RunEventType, RunIn, RunSummary
from nmdc_runtime.runs.requesting import RunRequestService
from nmdc_runtime.runs.service import RunService
from nmdc_runtime.runs.workflows import START_REFUSAL, get_runnable
from nmdc_runtime.web.auth import CallingUser, Rules, TokenCaller
from nmdc_runtime.web.idempotency import IdempotencyKey
from nmdc_runtime.web.paging import ListResponse

router = APIRouter(prefix="/runs", tags=["Workflow management"])


async def run_service(request: Request) -> RunService:
    """Return the service this application was wired with."""
    service: RunService = request.app.state.services.runs
    return service


async def run_request_service(request: Request) -> RunRequestService:
    """Return the service this application was wired with."""
    service: RunRequestService = request.app.state.services.run_requests
    return service


Runs = Annotated[RunService, Depends(run_service)]
RunId = Annotated[
    str,
    Path(
        description="Id of a run, as `POST /runs` or a submission answers it.",
        openapi_examples={
            "unknown": {
                "summary": "The form of such an id; no run has this one (404)",
                "value": "nmdc:sys0pf75",
            }
        },
    ),
]
ReportedRunId = Annotated[str, Path(description="Id of a run.", examples=["nmdc:sys0pf75"])]
JobId = Annotated[
    str,
    Query(
        description="Id of the workflow to run: `metadata-in-1.0.0`, "
        "`export-study-biosamples-as-csv-1.0.0` or `gold_study_to_database`.",
        examples=["export-study-biosamples-as-csv-1.0.0"],
    ),
]
RunBody = Annotated[
    RunIn | None,
    Body(
        openapi_examples={
            "export": {"summary": "A study", "value": {"inputs": ["nmdc:sty-11-8fb6t785"]}}
        }
    ),
]
EventBody = Annotated[
    RunEventIn,
    Body(
        openapi_examples={
            "whole": {
                "summary": "A whole event",
                "value": {
                    "producer": "https://example.org/me",
                    "schemaURL": "https://example.org/schema.json",
                    "run": {"id": "nmdc:sys0pf75"},
                    "job": {"id": "test", "description": "", "producer": "p", "schemaURL": "s"},
                    "type": "STARTED",
                    "time": "2026-11-23T12:00:00Z",
                },
            }
        }
    ),
]


@router.post("", response_model_exclude_unset=True)
def request_run(  # noqa: PLR0917 (FastAPI calls it by name)
    caller: CallingUser,
    job_id: JobId,
    requests: Annotated[RunRequestService, Depends(run_request_service)],
    rules: Rules,
    body: RunBody = None,
    idempotency_key: IdempotencyKey = None,
) -> RunSummary:
    """Start a run of a workflow, and tell how it stands.

    It takes the allowance `/runs:start`; `metadata-in-1.0.0`, which writes documents, also takes
    `/metadata/json:submit`, and its `run_config` has to name a stored object and the operation of
    the Runtime's own site that promises to apply it. Exports and imports take the id of the study
    as their first input. Of Dagster's run config only `ops` may be given.

    If Dagster refuses the run, or cannot be reached, the failure is recorded and told together
    with the id of the run. With an `Idempotency-Key` it is safe to send the request again.
    """
    rules.check_allowed(caller, AllowanceAction.START_RUNS, refusal=START_REFUSAL)
    for action in get_runnable(job_id).also_needs:
        rules.check_allowed(caller, action, refusal=START_REFUSAL)
    return requests.start(
        job_id, body or RunIn(), username=caller.username, idempotency_key=idempotency_key
    )


@router.get("/{run_id}", response_model_exclude_unset=True)
def get_run_summary(run_id: RunId, runs: Runs) -> RunSummary:
    """Tell how a run stands, who asked for it, and what it read and made."""
    return runs.summary(run_id)


@router.get("/{run_id}/events")
def list_events_for_run(run_id: RunId, runs: Runs) -> ListResponse[RunEvent]:
    """List what happened to a run, newest first."""
    return ListResponse[RunEvent](resources=runs.list_events(run_id))


@router.post("/{run_id}/events")
def post_run_event(  # noqa: PLR0917 (FastAPI calls it by name)
    run_id: ReportedRunId,
    caller: TokenCaller,
    runs: Runs,
    body: EventBody,
    producer: Annotated[
        str | None, Query(description="Who or what reports.", examples=["https://example.org/me"])
    ] = None,
    schema_url: Annotated[
        str | None,
        Query(
            alias="schemaURL",
            description="Schema of the event.",
            examples=["https://example.org/schema.json"],
        ),
    ] = None,
    type: Annotated[
        RunEventType | None, Query(description="What happened.", examples=["STARTED"])
    ] = None,
    time: Annotated[
        str | None,
        Query(description="When, in ISO 8601.", examples=["2026-11-23T12:00:00Z"]),
    ] = None,
) -> RunEvent:
    """Report what happened to a run.

    `producer`, `schemaURL`, `type` and `time` may be query parameters, or stand in the body. The
    same type of event at the same time is kept once, as it was first reported.
    """
    sent = {"producer": producer, "schemaURL": schema_url, "type": type, "time": time}
    event = _whole(body, {name: value for name, value in sent.items() if value is not None})
    return runs.report(run_id, event, username=caller.username)


def _whole(body: RunEventIn, query: dict[str, Any]) -> RunEvent:
    """Put together what was sent; say what is missing as FastAPI does."""
    sent = {**body.model_dump(exclude_none=True), **query}
    missing = [name for name in ("producer", "schemaURL", "type", "time") if name not in sent]
    if missing:
        raise RequestValidationError(
            [
                {
                    "type": "missing",
                    "loc": ("query", name),
                    "msg": "Field required",
                    "input": None,
                }
                for name in missing
            ]
        )
    return RunEvent.model_validate(sent)
