"""The hub with an S3 service, and a site besides the Runtime's own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from nmdc_runtime.config import Settings
from tests.support.object_records import a_blob
from tests.support.object_storage import with_storage
from tests.support.servers import S3Endpoint, shared_s3

Headers = dict[str, str]


@pytest.fixture(scope="session")
def s3_endpoint(testrun_uid: str, tmp_path_factory) -> Iterator[S3Endpoint]:
    with shared_s3(testrun_uid, tmp_path_factory.getbasetemp()) as endpoint:
        yield endpoint


@pytest.fixture
def settings(settings: Settings, s3_endpoint: S3Endpoint) -> Settings:
    return with_storage(settings, s3_endpoint)


@pytest.fixture
def as_other_site(hub: TestClient, as_admin: Headers) -> Headers:
    """Return headers of a client of the site ``nersc``."""
    hub.post("/sites", json={"id": "nersc"}, headers=as_admin).raise_for_status()
    made = hub.post("/sites/nersc:generateCredentials", headers=as_admin).raise_for_status().json()
    form = {"grant_type": "client_credentials", **made}
    token = hub.post("/token", data=form).raise_for_status().json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def as_user(hub: TestClient, as_admin: Headers) -> Headers:
    """Return headers of a user who may do nothing in particular."""
    account = {"username": "rita", "password": "a-long-password"}
    hub.post("/users", json=account, headers=as_admin).raise_for_status()
    form = {"grant_type": "password", **account}
    token = hub.post("/token", data=form).raise_for_status().json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def register(hub: TestClient, as_site: Headers) -> Callable[..., dict[str, Any]]:
    """Return what registers an object and returns the answer's body."""

    def register(body: dict[str, Any] | None = None, headers: Headers = as_site) -> dict[str, Any]:
        answer = hub.post("/objects", json=body or a_blob(), headers=headers)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    return register
