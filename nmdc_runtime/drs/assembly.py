"""Puts together what serves objects; the composition root has enough to do."""

from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.config import Settings
from nmdc_runtime.drs.reads import DrsReads
from nmdc_runtime.metadata.reads import MetadataReads
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.objects.reads import ObjectReads
from nmdc_runtime.objects.service import ObjectService
from nmdc_runtime.schema.registry import SchemaRegistry


def assemble_drs_reads(
    settings: Settings,
    database: AsyncDatabase[Document],
    *,
    objects: ObjectService,
    metadata: MetadataReads,
    registry: SchemaRegistry,
) -> DrsReads:
    """Return the hub's reads of objects, which share the bucket with the service."""
    limit_ms = settings.hub.query_time_limit_ms
    return DrsReads(
        database=database,
        objects=ObjectReads(
            database,
            storage=objects.storage,
            site_id=settings.api_site_id,
            base_url=settings.api_host_external,
            time_limit_ms=limit_ms,
        ),
        metadata=metadata,
        registry=registry,
        base_url=settings.api_host_external,
        settings=settings.drs,
        time_limit_ms=limit_ms,
    )
