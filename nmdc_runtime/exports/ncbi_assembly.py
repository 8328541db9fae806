"""Puts the export to NCBI together; the composition root has enough to do."""

from typing import Final

from pymongo.database import Database

from nmdc_runtime.clients.downloads import Downloads
from nmdc_runtime.config import Settings
from nmdc_runtime.exports.ncbi_service import NcbiExportService
from nmdc_runtime.exports.ncbi_store import NcbiStore
from nmdc_runtime.exports.study_store import StudyStore
from nmdc_runtime.ids.service import IdService
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.objects.service import ObjectService
from nmdc_runtime.schema.registry import SchemaRegistry

#: nmdc-schema's own mapping has 34 kB.
MOST_MAPPING_BYTES: Final = 5_000_000
MOST_MAPPING_SECONDS: Final = 60.0


def assemble_ncbi_exports(
    settings: Settings,
    database: Database[Document],
    *,
    registry: SchemaRegistry,
    objects: ObjectService,
    ids: IdService,
    audit: AuditTrail,
    clock: Clock,
) -> NcbiExportService:
    """Return what makes submissions of studies."""
    limit_ms = settings.hub.query_time_limit_ms
    return NcbiExportService(
        studies=StudyStore(database, registry, time_limit_ms=limit_ms),
        store=NcbiStore(database, registry, time_limit_ms=limit_ms),
        registry=registry,
        downloads=Downloads(
            most_bytes=MOST_MAPPING_BYTES,
            most_seconds=MOST_MAPPING_SECONDS,
            silence_s=20.0,
            hosts=frozenset(settings.exports.mapping_hosts),
            listed_by="NMDC_EXPORTS__MAPPING_HOSTS",
            own_url=settings.api_host,
        ),
        objects=objects,
        ids=ids,
        audit=audit,
        clock=clock,
        base_url=settings.api_host_external,
    )
