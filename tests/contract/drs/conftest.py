"""The hub with a blob, bundles and a data object, as a client of the standard sees them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from nmdc_runtime.config import Settings
from tests.support.object_records import a_blob, a_bundle
from tests.support.object_storage import with_storage
from tests.support.servers import S3Endpoint, shared_s3

DRS = "/ga4gh/drs/v1"


@pytest.fixture(scope="session")
def s3_endpoint(testrun_uid: str, tmp_path_factory) -> Iterator[S3Endpoint]:
    with shared_s3(testrun_uid, tmp_path_factory.getbasetemp()) as endpoint:
        yield endpoint


@pytest.fixture
def settings(settings: Settings, s3_endpoint: S3Endpoint) -> Settings:
    # With a port, as local stacks have one: it must not reach the standard's URIs.
    return with_storage(settings, s3_endpoint).model_copy(
        update={"api_host_external": "http://drs.example:8000"}
    )


@pytest.fixture
def register(hub, as_site) -> Callable[[dict[str, Any]], str]:
    """Return what registers an object and returns its id."""

    def register(body: dict[str, Any]) -> str:
        answer = hub.post("/objects", json=body, headers=as_site)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    return register


@pytest.fixture
def blob(register) -> str:
    return register(
        a_blob(
            access_methods=[
                {"access_id": "nmdc-runtime:sys0x", "type": "s3", "region": "us-east-1"},
                {"access_url": {"url": "https://data.example/x", "headers": {"X-Y": "z"}}},
            ],
            updated_time=datetime(2026, 2, 3, tzinfo=UTC).isoformat(),
            mime_type="text/plain",
        )
    )


@pytest.fixture
def bundle(register, blob) -> str:
    return register(a_bundle({"name": "blob", "id": blob}))


@pytest.fixture
def nested(register, bundle) -> str:
    inline = {"name": "inline", "contents": [{"name": "again", "id": bundle}]}
    return register(a_bundle({"name": "inner", "id": bundle}, inline, name="outer"))
