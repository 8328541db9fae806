"""Puts the export of a study together; the composition root has enough to do."""

from pymongo.database import Database

from nmdc_runtime.config import Settings
from nmdc_runtime.exports.study_service import StudyExportService
from nmdc_runtime.exports.study_store import StudyStore
from nmdc_runtime.ids.service import IdService
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.objects.service import ObjectService
from nmdc_runtime.schema.registry import SchemaRegistry


def assemble_study_exports(
    settings: Settings,
    database: Database[Document],
    *,
    registry: SchemaRegistry,
    objects: ObjectService,
    ids: IdService,
    audit: AuditTrail,
) -> StudyExportService:
    """Return what makes tables of studies."""
    return StudyExportService(
        store=StudyStore(database, registry, time_limit_ms=settings.hub.query_time_limit_ms),
        objects=objects,
        ids=ids,
        audit=audit,
        base_url=settings.api_host_external,
    )
