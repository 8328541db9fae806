"""With clients in memory, whoever is shut out is out at once here, and in moments elsewhere."""

import time
from collections.abc import Callable

import pytest

from nmdc_runtime.config.sections import LoginSettings
from tests.support.sites import as_new_site


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"login": LoginSettings(directory=True)})


@pytest.fixture
def is_answered_from_memory(hub) -> Callable[[], bool]:
    directory = hub.app.state.reads.login._directory
    return lambda: directory.is_current("own-client")


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_revoked_token_and_a_revoked_client_are_refused_at_once(
    hub, as_admin, as_site, is_answered_from_memory
):
    as_nersc = as_new_site(hub, as_admin, "NERSC")
    (client,) = hub.get("/sites/NERSC/credentials", headers=as_admin).json()["resources"]
    eventually(is_answered_from_memory)
    for headers in (as_site, as_nersc):
        assert hub.get("/users/me", headers=headers).status_code == 200

    hub.post("/token:revoke", headers=as_site).raise_for_status()
    assert hub.get("/users/me", headers=as_site).status_code == 401

    path = f"/sites/NERSC/credentials/{client['client_id']}"
    hub.delete(path, headers=as_admin).raise_for_status()
    assert hub.get("/users/me", headers=as_nersc).status_code == 401


def test_what_another_process_withdraws_is_refused_in_moments(
    hub, as_site, database, is_answered_from_memory
):
    eventually(is_answered_from_memory)
    assert hub.get("/users/me", headers=as_site).status_code == 200

    token = as_site["Authorization"].removeprefix("Bearer ")
    database["invalidated_tokens"].insert_one({"_id": token})

    eventually(lambda: hub.get("/users/me", headers=as_site).status_code == 401)
