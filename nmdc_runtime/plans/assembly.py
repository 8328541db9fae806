"""How the slice is put together from what lies below it."""

from dataclasses import dataclass

from pymongo.database import Database

from nmdc_runtime.config.sections import QuerySettings
from nmdc_runtime.ids.service import IdService
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.metadata.service import MetadataService
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.plans.guard import WriteGuard
from nmdc_runtime.plans.images import BeforeImages
from nmdc_runtime.plans.integrity import Integrity
from nmdc_runtime.plans.journal import JournalService
from nmdc_runtime.plans.journal_store import JournalStore
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


def assemble_journal(database: Database[Document], *, plans: PlanService) -> JournalService:
    """Return what applies plans that are too large for one transaction."""
    return JournalService(plans=plans, journals=JournalStore(database))


@dataclass(frozen=True, slots=True)
class PublishedImages:
    """Where documents are kept as they were, for people to look."""

    deleted: BeforeImages
    updated: BeforeImages


def assemble_images(
    settings: QuerySettings, database: Database[Document], *, clock: Clock
) -> PublishedImages:
    """Return what keeps documents as they were before they are deleted, or updated."""

    def images(name: str, time_key: str) -> BeforeImages:
        return BeforeImages(
            client=database.client,
            database_name=name,
            time_key=time_key,
            clock=clock,
            kept_for=settings.before_images_kept,
        )

    return PublishedImages(
        deleted=images(settings.deleted_database, "deleted_at"),
        updated=images(settings.updated_database, "updated_at"),
    )
