"""Ops on operations that several jobs share."""

from typing import Final

import dagster as dg

from nmdc_runtime.operations.models import Operation
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE, permanent_unless_unavailable
from nmdc_runtime.wiring import Services

#: Operations that one run looks at; the next goes on with the rest.
MOST_OPERATIONS: Final = 5_000


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def list_operations(
    context: dg.OpExecutionContext, services: dg.ResourceParam[Services], filter_: str
) -> list[Operation]:
    """Return the operations that a filter as of ``GET /operations`` matches, so many at most."""
    with permanent_unless_unavailable():
        found = services.operations.list_matching(filter_, most=MOST_OPERATIONS)
    context.log.info(f"{len(found)} operations match {filter_}")
    return found


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def delete_operations(
    context: dg.OpExecutionContext,
    services: dg.ResourceParam[Services],
    op_docs: list[Operation],
) -> int:
    """Close those whose time is over, and put those away that ended long ago; return how many.

    The name is published. Nothing is deleted: an operation says what became of promised work.
    """
    # The metadata of older records may be null: nobody has promised anything in them.
    promised = [operation.id for operation in op_docs if operation.facts]
    with permanent_unless_unavailable():
        closed = services.jobs.expire(promised)
        archived = services.jobs.archive_ended()
    context.log.info(f"closed {closed} of {len(op_docs)}, archived {archived}")
    context.add_output_metadata({"closed": closed, "archived": archived})
    return closed + archived
