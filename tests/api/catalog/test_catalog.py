"""``/workflows``, ``/capabilities``, ``/object_types``, ``/triggers``, and their admin routes."""

import pytest

COUNTS = {"workflows": 19, "capabilities": 19, "object_types": 34, "triggers": 14}
ID_OF_DATABASE = "schema%23/definitions/Database"


@pytest.mark.parametrize(("kind", "count"), COUNTS.items())
def test_all_rows_are_listed_as_a_plain_array_and_each_is_found(hub, kind, count):
    rows = hub.get(f"/{kind}").raise_for_status().json()

    assert len(rows) == count
    for row in rows:
        path = f"/{kind}/{row['id'].replace('#', '%23')}"
        assert hub.get(path).json() == row


@pytest.mark.parametrize("kind", COUNTS)
def test_a_row_that_is_not_there_is_not_found(hub, kind):
    answer = hub.get(f"/{kind}/no")

    assert (answer.status_code, answer.json()["detail"]) == (404, "Not found")


def test_rows_have_their_published_fields_and_dates_without_a_zone(hub):
    assert hub.get("/workflows/metab-2.1.0").json() == {
        "id": "metab-2.1.0",
        "name": "Metabolomics  (v2.1.0)",
        "description": None,
        "capability_ids": [],
        "created_at": "2021-06-01T00:00:00",
    }
    assert hub.get("/capabilities/test").json() == {
        "id": "test",
        "name": "A test workflow",
        "description": "For use in unit and integration tests",
        "created_at": "2021-09-09T00:00:00",
    }
    assert hub.get("/object_types/nom-input").json() == {
        "id": "nom-input",
        "name": "Raw FTMS MetaB Input",
        "description": "",
        "created_at": "2021-09-07T00:00:00",
    }
    assert hub.get("/triggers/test--test").json() == {
        "id": "test--test",
        "object_type_id": "test",
        "workflow_id": "test",
        "created_at": "2021-09-09T00:00:00",
    }


def test_triggers_join_object_types_and_workflows(hub):
    workflows = hub.get("/object_types/metagenome_sequencing_activity_set/workflows").json()
    types = hub.get("/workflows/metag-1.0.0/object_types").json()

    assert [each["id"] for each in workflows] == ["metag-1.0.0"]  # mgrc-1.0.6 is no workflow
    assert sorted(each["id"] for each in types) == [
        "metagenome_raw_paired_end_reads",
        "metagenome_sequencing_activity_set",
    ]
    assert hub.get("/object_types/no/workflows").json() == []
    assert hub.get("/workflows/no/object_types").json() == []
    assert hub.get("/workflows/test/capabilities").json() == []
    assert hub.get("/workflows/no/capabilities").status_code == 404


def test_the_triggers_of_a_workflow_are_listed_also_of_one_that_does_not_exist(hub):
    assert hub.get("/workflows/test/triggers").json() == [
        {
            "id": "test--test",
            "object_type_id": "test",
            "workflow_id": "test",
            "created_at": "2021-09-09T00:00:00Z",
        }
    ]
    assert len(hub.get("/workflows/mgrc-1.0.6/triggers").json()) == 1
    assert hub.get("/workflows/no/triggers").json() == []


def test_an_object_type_with_a_slash_in_its_id_is_reached(hub):
    answer = hub.get(f"/object_types/{ID_OF_DATABASE}")

    assert answer.json()["id"] == "schema#/definitions/Database"
    assert hub.get(f"/object_types/{ID_OF_DATABASE}/workflows").json() == []
    encoded = ID_OF_DATABASE.replace("/", "%2F")
    assert hub.get(f"/object_types/{encoded}").json() == answer.json()


def test_rows_of_older_deployments_may_lack_fields(hub, database):
    database["workflows"].insert_one({"id": "old-1", "managed_by": "administrator"})

    assert hub.get("/workflows/old-1").json() == {
        "id": "old-1",
        "name": None,
        "description": None,
        "capability_ids": [],
        "created_at": None,
    }


def test_an_administrator_adds_changes_and_removes_rows(hub, as_admin):
    added = [
        hub.post("/admin/capabilities", json={"id": "gpu", "name": "GPUs"}, headers=as_admin),
        hub.post("/admin/object_types", json={"id": "a/b", "name": "AB"}, headers=as_admin),
        hub.post(
            "/admin/workflows",
            json={"id": "w-1", "name": "W", "capability_ids": ["gpu"], "exclusive": True},
            headers=as_admin,
        ),
        hub.post(
            "/admin/triggers",
            json={"object_type_id": "a/b", "workflow_id": "w-1"},
            headers=as_admin,
        ),
    ]

    assert [answer.status_code for answer in added] == [201] * 4
    assert all(answer.json()["created_at"].endswith("Z") for answer in added)
    workflow = hub.get("/workflows/w-1").json()
    assert workflow["exclusive"] is True
    assert "managed_by" not in workflow
    assert hub.get("/triggers/a/b--w-1").json()["object_type_id"] == "a/b"
    assert [each["id"] for each in hub.get("/workflows/w-1/capabilities").json()] == ["gpu"]

    patches = {
        "workflows/w-1": {"exclusive": False},
        "capabilities/gpu": {"name": "G"},
        "object_types/a/b": {"description": "x"},
    }
    for path, patch in patches.items():
        answer = hub.patch(f"/admin/{path}", json=patch, headers=as_admin)
        assert answer.status_code == 200
    assert "exclusive" not in hub.get("/workflows/w-1").json()
    assert hub.get("/object_types/a/b").json()["description"] == "x"

    for path in ("triggers/a/b--w-1", "workflows/w-1", "capabilities/gpu", "object_types/a/b"):
        assert hub.delete(f"/admin/{path}", headers=as_admin).status_code == 204
        assert hub.get(f"/{path}").status_code == 404


@pytest.mark.parametrize(
    ("request_line", "body", "refusal"),
    [
        ("POST workflows", {"id": "test", "name": "x"}, (409, "row_exists")),
        ("POST triggers", {"object_type_id": "x", "workflow_id": "y"}, (422, "rows_unknown")),
        ("DELETE workflows/test", None, (409, "row_built_in")),
        ("DELETE workflows/no", None, (404, "not_in_catalog")),
        ("PATCH capabilities/no", {"name": "x"}, (404, "not_in_catalog")),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_code(hub, as_admin, request_line, body, refusal):
    method, path = request_line.split()
    answer = hub.request(method, f"/admin/{path}", json=body, headers=as_admin)

    assert (answer.status_code, answer.json()["code"]) == refusal


@pytest.mark.parametrize(
    "body",
    [{"id": "a b", "name": "x"}, {"id": "a/b", "name": "x"}, {"id": "a"}, {"id": "a", "name": ""}],
)
def test_a_malformed_row_is_refused(hub, as_admin, body):
    assert hub.post("/admin/workflows", json=body, headers=as_admin).status_code == 422


def test_a_row_in_use_is_not_removed(hub, as_admin):
    hub.post("/admin/workflows", json={"id": "w-1", "name": "W"}, headers=as_admin)
    body = {"object_type_id": "test", "workflow_id": "w-1"}
    hub.post("/admin/triggers", json=body, headers=as_admin)

    answer = hub.delete("/admin/workflows/w-1", headers=as_admin)

    assert (answer.status_code, answer.json()["used_by"]) == (409, ["the trigger 'test--w-1'"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("POST", kind) for kind in COUNTS),
        *(("PATCH", f"{kind}/test") for kind in COUNTS if kind != "triggers"),
        *(("DELETE", f"{kind}/test") for kind in COUNTS),
    ],
)
def test_only_who_may_changes_the_catalogue(hub, as_site, method, path):
    bodies = {"workflows": {"id": "x", "name": "x"}, "triggers": {}}
    body = bodies.get(path, {"id": "x", "name": "x", "object_type_id": "x", "workflow_id": "x"})
    body = {"object_type_id": "x", "workflow_id": "x", **body}

    as_other = hub.request(method, f"/admin/{path}", json=body, headers=as_site)
    anonymous = hub.request(method, f"/admin/{path}", json=body)

    assert (as_other.status_code, anonymous.status_code) == (403, 401)
    assert as_other.json()["missing_permission"] == "/admin/catalog"
