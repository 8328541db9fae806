"""Who guesses at ``/token`` has to wait, and nobody else."""

import logging

import pytest
from pymongo.database import Database
from starlette.testclient import TestClient

from nmdc_runtime.config import Settings
from nmdc_runtime.config.sections import LoginSettings
from nmdc_runtime.mongo.documents import Document

CLIENT = {"grant_type": "client_credentials", "client_id": "own-client"}
RIGHT, WRONG = "own-client-secret", "a wrong secret"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"login": LoginSettings(failures_allowed=3, directory=False)})


def ask(hub: TestClient, secret: str):
    return hub.post("/token", data=CLIENT | {"client_secret": secret})


def test_who_guesses_is_told_how_long_to_wait(hub: TestClient) -> None:
    for _ in range(3):
        answer = ask(hub, WRONG)
        assert (answer.status_code, answer.json()["code"]) == (401, "credentials_incorrect")

    for secret in (WRONG, RIGHT):
        answer = ask(hub, secret)
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_failures")
        assert 290 <= int(answer.headers["Retry-After"]) <= 300
        assert answer.json()["retry_after_s"] == int(answer.headers["Retry-After"])
        assert isinstance(answer.json()["detail"], str)


def test_guessing_at_a_name_that_is_unknown_ends_alike(hub: TestClient) -> None:
    form = {"grant_type": "password", "username": "nobody", "password": WRONG}
    statuses = [hub.post("/token", data=form).status_code for _ in range(4)]
    assert statuses == [401, 401, 401, 429]


def test_other_names_and_good_tokens_are_not_touched(hub: TestClient, as_admin) -> None:
    form = {"grant_type": "password", "username": "admin", "password": WRONG}
    assert hub.post("/token", data=form | {"password": "admin-password"}).status_code == 200
    while hub.post("/token", data=form).status_code != 429:
        pass
    assert ask(hub, RIGHT).status_code == 200
    assert hub.get("/users/me", headers=as_admin).status_code == 200
    assert hub.post("/token", data=form | {"password": "admin-password"}).status_code == 200


def test_a_token_storm_goes_on_while_somebody_beside_it_guesses(
    hub: TestClient, database: Database[Document]
) -> None:
    assert ask(hub, RIGHT).status_code == 200
    for _ in range(5):
        ask(hub, WRONG)
    assert ask(hub, WRONG).status_code == 429
    assert {ask(hub, RIGHT).status_code for _ in range(50)} == {200}
    assert database["_runtime.login_failures"].count_documents({}) == 1


def test_what_was_tried_is_in_no_log_and_no_answer(
    hub: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = [ask(hub, WRONG).text for _ in range(5)]
    shown = "".join(answers) + caplog.text + str([vars(each) for each in caplog.records])
    assert WRONG not in shown
    assert "a+wrong+secret" not in shown
