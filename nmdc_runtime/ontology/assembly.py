"""Puts the service of ontologies together; the composition root has enough to do."""

from pymongo.database import Database

from nmdc_runtime.clients.ontology_files import OntologyFiles
from nmdc_runtime.config import Settings
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.ontology.service import OntologyService
from nmdc_runtime.ontology.store import OntologyStore


def assemble_ontologies(
    settings: Settings, database: Database[Document], *, clock: Clock
) -> OntologyService:
    """Return the service, with the source and the folder of this deployment."""
    return OntologyService(
        store=OntologyStore(database),
        files=OntologyFiles(settings.ontology_db_url_prefix, settings.ontology.cache_folder),
        clock=clock,
    )
