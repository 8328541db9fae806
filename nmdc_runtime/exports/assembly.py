"""Puts the service of exports together; the composition root has enough to do."""

from pymongo.database import Database

from nmdc_runtime.config import Settings
from nmdc_runtime.exports.nmdcdb import NmdcdbExportService
from nmdc_runtime.exports.store import ExportStore
from nmdc_runtime.ids.service import IdService
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.objects.service import ObjectService
from nmdc_runtime.schema.registry import SchemaRegistry


def assemble_nmdcdb_exports(
    settings: Settings,
    database: Database[Document],
    *,
    registry: SchemaRegistry,
    objects: ObjectService,
    ids: IdService,
    transactions: Transactions,
    audit: AuditTrail,
    clock: Clock,
) -> NmdcdbExportService:
    """Return what publishes the schema's collections."""
    return NmdcdbExportService(
        store=ExportStore(database),
        registry=registry,
        objects=objects,
        ids=ids,
        transactions=transactions,
        audit=audit,
        clock=clock,
        base_url=settings.api_host_external,
    )
