"""Identifiers: internal ids, the public minter, and ids by what a source calls a thing."""

from dataclasses import dataclass

from pymongo.database import Database

from nmdc_runtime.config import Settings
from nmdc_runtime.idempotency.service import IdempotencyService
from nmdc_runtime.ids import store as id_store
from nmdc_runtime.ids.minting import MintingService
from nmdc_runtime.ids.service import IdService
from nmdc_runtime.ids.sourced import SourceIdService, SourceIdStore
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.metadata.stored_ids import StoredIds
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.schema.ids import has_run_number
from nmdc_runtime.schema.registry import SchemaRegistry


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifiers:
    """What mints and remembers identifiers."""

    ids: IdService
    minting: MintingService
    sourced: SourceIdService


def assemble_identifiers(
    settings: Settings,
    database: Database[Document],
    registry: SchemaRegistry,
    *,
    transactions: Transactions,
    idempotency: IdempotencyService,
    audit: AuditTrail,
    clock: Clock,
) -> Identifiers:
    """Return the services of identifiers on this database."""
    ids = IdService(
        ids=id_store.InternalIdStore(database),
        minter=id_store.MinterStore(database),
        clock=clock,
    )
    minting = MintingService(
        ledger=ids.minter,
        documents=StoredIds(database, registry),
        transactions=transactions,
        idempotency=idempotency,
        audit=audit,
        clock=clock,
        service_id=settings.minting_service_id,
        own_site_id=settings.api_site_id,
        most_at_once=settings.minter.most_ids_at_once,
        run_classes=frozenset(
            f"nmdc:{each.name}" for each in registry.classes.values() if has_run_number(each)
        ),
    )
    return Identifiers(
        ids=ids,
        minting=minting,
        sourced=SourceIdService(
            store=SourceIdStore(database),
            minting=minting,
            most_at_once=settings.minter.most_ids_at_once,
        ),
    )
