"""Site clients are recognised on the event loop, and never where the service would refuse them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from nmdc_runtime.login.service import LoginService


@pytest.fixture
def recognise(hub):
    """Return what the event loop makes of a token."""

    def ask(token):
        return hub.portal.call(hub.app.state.reads.login.find_site_caller, token)

    return ask


@pytest.fixture
def login(hub) -> LoginService:
    return hub.app.state.services.login


@pytest.fixture
def token(as_site) -> str:
    return as_site["Authorization"].removeprefix("Bearer ")


def test_a_good_token_makes_the_same_caller_on_both_ways(recognise, login, token):
    caller = recognise(token)

    assert caller == login.authenticate_site(token) == login.authenticate(token)
    assert caller.site_id == "nmdc-runtime"


def test_whoever_is_no_site_client_is_left_to_the_service(recognise, as_admin):
    for token in (None, "", "junk", "nmdck_0_1", as_admin["Authorization"].removeprefix("Bearer ")):
        assert recognise(token) is None


def test_a_withdrawn_token_is_not_recognised(hub, recognise, as_site, token):
    hub.post("/token:revoke", headers=as_site).raise_for_status()

    assert recognise(token) is None
    assert hub.get("/users/me", headers=as_site).status_code == 401


def test_a_token_that_an_operator_denied_by_its_text_is_not_recognised(recognise, database, token):
    database["invalidated_tokens"].insert_one({"_id": token})

    assert recognise(token) is None


def test_expired_and_forged_tokens_are_not_recognised(recognise, login):
    expired = replace(login, clock=lambda: login.clock() - timedelta(days=2))
    forged = replace(login, key=SecretStr("somebody else's key" * 3))
    for service in (expired, forged):
        assert recognise(service.issue("client:own-client").access_token) is None


def test_tokens_of_before_a_new_secret_are_not_recognised(hub, recognise, as_admin, token):
    answer = hub.patch(
        "/admin/site_clients/own-client", headers=as_admin, json={"secret": "a-new-secret-1"}
    )
    answer.raise_for_status()

    assert recognise(token) is None


def test_a_revoked_client_is_not_recognised(hub, recognise, as_admin, token):
    path = "/sites/nmdc-runtime/credentials/own-client"
    hub.delete(path, headers=as_admin).raise_for_status()

    assert recognise(token) is None


def test_a_secret_that_was_right_is_right_no_more_once_it_is_replaced(hub, as_admin, as_site):
    form = {
        "grant_type": "client_credentials",
        "client_id": "own-client",
        "client_secret": "own-client-secret",
    }
    assert hub.post("/token", data=form).status_code == 200
    hub.patch(
        "/admin/site_clients/own-client", headers=as_admin, json={"secret": "a-new-secret-1"}
    ).raise_for_status()

    assert hub.post("/token", data=form).status_code == 401
