"""``/admin/allowances`` and ``/admin/denials``."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from nmdc_runtime.allowances.models import AllowanceAction
from tests.support.people import a_user, allow, an_api_key

REFUSAL = "Only admin users can manage allowances."
SUBMIT = "/metadata/json:submit"
STAGE = "/wf_file_staging"
ALLOW, DENY = "/admin/allowances", "/admin/denials"
COLLECTION = {ALLOW: "_runtime.api.allow", DENY: "_runtime.api.deny"}
NOUN = {ALLOW: "Allowance", DENY: "Denial"}
both = pytest.mark.parametrize("path", [ALLOW, DENY])


def row(username="ada", action=SUBMIT):
    return {"username": username, "action": action}


def test_all_rows_are_listed_and_filtered_by_name_by_action_and_by_both(hub, as_admin, database):
    allow(hub, as_admin, "ada", SUBMIT, STAGE)
    allow(hub, as_admin, "bob", SUBMIT)

    def listed(**params):
        response = hub.get("/admin/allowances", params=params, headers=as_admin)
        assert response.status_code == 200
        return [(each["username"], each["action"]) for each in response.json()["resources"]]

    everything = listed()
    assert len(everything) == database["_runtime.api.allow"].count_documents({})
    assert listed(username="ada") == [("ada", SUBMIT), ("ada", STAGE)]
    assert listed(action=SUBMIT) == [("ada", SUBMIT), ("admin", SUBMIT), ("bob", SUBMIT)]
    assert listed(username="bob", action=SUBMIT) == [("bob", SUBMIT)]
    assert listed(username="bob", action=STAGE) == []
    assert listed(username="") == everything
    bad = hub.get("/admin/allowances?action=potato", headers=as_admin)
    assert bad.status_code == 422


@both
def test_a_row_is_created_once_and_deleted_once(hub, as_admin, database, path):
    rows, noun = database[COLLECTION[path]], NOUN[path]
    created = hub.post(path, json=row(), headers=as_admin)
    assert (created.status_code, created.json()) == (201, row())
    assert rows.count_documents(row()) == 1

    again = hub.post(path, json=row(), headers=as_admin)
    assert again.status_code == 409
    detail = f"{noun} already exists for user 'ada' and action '{SUBMIT}'"
    assert (again.json()["detail"], again.json()["code"]) == (detail, "allowance_already_exists")

    assert hub.get(path, params={"username": "ada"}, headers=as_admin).json() == {
        "resources": [row()]
    }
    deleted = hub.delete(path, params=row(), headers=as_admin)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert rows.count_documents(row()) == 0

    missing = hub.delete(path, params=row(), headers=as_admin)
    assert missing.status_code == 404
    assert missing.json()["detail"] == (
        f"No {noun.lower()} found for user 'ada' and action '{SUBMIT}'"
    )


@both
def test_of_two_who_create_the_same_row_at_once_one_gets_201_and_one_409(hub, as_admin, path):
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda _: hub.post(path, json=row(), headers=as_admin), range(2))
        assert sorted(response.status_code for response in found) == [201, 409]


@both
def test_an_incomplete_or_unknown_row_is_422(hub, as_admin, path):
    for params in ({"username": "ada"}, {"action": SUBMIT}, row(action="potato")):
        assert hub.delete(path, params=params, headers=as_admin).status_code == 422
        assert hub.post(path, json=params, headers=as_admin).status_code == 422


@both
def test_who_may_not_manage_allowances_sees_and_changes_none(
    hub, as_admin, as_site, database, path
):
    user = a_user(hub, as_admin, "ada", site_admin=["nmdc-runtime-useradmin"])
    before = list(database[COLLECTION[path]].find())
    requests = [("GET", path), ("POST", path), ("DELETE", path)]
    for headers in (user, as_site, an_api_key(hub, as_admin, SUBMIT)):
        for method, url in [*requests, ("GET", "/admin/allowances/actions")]:
            response = hub.request(method, url, params=row(), json=row(), headers=headers)
            assert (response.status_code, response.json()["detail"]) == (403, REFUSAL)
            assert response.json()["missing_permission"] == "/admin/allowances"
    for method, url in requests:
        assert hub.request(method, url, params=row(), json=row()).status_code == 401
    assert list(database[COLLECTION[path]].find()) == before


def test_the_actions_are_those_of_the_enumeration(hub, as_admin):
    response = hub.get("/admin/allowances/actions", headers=as_admin)
    assert response.status_code == 200
    assert response.json() == sorted(action.value for action in AllowanceAction)


def test_a_denial_wins_at_once_also_for_a_site_client(hub, as_admin, as_site):
    allow(hub, as_admin, "own-client", "/admin/site_clients")
    path = "/admin/site_clients/own-client"
    assert hub.patch(path, json={}, headers=as_site).status_code == 204
    denial = row("own-client", "/admin/site_clients")
    hub.post("/admin/denials", json=denial, headers=as_admin).raise_for_status()
    assert hub.patch(path, json={}, headers=as_site).status_code == 403


def test_an_api_key_manages_allowances_only_if_that_is_its_scope(hub, as_admin):
    key = an_api_key(hub, as_admin, "/admin/allowances")
    assert hub.post("/admin/allowances", json=row(), headers=key).status_code == 201
