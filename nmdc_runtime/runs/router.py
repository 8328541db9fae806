"""Routes under ``/runs``; each turns HTTP into one service call and back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from nmdc_runtime.runs.models import RunEvent, RunSummary
from nmdc_runtime.runs.service import RunService

router = APIRouter(prefix="/runs", tags=["Workflow management"])


class RunEventList(BaseModel):
    """Events of a run, newest first; all of them, so there is never a next page."""

    resources: list[RunEvent]
    next_page_token: str | None = None


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
def list_events_for_run(run_id: str, runs: Runs) -> RunEventList:
    """List what happened to a run, newest first."""
    return RunEventList(resources=runs.list_events(run_id))
