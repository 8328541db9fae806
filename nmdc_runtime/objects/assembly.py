"""Puts the service of stored objects together; the composition root has enough to do."""

from pymongo.database import Database

from nmdc_runtime.clients.object_storage import S3Storage
from nmdc_runtime.config import Environment, Settings
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.objects.files import FileStore
from nmdc_runtime.objects.service import ObjectService
from nmdc_runtime.objects.store import ObjectStore


def assemble_objects(
    settings: Settings,
    database: Database[Document],
    *,
    transactions: Transactions,
    audit: AuditTrail,
    clock: Clock,
) -> ObjectService:
    """Return the service, with the bucket of the Runtime's own site."""
    is_for_real = settings.environment is Environment.PROD
    return ObjectService(
        objects=ObjectStore(database),
        files=FileStore(database),
        storage=S3Storage(settings.object_storage, makes_bucket=not is_for_real),
        transactions=transactions,
        audit=audit,
        clock=clock,
        drs_host=settings.drs_host,
        site_id=settings.api_site_id,
        settings=settings.objects,
    )
