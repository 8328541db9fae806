"""Routes under ``/runs``; each turns HTTP into one service call and back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from nmdc_runtime.runs.models import RunEvent, RunSummary
from nmdc_runtime.runs.service import RunService
from nmdc_runtime.web.paging import ListResponse

router = APIRouter(prefix="/runs", tags=["Workflow management"])


def run_service(request: Request) -> RunService:
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
