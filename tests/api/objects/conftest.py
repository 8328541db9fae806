"""The hub, an object of its site's, and bytes that it keeps."""

from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from nmdc_runtime.config import Settings
from nmdc_runtime.objects.models import StoredFile
from nmdc_runtime.wiring import open_services
from tests.support.object_records import a_blob

CONTENT = bytes(range(256)) * 2500  # some chunks of GridFS


@pytest.fixture
def own(hub, as_site) -> str:
    """Register a blob, and return its id."""
    made = hub.post("/objects", json=a_blob(), headers=as_site).raise_for_status().json()
    return str(made["id"])


@pytest.fixture
def kept(hub, settings: Settings, database: Database[dict[str, Any]], mongo_client: MongoClient):
    """Keep bytes as the hub does, and return their id."""
    with open_services(settings) as services:
        services.objects.keep(
            "gfs0kept",
            StoredFile(name="sheet.tsv", content_type="text/plain", content=CONTENT),
            description="changesheet",
            username="alice",
        )
    return "gfs0kept"
