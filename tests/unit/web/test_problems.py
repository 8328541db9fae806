"""What goes wrong is told in full, but never a secret with it."""

import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.testclient import TestClient

from nmdc_runtime.web import problems
from nmdc_runtime.web.problems import code_of, hide_secrets


class Account(BaseModel):
    """A body with a secret."""

    username: str
    password: int


@pytest.fixture
def client():
    app = FastAPI()
    problems.install(app)

    @app.post("/accounts")
    def create(account: Account) -> None: ...

    @app.get("/ga4gh/drs/v1/things/{number}")
    def thing(number: int) -> None: ...

    return TestClient(app)


@pytest.mark.parametrize(
    ("name", "code"),
    [("JobNotFound", "job_not_found"), ("Unauthenticated", "unauthenticated")],
)
def test_an_error_has_a_stable_word_for_programs(name, code):
    assert code_of(name) == code


def test_secrets_are_blotted_out_at_any_depth():
    sent = {"a": [{"new_password": "hush", "b": 1}], "client_secret": {"x": "hush"}}

    assert "hush" not in str(hide_secrets(sent))
    assert hide_secrets(sent)["a"][0]["b"] == 1


def test_a_body_that_lacks_a_field_is_quoted_without_its_password(client):
    answer = client.post("/accounts", json={"password": "hush"})

    assert answer.status_code == 422
    assert answer.json()["code"] == "request_malformed"
    assert "username" in answer.text
    assert "hush" not in answer.text


@pytest.mark.parametrize("odd", ["NaN", "-Infinity", '"\\ud800"', "1e999"])
def test_what_has_no_place_in_json_is_quoted_all_the_same(client, odd):
    body = '{"username": [' + odd + '], "' + odd.strip('"') + '": 1}'

    answer = client.post("/accounts", content=body)

    assert answer.status_code == 422
    assert answer.json()["code"] == "request_malformed"


def test_a_password_of_the_wrong_type_is_not_quoted(client):
    answer = client.post("/accounts", json={"username": "a", "password": "hush"})

    (error,) = answer.json()["detail"]
    assert error["loc"] == ["body", "password"]
    assert "hush" not in answer.text


def test_under_drs_the_members_of_the_standard_are_always_there(client):
    malformed = client.get("/ga4gh/drs/v1/things/one")
    unknown = client.get("/ga4gh/drs/v1/nothing")
    refused = client.post("/ga4gh/drs/v1/things/1")

    for answer, status in ((malformed, 400), (unknown, 404), (refused, 405)):
        assert answer.status_code == answer.json()["status_code"] == status
        assert answer.json()["msg"]
        assert answer.headers["content-type"] == "application/json"
