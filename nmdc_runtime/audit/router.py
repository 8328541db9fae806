"""The route ``/admin/audit``; HTTP to one call and back."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from nmdc_runtime.audit.models import AuditRecord
from nmdc_runtime.audit.reads import AuditReads
from nmdc_runtime.web.auth import Caller, CallingUser, Rules
from nmdc_runtime.web.paging import ListParameters, ListResponse, list_response

#: The permission, a member of `nmdc_runtime.allowances.models.AllowanceAction`.
READ_AUDIT: Final = "/admin/audit"
REFUSAL: Final = "Only admin users can read the audit trail."

router = APIRouter(prefix="/admin", tags=["System administration"])


async def audit_reads(request: Request) -> AuditReads:
    """Return the reads this application was wired with."""
    reads: AuditReads = request.app.state.reads.audit
    return reads


def audit_reader(caller: CallingUser, rules: Rules) -> Caller:
    """Return the caller, who may read the trail, or refuse with 403."""
    rules.check_allowed(caller, READ_AUDIT, refusal=REFUSAL)
    return caller


AuditReader = Annotated[Caller, Depends(audit_reader)]


@router.get("/audit", response_model=ListResponse[AuditRecord])
async def list_audit_records(
    request: Request,
    caller: AuditReader,
    query: ListParameters,
    reads: Annotated[AuditReads, Depends(audit_reads)],
) -> Response:
    """List who changed what, oldest first: one record for each change of state.

    Narrow the list by `filter`, e.g. `{"targets": "jobs/nmdc:sys0pf75"}`,
    `{"username": "alice", "at": {"$gte": {"$date": "2026-11-01T00:00:00Z"}}}` or
    `{"action": "claim_job"}`. Takes the permission `/admin/audit`.
    """
    return await list_response(request, reads.listing(), query, caller=caller, zoned=True)
