"""The service of ontologies on a real database and a real server of files."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nmdc_runtime.clients.ontology_files import OntologyFiles
from nmdc_runtime.ontology.service import OntologyService
from nmdc_runtime.ontology.store import OntologyStore
from tests.support.ontologies import Made, OntologyServer, ontology_server, packed


@pytest.fixture
def server() -> Iterator[OntologyServer]:
    with ontology_server() as served:
        yield served


@pytest.fixture
def publish(server: OntologyServer, tmp_path: Path) -> Callable[..., None]:
    """Return what puts an ontology on the server: terms, and its name."""

    def publish(*terms: Made, name: str = "envo") -> None:
        server.files[f"/sql/{name}.db.gz"] = packed(tmp_path / "made.db", terms)

    return publish


@pytest.fixture
def ontologies(database, server: OntologyServer, tmp_path: Path, now) -> OntologyService:
    return OntologyService(
        store=OntologyStore(database),
        files=OntologyFiles(server.url, tmp_path / "cache"),
        clock=lambda: now,
    )
