"""Superseded and failed records in lists: shown, left out, and bound to the token."""

import pytest

LIST = "/nmdcschema/workflow_execution_set"


@pytest.fixture
def executions(database) -> list[str]:
    """Ten workflow executions: every second superseded, every fifth failed."""
    documents = [
        {
            "id": f"nmdc:wfmgan-11-{n}.1",
            **({"superseded_by": "nmdc:wfmgan-11-x.2"} if n % 2 else {}),
            **({"qc_status": "fail"} if n % 5 == 0 else {}),
        }
        for n in range(10)
    ]
    database["workflow_execution_set"].insert_many(documents)
    return [each["id"] for each in documents]


def ids(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["resources"]]


def test_records_are_left_out_if_the_client_says_so_only(hub, executions):
    for query, expected in (
        ({}, executions),
        ({"include_superseded": "True", "include_failed": "true"}, executions),
        ({"include_superseded": "False"}, executions[::2]),
        ({"include_failed": "false"}, [e for n, e in enumerate(executions) if n % 5]),
        ({"include_superseded": "false", "include_failed": "0"}, executions[2::2]),
        ({"include_failed": "maybe", "include_superseded": ""}, executions),
    ):
        assert ids(hub.get(LIST, params=query)) == expected, query
        assert ids(hub.post(f"{LIST}:search", params=query)) == expected, query
    lines = hub.get(
        LIST,
        params={"include_superseded": "false", "projection": "id"},
        headers={"Accept": "text/csv"},
    )
    assert lines.text.split() == ["id", *executions[::2]]


def test_a_token_remembers_what_is_left_out_and_takes_no_other_wish(hub, executions):
    sent = {"include_superseded": "false", "max_page_size": 2}
    token = hub.get(LIST, params=sent).json()["next_page_token"]
    for again in ({}, sent):
        assert ids(hub.get(LIST, params={**again, "page_token": token})) == executions[4:8:2]
    refused = hub.get(LIST, params={"include_superseded": "true", "page_token": token})
    assert refused.status_code == 400
    assert "another `include_superseded` or `include_failed`" in refused.json()["detail"]
    plain = hub.get(LIST, params={"max_page_size": 2}).json()["next_page_token"]
    changed = hub.get(LIST, params={"include_failed": "false", "page_token": plain})
    assert changed.status_code == 400


def test_a_collection_that_knows_neither_leaves_nothing_out(hub, database):
    database["study_set"].insert_one({"id": "nmdc:sty-11-a", "qc_status": "fail"})
    query = {"include_superseded": "false", "include_failed": "false"}
    assert ids(hub.get("/nmdcschema/study_set", params=query)) == ["nmdc:sty-11-a"]
