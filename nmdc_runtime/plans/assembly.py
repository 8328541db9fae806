"""How the slice is put together from what lies below it."""

from pymongo.database import Database

from nmdc_runtime.ids.service import IdService
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.metadata.service import MetadataService
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.plans.guard import WriteGuard
from nmdc_runtime.plans.integrity import Integrity
from nmdc_runtime.plans.service import PlanService
from nmdc_runtime.plans.store import PlanStore


def assemble_plans(
    database: Database[Document],
    *,
    metadata: MetadataService,
    ids: IdService,
    transactions: Transactions,
    clock: Clock,
) -> PlanService:
    """Return what changes schema documents."""
    return PlanService(
        plans=PlanStore(database),
        metadata=metadata,
        integrity=Integrity(store=metadata.store, registry=metadata.registry),
        guard=WriteGuard(database, transactions=transactions, clock=clock),
        ids=ids,
        transactions=transactions,
        clock=clock,
    )
