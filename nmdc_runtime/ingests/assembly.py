"""Puts the service together; the composition root has enough to do."""

from pymongo.database import Database

from nmdc_runtime.ids.sourced import SourceIdService
from nmdc_runtime.ingests.service import IngestService
from nmdc_runtime.ingests.store import IngestStore
from nmdc_runtime.metadata.service import MetadataService
from nmdc_runtime.mongo.documents import Document


def assemble_ingests(
    database: Database[Document], *, metadata: MetadataService, source_ids: SourceIdService
) -> IngestService:
    """Return what brings plans to ids."""
    return IngestService(
        source_ids=source_ids,
        store=IngestStore(database),
        documents=metadata.store,
        registry=metadata.registry,
    )
