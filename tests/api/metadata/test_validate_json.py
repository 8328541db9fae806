"""``POST /metadata/json:validate``: the published answers, and whatever else comes in."""

import gzip

import pytest

from tests.support.documents import a_study, biosamples, body_of, demo_database

OKAY = b'{"result":"All Okay!"}'


def validate(hub, body: bytes | dict, **headers: str):
    content = body if isinstance(body, bytes) else body_of(body)
    return hub.post("/metadata/json:validate", content=content, headers=headers)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"study_set": []},
        {"study_set": [], "biosample_set": []},
        {"study_set": [a_study()]},
        {"study_set": [a_study(), a_study("other", part_of=["nmdc:sty-11-abc123"])]},
        {"@type": "Database", "study_set": [a_study()]},
        {"@type": "nmdc:Database", "study_set": [a_study()]},
    ],
)
def test_a_good_body_is_answered_byte_for_byte_as_clients_compare_it(hub, body):
    answer = validate(hub, body)

    assert answer.status_code == 200
    assert answer.content == OKAY


def test_the_real_study_is_good_with_what_it_refers_to(hub):
    assert validate(hub, demo_database(0) | demo_database(1)).content == OKAY


def test_a_body_without_a_content_type_is_read_as_json(hub):
    answer = hub.post("/metadata/json:validate", content=body_of({"study_set": [a_study()]}))

    assert "content-type" not in answer.request.headers
    assert answer.content == OKAY


def test_references_are_looked_up_in_the_database(hub, database):
    biosample = {"biosample_set": biosamples(1, study_id="nmdc:sty-11-abc123")}

    missing = validate(hub, biosample).json()
    database["study_set"].insert_one(a_study())

    assert missing["result"] == "errors"
    (message,) = missing["detail"]["biosample_set"]
    assert "nmdc:sty-11-abc123" in message
    assert "associated_studies" in message
    assert validate(hub, biosample).content == OKAY


def test_every_submitted_key_has_its_messages(hub):
    answer = validate(hub, {"study_set": [a_study(name="no id", id="nmdc:x-11-a")], "nonsense": []})

    assert answer.status_code == 200
    assert answer.json()["result"] == "errors"
    detail = answer.json()["detail"]
    assert set(detail) == {"study_set", "nonsense"}
    assert detail["nonsense"] == ["'nonsense' is not a known schema collection name"]
    assert len(detail["study_set"]) == 1


@pytest.mark.parametrize(
    ("body", "collection", "words"),
    [
        ({"study_set": None}, "study_set", "null"),
        ({"study_set": a_study()}, "study_set", "must be a list"),
        ({"study_set": ["text"]}, "study_set", "all elements of list must be dicts"),
        ({"study_set": [{"id": "nmdc:sty-11-a"}]}, "study_set", "'type' is a required property"),
        ({"study_set": [a_study(type="nmdc:Biosample")]}, "study_set", "nmdc:Biosample"),
        ({"study_set": [a_study(), a_study()]}, "study_set", "already the id of /study_set/0"),
        (
            {"material_processing_set": [{"id": "nmdc:x-1-a"}]},
            "material_processing_set",
            "'type' is a required property",
        ),
        (
            {"study_set": [a_study(part_of=["nmdc:sty-11-no", "nmdc:sty-11-nil"])]},
            "study_set",
            "nmdc:sty-11-nil",
        ),
    ],
)
def test_what_is_wrong_is_named(hub, body, collection, words):
    answer = validate(hub, body)

    assert answer.status_code == 200
    assert answer.json()["result"] == "errors"
    assert words in " ".join(answer.json()["detail"][collection])


def test_problems_are_capped_and_counted(hub):
    answer = validate(hub, {"study_set": [{"type": "nmdc:Study"} for _ in range(3_000)]}).json()

    assert len(answer["detail"]["study_set"]) == 1_000
    assert answer["total"] >= 3_000
    assert answer["truncated"] is True


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nothing",
        b"[]",
        b"null",
        b'"text"',
        b'{"study_set": [}',
        b'{"study_set": NaN}',
        b"\xff\xfe",
        b'{"a":' * 100_000,
        b"[" * 100_000,
        b'{"study_set": [' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"]}",
        gzip.compress(b"{}", mtime=0),
    ],
)
def test_a_body_that_cannot_be_read_is_malformed_and_never_an_error_of_ours(hub, body):
    answer = validate(hub, body)

    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_a_body_over_the_limit_is_refused(hub):
    limit = hub.app.state.settings.hub.max_body_bytes

    answer = hub.post(
        "/metadata/json:validate", content=b" ", headers={"Content-Length": str(limit + 1)}
    )

    assert answer.status_code == 413
    assert str(limit) in answer.json()["detail"]


def test_nothing_is_stored(hub, database):
    before = {name: database[name].count_documents({}) for name in database.list_collection_names()}

    validate(hub, {"study_set": [a_study()]})
    validate(hub, {"study_set": [{}]})

    after = {name: database[name].count_documents({}) for name in database.list_collection_names()}
    assert after == before
