"""``/pids/mint``, ``resolve``, ``bind`` and ``delete``."""

import pytest

from nmdc_runtime.config.sections import MinterSettings
from nmdc_runtime.web.secrets import SecretHasher

RECORDS = "minter.id_records"


@pytest.fixture
def mint(hub, as_site):
    """Return a function that mints, and gives the answer."""

    def mint(how_many: object = 1, *, class_id: str = "nmdc:Biosample", headers=as_site, **more):
        body = {"schema_class": {"id": class_id}, "how_many": how_many, **more}
        return hub.post("/pids/mint", json=body, headers=headers)

    return mint


@pytest.fixture
def draft(mint) -> str:
    (minted,) = mint().json()
    return minted


def test_minting_answers_200_with_a_list_of_new_ids(mint):
    answer = mint(1_000)

    assert answer.status_code == 200
    assert len(set(answer.json())) == 1_000
    assert all(each.startswith("nmdc:bsm-11-") for each in answer.json())


def test_a_study_is_minted_for_and_an_empty_body_means_one_biosample(hub, as_site, mint):
    (study,) = mint(class_id="nmdc:Study").json()
    (sample,) = hub.post("/pids/mint", json={}, headers=as_site).json()

    assert study.startswith("nmdc:sty-11-")
    assert sample.startswith("nmdc:bsm-11-")


def test_a_text_body_without_a_content_type_is_read_as_json(hub, as_site):
    """As the minters of instrument software send it, on requests-oauthlib."""
    answer = hub.post(
        "/pids/mint",
        content=b'{"schema_class": {"id": "nmdc:DataObject"}, "how_many": 2}',
        headers=as_site,
    )

    assert "content-type" not in answer.request.headers
    assert answer.status_code == 200
    assert [each[:13] for each in answer.json()] == ["nmdc:dobj-11-"] * 2


def test_a_long_list_is_streamed_and_whole(mint, database):
    answer = mint(12_345)

    assert "content-length" not in answer.headers
    assert answer.headers["content-type"] == "application/json"
    assert len(set(answer.json())) == 12_345 == database[RECORDS].count_documents({})


@pytest.mark.parametrize("how_many", [0, -1, "x", 1.5, None])
def test_a_number_that_is_not_positive_is_malformed(mint, how_many, database):
    answer = mint(how_many)

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "how_many"]
    assert database[RECORDS].count_documents({}) == 0


def test_a_number_as_text_is_understood_and_unknown_fields_are_ignored(mint):
    assert len(mint("3", populator="x").json()) == 3


def test_a_missing_body_is_malformed(hub, as_site):
    assert hub.post("/pids/mint", headers=as_site).status_code == 422


@pytest.mark.parametrize(
    ("asked", "detail", "code"),
    [
        ({"class_id": "potato"}, "Unknown schema class potato", "unknown_schema_class"),
        (
            {"run_number": 1},
            "run_number is only for ids of workflow executions, not of nmdc:Biosample",
            "run_number_refused",
        ),
    ],
)
def test_what_cannot_be_minted_is_refused_with_a_sentence_and_a_code(mint, asked, detail, code):
    answer = mint(**asked)

    assert answer.status_code == 422
    assert (answer.json()["detail"], answer.json()["code"]) == (detail, code)


def test_a_site_that_is_no_requester_is_refused(mint, hub, database):
    client = {"id": "lbnl-client", "hashed_secret": SecretHasher().hash("lbnl-secret")}
    database["sites"].insert_one({"id": "LBNL", "capability_ids": [], "clients": [client]})
    token = hub.app.state.services.login.issue("client:lbnl-client").access_token

    answer = mint(headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 422
    assert answer.json()["detail"] == "Unknown requester LBNL"


def test_run_numbers_make_ids_of_workflow_executions_valid(mint):
    (plain,) = mint(class_id="nmdc:NomAnalysis").json()
    (with_run,) = mint(class_id="nmdc:NomAnalysis", run_number=1).json()

    assert "." not in plain
    assert with_run.endswith(".1")


class TestLimit:
    @pytest.fixture
    def settings(self, settings):
        return settings.model_copy(update={"minter": MinterSettings(most_ids_at_once=10)})

    def test_more_than_the_limit_is_refused_and_the_limit_named(self, mint, database):
        assert mint(10).status_code == 200
        answer = mint(11)

        assert answer.status_code == 422
        assert answer.json()["most_at_once"] == 10
        assert "at most 10" in answer.json()["detail"]
        assert database[RECORDS].count_documents({}) == 10


def test_a_request_repeated_under_its_key_gets_the_same_ids_and_mints_none(mint, as_site, database):
    headers = {**as_site, "Idempotency-Key": "f1a7"}

    first, second = mint(3, headers=headers), mint(3, headers=headers)
    other = mint(4, headers=headers)

    assert first.json() == second.json()
    assert other.status_code == 422
    assert database[RECORDS].count_documents({}) == 3


def test_a_fresh_id_resolves_to_a_draft_and_nothing_private(hub, as_site, draft):
    answer = hub.get(f"/pids/resolve/{draft}", headers=as_site)

    assert answer.status_code == 200
    assert answer.json() == {
        "id": draft,
        "name": draft,
        "typecode": {"id": "nmdc:Biosample_typecode"},
        "shoulder": {"id": "nmdc:minter_shoulder_11"},
        "status": "draft",
        "bindings": None,
    }
    encoded = draft.replace(":", "%3A")
    assert hub.get(f"/pids/resolve/{encoded}", headers=as_site).json() == answer.json()


def test_binding_keeps_the_status_and_answers_the_record(hub, as_site, draft):
    body = {"id_name": draft, "metadata_record": {"foo": "bar"}}

    answer = hub.post("/pids/bind", json=body, headers=as_site)

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["bindings"]) == ("draft", {"foo": "bar"})
    assert hub.get(f"/pids/resolve/{draft}", headers=as_site).json() == answer.json()


def test_a_deleted_id_resolves_no_more(hub, as_site, draft, database):
    answer = hub.post("/pids/delete", json={"id_name": draft}, headers=as_site)

    assert (answer.status_code, answer.content) == (200, b"null")
    gone = hub.get(f"/pids/resolve/{draft}", headers=as_site)
    assert (gone.status_code, gone.json()["detail"]) == (404, "Not found")
    assert database[RECORDS].count_documents({}) == 0
    again = hub.post("/pids/delete", json={"id_name": draft}, headers=as_site)
    assert (again.status_code, again.json()["detail"]) == (404, f"ID {draft} is unknown")
    bound = hub.post("/pids/bind", json={"id_name": draft, "metadata_record": {}}, headers=as_site)
    assert (bound.status_code, bound.json()["detail"]) == (404, f"ID {draft} is unknown")


def test_another_site_may_resolve_but_neither_bind_nor_delete(
    hub, as_site, as_nersc, mint, database
):
    """The attack: a site takes the drafts of another one (minter M-3)."""
    (own,) = mint(headers=as_site).json()
    (of_nersc,) = mint(headers=as_nersc).json()
    bind = {"id_name": own, "metadata_record": {"stolen": True}}

    assert hub.get(f"/pids/resolve/{own}", headers=as_nersc).status_code == 200
    for answer in (
        hub.post("/pids/bind", json=bind, headers=as_nersc),
        hub.post("/pids/delete", json={"id_name": own}, headers=as_nersc),
    ):
        assert answer.status_code == 403
        assert answer.json()["minted_by"] == "nmdc-runtime"
    assert database[RECORDS].find_one({"id": own})["bindings"] is None
    deleted = hub.post("/pids/delete", json={"id_name": of_nersc}, headers=as_site)
    assert deleted.status_code == 200  # the Runtime's own site may


def test_an_id_in_use_is_neither_bound_nor_deleted(hub, as_site, mint, database):
    used, marked = mint(2, class_id="nmdc:Study").json()
    database["study_set"].insert_one({"id": used, "name": "uses it"})
    hub.app.state.services.ids.mark_registered([marked])

    deleted = hub.post("/pids/delete", json={"id_name": used}, headers=as_site)
    assert (deleted.status_code, deleted.json()["code"]) == (403, "id_in_use")
    deleted = hub.post("/pids/delete", json={"id_name": marked}, headers=as_site)
    assert (deleted.status_code, deleted.json()["detail"]) == (
        403,
        "Status not 'draft'. Can't delete.",
    )
    bound = hub.post("/pids/bind", json={"id_name": marked, "metadata_record": {}}, headers=as_site)
    assert (bound.status_code, bound.json()["detail"]) == (
        403,
        "Status not 'draft'. Can't change bound metadata.",
    )


@pytest.mark.parametrize("name", ["junk", "nmdc:sys0pf75", "nmdc:bsm-11-"])
def test_a_malformed_name_is_refused_without_a_traceback(hub, as_site, name):
    """The attack: errors of the minter used to show Python's tracebacks (minter M-4)."""
    answers = [
        hub.get(f"/pids/resolve/{name}", headers=as_site),
        hub.post("/pids/delete", json={"id_name": name}, headers=as_site),
        hub.post("/pids/bind", json={"id_name": name, "metadata_record": {}}, headers=as_site),
    ]

    for answer in answers:
        assert (answer.status_code, answer.json()["detail"]) == (422, "Invalid ID name")
        assert "Traceback" not in answer.text


@pytest.mark.parametrize("record", ['{"a\\u0000b": 1}', '{"a": 99999999999999999999}'])
def test_a_record_that_the_database_cannot_keep_is_refused(hub, as_site, draft, record):
    body = f'{{"id_name": "{draft}", "metadata_record": {record}}}'

    answer = hub.post("/pids/bind", content=body, headers=as_site)

    assert answer.status_code == 422
    assert answer.json()["code"] == "bindings_not_storable"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/pids/mint", {}),
        ("GET", "/pids/resolve/nmdc:bsm-11-a", None),
        ("POST", "/pids/bind", {"id_name": "nmdc:bsm-11-a", "metadata_record": {}}),
        ("POST", "/pids/delete", {"id_name": "nmdc:bsm-11-a"}),
    ],
)
def test_only_site_clients_may(hub, as_admin, method, path, body):
    as_user = hub.request(method, path, json=body, headers=as_admin)
    anonymous = hub.request(method, path, json=body)

    assert (as_user.status_code, anonymous.status_code) == (401, 401)
    assert as_user.json()["detail"].endswith("Please log in as a site client.")


def test_the_old_minter_stays_gone(hub, as_site):
    body = {"populator": "x", "naa": "nmdc", "shoulder": "fk0", "number": 1}

    assert hub.post("/ids/mint", json=body, headers=as_site).status_code == 404


class TestMisconfigured:
    @pytest.fixture
    def settings(self, settings):
        return settings.model_copy(update={"minting_service_id": "nmdc:none"})

    def test_a_hub_that_cannot_mint_says_so_when_asked_how_it_is(self, hub, mint):
        assert "MINTING_SERVICE_ID" in str(hub.get("/health/ready").json())
        assert mint().json()["detail"] == "Unknown service nmdc:none"
