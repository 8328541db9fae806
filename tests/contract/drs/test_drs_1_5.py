"""What DRS 1.5 asks, and how DRS 1.2 wants it too: the table of the clients' specification."""

import re
from datetime import datetime
from urllib.parse import quote

import pytest

from tests.contract.drs.conftest import DRS
from tests.support.drs_examples import DATA_OBJECT
from tests.support.object_records import a_blob

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def get(hub, path, **params):
    answer = hub.get(f"{DRS}{path}", params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    return answer.json()


def no_nulls(value) -> bool:
    if isinstance(value, dict):
        return all(map(no_nulls, value.values()))
    return all(map(no_nulls, value)) if isinstance(value, list) else value is not None


def test_service_info_has_the_keys_of_the_standard_and_no_others(hub):
    info = get(hub, "/service-info")

    assert info["type"] == {"group": "org.ga4gh", "artifact": "drs", "version": "1.5.0"}
    assert set(info["organization"]) == {"name", "url"}
    assert {"id", "name", "version"} <= set(info)
    assert set(info) <= {
        *("id", "name", "type", "description", "organization", "contactUrl", "documentationUrl"),
        *("createdAt", "updatedAt", "environment", "version"),
    }


def test_a_blob_is_what_the_standard_says(hub, blob):
    shown = get(hub, f"/objects/{blob}")

    assert shown["id"] == blob
    assert shown["self_uri"] == f"drs://drs.example/{blob}"
    assert shown["size"] == 5
    assert RFC3339.fullmatch(shown["created_time"])
    assert RFC3339.fullmatch(shown["updated_time"])
    (checksum,) = shown["checksums"]
    assert set(checksum) == {"checksum", "type"}
    assert checksum["type"] == "sha-256"
    assert re.fullmatch("[0-9a-f]{64}", checksum["checksum"])
    assert shown["access_methods"] == [
        {"type": "s3", "access_id": "nmdc-runtime:sys0x", "region": "us-east-1"},
        {
            "type": "https",
            "access_url": {"url": "https://data.example/x", "headers": ["X-Y: z"]},
        },
    ]
    assert no_nulls(shown)
    assert not {"_mgr_site", "types", "contents"} & set(shown)


def test_access_is_told_at_the_base_path(hub, blob):
    access = get(hub, f"/objects/{blob}/access/nmdc-runtime:sys0x")

    assert set(access) == {"url"}
    assert "/do/sys0x?" in access["url"]


@pytest.mark.parametrize("quoted", [False, True])
def test_a_data_object_is_a_blob_by_its_id_raw_or_encoded(hub, database, quoted):
    database["data_object_set"].insert_one(dict(DATA_OBJECT))
    object_id = DATA_OBJECT["id"]
    asked = quote(object_id, safe="") if quoted else object_id

    shown = get(hub, f"/objects/{asked}")

    assert shown["id"] == object_id
    assert shown["self_uri"] == "drs://drs.example/nmdc%3Adobj-11-abc12345"
    assert shown["checksums"] == [{"checksum": DATA_OBJECT["md5_checksum"], "type": "md5"}]
    assert shown["size"] == DATA_OBJECT["file_size_bytes"]
    assert shown["access_methods"] == [{"type": "https", "access_url": {"url": DATA_OBJECT["url"]}}]
    assert RFC3339.fullmatch(shown["created_time"])
    assert no_nulls(shown)


@pytest.mark.parametrize(
    ("ended", "created"),
    [
        ("2025-03-04T05:06:07Z", "2025-03-04T05:06:07Z"),
        ("2025-03-04T05:06:07+02:00", "2025-03-04T03:06:07Z"),
        ("2025-03-04", "2025-03-04T00:00:00Z"),
    ],
)
def test_a_data_object_was_made_when_its_workflow_ended(hub, database, ended, created):
    database["data_object_set"].insert_one(dict(DATA_OBJECT))
    producer = {"id": "nmdc:wfmag-11-x.1", "has_output": [DATA_OBJECT["id"]]}
    database["workflow_execution_set"].insert_one({**producer, "ended_at_time": ended})

    assert get(hub, f"/objects/{DATA_OBJECT['id']}")["created_time"] == created


@pytest.mark.parametrize("ended", ["yesterday", 5, None])
def test_a_time_that_is_none_gives_way_to_that_of_the_record(hub, database, ended):
    made = database["data_object_set"].insert_one(dict(DATA_OBJECT)).inserted_id
    producer = {"id": "nmdc:wfmag-11-x.1", "has_output": [DATA_OBJECT["id"]]}
    database["workflow_execution_set"].insert_one({**producer, "ended_at_time": ended})

    shown = get(hub, f"/objects/{DATA_OBJECT['id']}")["created_time"]

    assert datetime.fromisoformat(shown) == made.generation_time


@pytest.mark.parametrize(
    ("lacks", "named"),
    [
        ("md5_checksum", "checksums"),
        ("file_size_bytes", "size"),
        ("url", "access_methods"),
    ],
)
def test_what_a_data_object_lacks_is_said_and_counted_and_not_invented(hub, database, lacks, named):
    database["data_object_set"].insert_many(
        [
            {**DATA_OBJECT, "id": "nmdc:dobj-11-whole"},
            {name: value for name, value in DATA_OBJECT.items() if name != lacks},
        ]
    )

    answer = hub.get(f"{DRS}/objects/{DATA_OBJECT['id']}")
    report = hub.get("/objects:drs_report").json()

    assert answer.status_code == 404
    assert answer.json()["missing"] == [named]
    assert answer.json()["msg"] == answer.json()["detail"]
    assert report["data_objects"] == 2
    assert report["data_objects_served"] == 1
    assert report["data_objects_without"] == {
        **dict.fromkeys(("size", "checksums", "access_methods"), 0),
        named: 1,
    }


def test_an_object_of_old_that_lacks_something_is_not_made_up_either(hub, database):
    database["objects"].insert_one({"id": "old", "checksums": [], "size": 1})

    answer = hub.get(f"{DRS}/objects/old")

    assert (answer.status_code, answer.json()["missing"]) == (404, ["checksums", "created_time"])


def test_a_bundle_lists_what_it_holds_directly(hub, nested, bundle):
    shown = get(hub, f"/objects/{nested}")

    assert shown["contents"][0] == {"name": "inner", "id": bundle}
    assert shown["contents"][1]["name"] == "inline"
    assert "access_methods" not in shown


@pytest.mark.parametrize("expand", ["true", "True"])
def test_an_expanded_bundle_lists_all_at_every_level(hub, nested, bundle, blob, expand):
    shown = get(hub, f"/objects/{nested}", expand=expand)

    inside = [{"name": "blob", "id": blob}]
    assert shown["contents"] == [
        {"name": "inner", "id": bundle, "contents": inside},
        {"name": "inline", "contents": [{"name": "again", "id": bundle, "contents": inside}]},
    ]
    assert no_nulls(shown)


def test_a_bundle_that_holds_itself_ends(hub, bundle, nested, as_site):
    member = [{"name": "outer", "id": nested}]
    changed = hub.patch(f"/objects/{bundle}", json={"contents": member}, headers=as_site)
    assert changed.status_code == 200

    shown = get(hub, f"/objects/{bundle}", expand="true")

    (outer,) = shown["contents"]
    assert outer["contents"][0] == {"name": "inner", "id": bundle}


def test_a_blob_expanded_is_the_blob(hub, blob):
    assert get(hub, f"/objects/{blob}", expand="true") == get(hub, f"/objects/{blob}")


def test_a_bundle_within_bundles_that_grows_beyond_measure_is_refused(hub, database):
    # Ten levels of ten names for the one below: 10^10 members, in eleven small records.
    common = {"checksums": [{"type": "md5"}], "size": 1, "created_time": "2026-01-01T00:00:00Z"}
    database["objects"].insert_many(
        [
            {
                "id": f"level{level}",
                "contents": [{"name": f"n{name}", "id": f"level{level - 1}"} for name in range(10)],
                **common,
                "checksums": [{"type": "md5", "checksum": f"{level}"}],
            }
            for level in range(1, 11)
        ]
    )

    answer = hub.get(f"{DRS}/objects/level10", params={"expand": "true"})

    assert answer.status_code == 413
    assert "10000" in answer.json()["msg"]
    assert hub.get(f"{DRS}/objects/level10").status_code == 200


def test_a_get_with_a_body_is_a_get(hub, blob):
    for path in (f"/objects/{blob}", "/service-info"):
        answer = hub.request("GET", f"{DRS}{path}", json={})
        assert answer.status_code == 200


def test_a_malformed_basic_login_is_ignored(hub, blob):
    answer = hub.get(f"{DRS}/objects/{blob}", headers={"Authorization": "Basic user:pass"})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/objects/sys0none", 404),
        ("GET", "/objects/nmdc:dobj-11-none", 404),
        ("GET", "/objects/nmdc:sty-11-none", 404),
        ("GET", "/objects/sys0none?expand=true", 404),
        ("GET", "/objects/sys0none/access/x", 404),
        ("OPTIONS", "/objects/sys0none", 404),
        ("GET", "/objects/a%20b", 400),
        ("GET", "/objects/sys0none?expand=perhaps", 400),
        ("GET", "/nothing", 404),
        ("POST", "/objects", 405),
        ("POST", "/objects/access", 405),
        ("POST", "/objects/sys0none", 405),
        ("POST", "/objects/sys0none/access/x", 405),
        ("PUT", "/objects/sys0none", 405),
        ("DELETE", "/objects/sys0none", 405),
        ("POST", "/service-info", 405),
    ],
)
def test_an_error_is_json_with_the_members_of_the_standard(hub, method, path, status):
    body = {"passports": ["x"], "bulk_object_ids": ["y"]} if method == "POST" else None
    answer = hub.request(method, f"{DRS}{path}", json=body)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["status_code"] == status
    assert isinstance(answer.json()["msg"], str)
    assert answer.json()["detail"]


def test_an_unknown_access_id_is_not_found(hub, blob):
    answer = hub.get(f"{DRS}/objects/{blob}/access/other")

    assert (answer.status_code, answer.json()["status_code"]) == (404, 404)


def test_how_to_get_at_an_object_is_told(hub, blob, database):
    database["data_object_set"].insert_one(dict(DATA_OBJECT))

    for object_id in (blob, DATA_OBJECT["id"]):
        answer = hub.options(f"{DRS}/objects/{object_id}")
        assert answer.status_code == 200
        assert answer.json() == {"drs_object_id": object_id, "supported_types": ["None"]}


def test_how_to_get_at_many_objects_is_told_at_once(hub, blob):
    asked = {"bulk_object_ids": [blob, "sys0none", "nmdc:dobj-11-none", blob]}

    answer = hub.request("OPTIONS", f"{DRS}/objects", json=asked)

    assert answer.status_code == 200
    assert answer.json() == {
        "summary": {"requested": 3, "resolved": 1, "unresolved": 2},
        "resolved_drs_object": [{"drs_object_id": blob, "supported_types": ["None"]}],
        "unresolved_drs_objects": [
            {"error_code": 404, "object_ids": ["sys0none", "nmdc:dobj-11-none"]}
        ],
    }


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"bulk_object_ids": "x"}, 400),
        ({"bulk_object_ids": []}, 400),
        ({"bulk_object_ids": [1]}, 400),
        ([], 400),
        ({"bulk_object_ids": [f"id{number}" for number in range(1001)]}, 413),
    ],
)
def test_a_bulk_request_that_cannot_be_answered_says_so(hub, body, status):
    answer = hub.request("OPTIONS", f"{DRS}/objects", json=body)

    assert answer.status_code == answer.json()["status_code"] == status


def test_a_browser_still_asks_whether_it_may(hub, blob):
    preflight = {
        "Origin": "https://data.microbiomedata.org",
        "Access-Control-Request-Method": "GET",
    }

    asked = hub.options(f"{DRS}/objects/{blob}", headers=preflight)
    told = hub.options(f"{DRS}/objects/{blob}", headers={"Origin": preflight["Origin"]})

    assert asked.status_code == 200
    assert asked.headers["Access-Control-Allow-Origin"] == preflight["Origin"]
    assert "GET" in asked.headers["Access-Control-Allow-Methods"]
    assert told.json()["drs_object_id"] == blob


@pytest.mark.parametrize("kind", ["sha-256", "sha256"])
def test_either_name_of_a_digest_comes_out_as_the_standards(hub, register, kind):
    made = register(a_blob(checksums=[{"type": kind, "checksum": "ab" * 32}]))

    assert get(hub, f"/objects/{made}")["checksums"][0]["type"] == "sha-256"


class TestWithTheRedirectOfOld:
    @pytest.fixture
    def settings(self, settings):
        drs = settings.drs.model_copy(update={"redirect_objects": True, "spec_version": "1.2.0"})
        return settings.model_copy(update={"drs": drs})

    def test_objects_lead_to_the_other_path_and_data_objects_do_not(self, hub, database):
        database["data_object_set"].insert_one(dict(DATA_OBJECT))

        moved = hub.get(f"{DRS}/objects/sys0any", follow_redirects=False)

        assert moved.status_code == 303
        assert moved.headers["Location"] == "http://drs.example:8000/objects/sys0any"
        assert hub.get(f"{DRS}/objects/{DATA_OBJECT['id']}").status_code == 200
        assert get(hub, "/service-info")["type"]["version"] == "1.2.0"
