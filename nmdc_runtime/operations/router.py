"""Routes under ``/operations``; each turns HTTP into one call and back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from nmdc_runtime.operations.models import Operation
from nmdc_runtime.operations.reads import OperationReads
from nmdc_runtime.operations.service import OperationService
from nmdc_runtime.web.paging import ListParameters, ListResponse, list_response

router = APIRouter(prefix="/operations", tags=["Workflow management"])


class ListOperationsResponse(ListResponse[Operation]):
    """One page of operations; the token is null on the last."""


async def operation_service(request: Request) -> OperationService:
    """Return the service this application was wired with."""
    service: OperationService = request.app.state.services.operations
    return service


async def operation_reads(request: Request) -> OperationReads:
    """Return the reads this application was wired with."""
    reads: OperationReads = request.app.state.reads.operations
    return reads


@router.get("", response_model=ListOperationsResponse)
async def list_operations(
    request: Request,
    query: ListParameters,
    reads: Annotated[OperationReads, Depends(operation_reads)],
) -> Response:
    """List promised work: done or not, until when it is promised, and what came of it."""
    return await list_response(request, reads.listing(), query, null_token=True)


@router.get("/{op_id}")
def get_operation(
    op_id: str, operations: Annotated[OperationService, Depends(operation_service)]
) -> Operation:
    """Describe an operation."""
    return operations.get(op_id)
