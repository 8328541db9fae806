"""Routes under ``/runs``; each turns HTTP into one service call and back."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.exceptions import RequestValidationError

from nmdc_runtime.runs.models import RunEvent, RunEventIn, RunEventType, RunSummary
from nmdc_runtime.runs.service import RunService
from nmdc_runtime.web.auth import TokenCaller
from nmdc_runtime.web.paging import ListResponse

router = APIRouter(prefix="/runs", tags=["Workflow management"])


async def run_service(request: Request) -> RunService:
    """Return the service this application was wired with."""
    service: RunService = request.app.state.services.runs
    return service


Runs = Annotated[RunService, Depends(run_service)]


@router.get("/{run_id}", response_model_exclude_unset=True)
def get_run_summary(run_id: str, runs: Runs) -> RunSummary:
    """Tell how a run stands, who asked for it, and what it read and made."""
    return runs.summary(run_id)


@router.get("/{run_id}/events")
def list_events_for_run(run_id: str, runs: Runs) -> ListResponse[RunEvent]:
    """List what happened to a run, newest first."""
    return ListResponse[RunEvent](resources=runs.list_events(run_id))


@router.post("/{run_id}/events")
def post_run_event(  # noqa: PLR0917 (FastAPI calls it by name)
    run_id: str,
    caller: TokenCaller,
    runs: Runs,
    body: RunEventIn,
    producer: str | None = None,
    schema_url: Annotated[str | None, Query(alias="schemaURL")] = None,
    type: RunEventType | None = None,
    time: str | None = None,
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
