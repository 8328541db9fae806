"""``:putObject`` and ``:getObjectLink``: a promise, bytes by presigned addresses, and the id."""

from datetime import UTC, datetime, timedelta

import pytest
import requests

from nmdc_runtime.config import Settings
from tests.support.object_records import a_blob

OWN = "/sites/nmdc-runtime"


@pytest.fixture
def promised(hub, as_site):
    def promise(**told):
        answer = hub.post(f"{OWN}:putObject", json=told, headers=as_site)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return promise


def upload(operation, content: bytes, mime_type: str = "text/plain") -> int:
    url = operation["metadata"]["url"]
    answer = requests.put(url, data=content, headers={"Content-Type": mime_type}, timeout=10)
    return answer.status_code


def registered(hub, as_site, operation, content: bytes):
    object_id = operation["metadata"]["object_id"]
    body = a_blob(content, access_methods=[{"access_id": f"nmdc-runtime:{object_id}"}])
    return hub.post("/objects", json=body, headers=as_site)


def test_bytes_go_up_and_come_down_under_the_id_that_was_promised(hub, as_site, promised, database):
    operation = promised(mime_type="text/plain", name="a.txt")
    object_id = operation["metadata"]["object_id"]
    assert upload(operation, b"some bytes") == 200

    made = registered(hub, as_site, operation, b"some bytes")

    assert made.status_code == 201
    assert made.json()["id"] == object_id
    done = hub.get(f"/operations/{operation['id']}").json()
    assert done["done"] is True
    assert done["result"]["id"] == object_id
    access = hub.get(f"/objects/{object_id}/access/nmdc-runtime:{object_id}").json()
    assert access["headers"] is None
    assert requests.get(access["url"], timeout=10).content == b"some bytes"
    targets = [f"objects/{object_id}", f"operations/{operation['id']}"]
    trail = [
        (each["action"], each["targets"], each["username"])
        for each in database["_runtime.audit"].find({"targets": targets[0]}).sort("id")
    ]
    assert trail == [
        ("put_object", targets, "own-client"),
        ("register_object", targets, "own-client"),
    ]


def test_the_operation_is_as_published_and_what_is_stored_of_it_signs_nothing(
    hub, promised, database
):
    operation = promised(mime_type="text/plain")

    metadata = operation["metadata"]
    assert operation["done"] is False
    assert operation["result"] is None
    assert metadata["model"] == "nmdc_runtime.api.models.operation.ObjectPutMetadata"
    assert metadata["cancelled"] is None
    assert metadata["site_id"] == "nmdc-runtime"
    assert metadata["expires_in_seconds"] == 300
    lasts = datetime.fromisoformat(operation["expire_time"]) - datetime.now(UTC)
    assert timedelta(days=30) < lasts <= timedelta(days=30, seconds=300)
    public = hub.get(f"/operations/{operation['id']}").text
    assert "Signature" in metadata["url"]
    assert "Signature" not in public
    assert metadata["object_id"] in public
    assert database["_runtime.uploads"].find_one({})["operation_id"] == operation["id"]


def test_without_a_mime_type_bytes_are_bytes(promised):
    operation = promised()

    assert upload(operation, b"x", "application/octet-stream") == 200
    assert upload(operation, b"x", "text/html") == 403


def test_an_id_is_used_once(hub, as_site, promised):
    operation = promised()
    first = registered(hub, as_site, operation, b"one").json()

    second = registered(hub, as_site, operation, b"two").json()

    assert first["id"] == operation["metadata"]["object_id"]
    assert second["id"] != first["id"]


@pytest.mark.parametrize(
    "change", [{"done": True}, {"expire_time": datetime(2026, 1, 1, tzinfo=UTC)}]
)
def test_an_operation_that_is_over_promises_no_id(hub, as_site, promised, database, change):
    operation = promised()
    database["operations"].update_one({"id": operation["id"]}, {"$set": change})

    made = registered(hub, as_site, operation, b"one").json()

    assert made["id"] != operation["metadata"]["object_id"]


def test_a_refused_registration_leaves_the_promise_open(hub, as_site, promised, register):
    register(a_blob(b"one"))
    operation = promised()

    assert registered(hub, as_site, operation, b"one").status_code == 409

    assert hub.get(f"/operations/{operation['id']}").json()["done"] is False
    again = registered(hub, as_site, operation, b"two").json()
    assert again["id"] == operation["metadata"]["object_id"]


def test_a_link_leads_to_the_bytes_by_one_rule_of_keys(hub, as_site, promised):
    operation = promised()
    object_id = operation["metadata"]["object_id"]
    upload(operation, b"linked", "application/octet-stream")

    for access_id in (object_id, f"nmdc-runtime:{object_id}"):
        link = hub.post(f"{OWN}:getObjectLink", json={"access_id": access_id}, headers=as_site)
        assert link.status_code == 200
        assert requests.get(link.json()["url"], timeout=10).content == b"linked"


def test_an_access_method_with_an_address_is_its_own_link(hub, as_site):
    method = {"access_url": {"url": "https://data.example/x?y=z", "headers": {"A": "b"}}}

    link = hub.post(f"{OWN}:getObjectLink", json=method, headers=as_site)

    assert link.json() == method["access_url"]


@pytest.mark.parametrize("access_id", ["nersc:sys0x", "nmdc-runtime:../x", "a b"])
def test_a_link_to_what_is_not_in_the_bucket_is_not_found(hub, as_site, access_id):
    answer = hub.post(f"{OWN}:getObjectLink", json={"access_id": access_id}, headers=as_site)

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("verb", "body"), [("putObject", {}), ("getObjectLink", {"access_id": "sys0x"})]
)
def test_the_bucket_is_for_the_own_sites_client(
    *, hub, as_site, as_other_site, as_user, database, verb, body
):
    def post(site_id, headers=None):
        answer = hub.post(f"/sites/{site_id}:{verb}", json=body, headers=headers)
        return answer.status_code, answer.json()["detail"]

    assert post("none", as_site) == (404, "no site with ID 'none'")
    assert post("nmdc-runtime", as_other_site) == (
        403,
        "client authorized for different site_id than nmdc-runtime",
    )
    assert post("nersc", as_other_site) == (
        403,
        "API-mediated object storage for site nersc is not enabled.",
    )
    assert post("nmdc-runtime")[0] == post("nmdc-runtime", as_user)[0] == 401
    assert database["operations"].count_documents({}) == 0


class TestWithoutCredentials:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"do_spaces_key": type(settings.do_spaces_key)("")})

    def test_a_hub_without_a_key_says_that_it_cannot_do_so_now(self, hub, as_site, database):
        answer = hub.post(f"{OWN}:putObject", json={}, headers=as_site)

        assert answer.status_code == 503
        assert "DO_SPACES_KEY" in answer.json()["detail"]
        assert answer.headers["Retry-After"]
        assert database["operations"].count_documents({}) == 0
