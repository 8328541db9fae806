"""Routes under ``/operations`` by which sites report on what they have promised."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from nmdc_runtime.jobs.models import ClaimIn, OperationPatch
from nmdc_runtime.jobs.reporting import ReportService
from nmdc_runtime.operations.models import Operation
from nmdc_runtime.web.auth import CallingSite

router = APIRouter(prefix="/operations", tags=["Workflow management"])


async def report_service(request: Request) -> ReportService:
    """Return the service this application was wired with; asynchronous, to need no thread."""
    service: ReportService = request.app.state.services.reports
    return service


Reports = Annotated[ReportService, Depends(report_service)]


@router.patch("/{op_id}")
def update_operation(
    op_id: str, patch: OperationPatch, site: CallingSite, reports: Reports
) -> Operation:
    """Report on an operation of the calling site: its progress, its result, that it is done.

    Only what is sent changes. `metadata` is merged: keys that are not sent stay, and `site_id`,
    `job`, `model` and `lease_seconds` always do. With a top-level `lease_seconds` the claim is
    renewed, too. 409: the lease has expired, another site holds the job by now, or what is done
    is to be undone.
    """
    return reports.report(op_id, patch, site_id=str(site.site_id))


@router.post("/{op_id}:renew")
def renew_operation(
    op_id: str, site: CallingSite, reports: Reports, terms: ClaimIn | None = None
) -> Operation:
    """Renew a claim from now on: by `lease_seconds`, or by the lease it has, or by 30 days."""
    lease_seconds = terms.lease_seconds if terms else None
    return reports.renew(op_id, lease_seconds=lease_seconds, site_id=str(site.site_id))
