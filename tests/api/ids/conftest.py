"""A site besides the Runtime's own."""

import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.web.secrets import SecretHasher


@pytest.fixture
def as_nersc(hub: TestClient, database: Database[Document]) -> dict[str, str]:
    """Return headers of a client of the site NERSC, as an older deployment stored it."""
    hashed = SecretHasher().hash("nersc-secret")
    database["sites"].insert_one(
        {
            "id": "NERSC",
            "capability_ids": [],
            "clients": [{"id": "nersc-client", "hashed_secret": hashed}],
        }
    )
    hub.app.state.services.ids.add_requester("NERSC")
    answer = hub.post("/token", auth=("nersc-client", "nersc-secret"), data={})
    return {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}
