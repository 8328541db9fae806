"""Ops that look something up in MongoDB for other ops."""

import dagster as dg

from nmdc_runtime.operations.models import Operation
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE
from nmdc_runtime.wiring import Services


class OperationAsked(dg.Config):
    """Which operation is wanted."""

    operation_id: str


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def get_operation(config: OperationAsked, services: dg.ResourceParam[Services]) -> Operation:
    """Return the operation."""
    found = services.operations.find(config.operation_id)
    if found is None:
        raise dg.Failure(
            description=f"there is no operation {config.operation_id}", allow_retries=False
        )
    return found


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def get_instrument_ids_by_model(
    context: dg.OpExecutionContext, services: dg.ResourceParam[Services]
) -> dict[str, str]:
    """Return the id of the instrument of each model, e.g. ``nextseq_550``.

    Of two instruments of one model, the one whose id sorts last counts.
    """
    ids: dict[str, str] = {}
    for document_id, model in services.metadata.store.list_values("instrument_set", "model"):
        if not model:
            context.log.warning(f"{document_id} has no model")
            continue
        if model in ids:
            context.log.warning(
                f"{ids[model]} and {document_id} are both {model}: the latter counts"
            )
        ids[model] = document_id
    context.log.info(f"instruments by model: {ids}")
    return ids
