"""Walking by cursor: every document once, under any sort, whatever happens meanwhile."""

from datetime import timedelta

import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nmdc_runtime.find.cursors import read_cursor, write_cursor
from nmdc_runtime.find.models import Finding, FindParameters


def step(hub, path: str = "/studies", **parameters):
    answer = hub.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def walk(hub, path: str = "/studies", *, resend: bool = True, **parameters):
    """Return the pages that a client gets who follows the cursors to the end."""
    pages = [step(hub, path, cursor="*", **parameters)]
    while cursor := pages[-1]["meta"]["next_cursor"]:
        pages.append(step(hub, path, cursor=cursor, **(parameters if resend else {})))
    return pages


def ids(*pages) -> list[str]:
    return [each["id"] for page in pages for each in page["results"]]


@settings(
    deadline=timedelta(seconds=10),
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # the walks only read
)
@given(
    size=st.integers(min_value=1, max_value=31),
    sort=st.sampled_from(["", "name", "name:desc,size:desc", "notes", "notes:desc", "id:desc"]),
    resend=st.booleans(),
)
def test_a_walk_gives_every_document_once(hub, studies, size, sort, resend):
    pages = walk(hub, sort=sort, per_page=size, resend=resend)
    assert sorted(ids(*pages)) == [each["id"] for each in studies]
    numbered = [step(hub, sort=sort, per_page=size, page=n + 1) for n in range(len(pages))]
    assert ids(*pages) == ids(*numbered)
    assert all(len(page["results"]) == size for page in pages[:-1])


def test_each_page_tells_the_total_and_the_next_cursor(hub, studies):
    pages = walk(hub, filter="size:<7", sort="name", fields="name", per_page=3, resend=False)
    assert [len(page["results"]) for page in pages] == [3, 3, 1]
    for page in pages:
        meta = page["meta"]
        assert (meta["count"], meta["page"], meta["per_page"]) == (7, None, 3)
        assert meta["mongo_sort_list"] == [["name", 1], ["id", 1]]
        assert meta["fields"] == "name"
    assert isinstance(pages[0]["meta"]["next_cursor"], str)
    assert pages[-1]["meta"]["next_cursor"] is None
    nothing = step(hub, filter="id:none", cursor="*")
    assert (nothing["meta"]["count"], nothing["meta"]["next_cursor"]) == (0, None)
    assert nothing["results"] == []
    assert step(hub, filter="id:nmdc:sty-11-003", cursor="*")["meta"]["count"] == 1


def test_a_cursor_can_be_sent_again_and_disturbs_nobody(hub, studies, database):
    cursor = step(hub, cursor="*", sort="size", per_page=10)["meta"]["next_cursor"]
    first = step(hub, cursor=cursor)
    assert ids(first) == [each["id"] for each in studies[10:20]]
    # What is written before the place, or taken away there, moves nothing behind it.
    database["study_set"].delete_one({"id": studies[9]["id"]})
    database["study_set"].insert_one({"id": "nmdc:sty-11-0035", "size": 3.5})
    assert step(hub, cursor=cursor)["results"] == first["results"]
    assert "page_tokens" not in database.list_collection_names()


def test_another_query_with_a_cursor_is_400(hub, studies):
    sent = {"filter": "size:>1", "sort": "name", "fields": "name", "per_page": 5}
    cursor = step(hub, cursor="*", **sent)["meta"]["next_cursor"]
    for name, text in (("filter", "size:>2"), ("sort", "size"), ("fields", "size")):
        answer = hub.get("/studies", params={**sent, name: text, "cursor": cursor})
        assert answer.status_code == 400
        assert f"another `{name}`" in answer.json()["detail"]
    assert len(step(hub, cursor=cursor, per_page=2)["results"]) == 2


def test_a_filter_too_long_for_its_cursor_must_be_sent_again(hub, studies):
    sent = {"filter": "size:>1,absent.search:" + "|" * 2_500, "per_page": 5}
    sent["filter"] = f"name.search:name|{'x' * 2_500}"
    cursor = step(hub, cursor="*", **sent)["meta"]["next_cursor"]
    refused = hub.get("/studies", params={"cursor": cursor})
    assert refused.status_code == 400
    assert "send it again" in refused.json()["detail"]
    assert len(step(hub, cursor=cursor, **sent)["results"]) == 5


def test_a_cursor_that_leads_nowhere_is_400_without_a_hint_of_content(hub, studies):
    cursor = step(hub, cursor="*", per_page=5)["meta"]["next_cursor"]
    claims = jwt.decode(cursor, options={"verify_signature": False})
    forged = jwt.encode({**claims, "after": '["nmdc:"]'}, "k" * 64, algorithm="HS256")
    service = hub.app.state.reads.find
    finding = Finding(path="/studies", collections=("study_set",))
    good = read_cursor(FindParameters(cursor=cursor), finding, service.tokens, default_size=25)
    assert good.per_page == 5
    elsewhere = write_cursor(
        good, Finding(path="/jobs", collections=("study_set",)), service.tokens
    )
    for bad in ("", "nmdc:sys06k47", "**", "ü", forged, elsewhere, cursor[:-2]):
        answer = hub.get("/studies", params={"cursor": bad})
        assert (answer.status_code, answer.json()["detail"]) == (400, "Bad cursor value"), bad
        assert "nmdc:sty" not in answer.text
    assert hub.get("/biosamples", params={"cursor": cursor}).status_code == 400


def test_a_walk_remembers_which_records_are_shown(hub, database):
    database["data_object_set"].insert_many(
        {"id": f"nmdc:dobj-11-{n}", **({"superseded_by": "x"} if n % 2 else {})} for n in range(9)
    )
    pages = walk(hub, "/data_objects", include_superseded="false", per_page=2, resend=False)
    assert ids(*pages) == [f"nmdc:dobj-11-{n}" for n in (0, 2, 4, 6, 8)]
    assert {page["meta"]["count"] for page in pages} == {5}
    cursor = pages[0]["meta"]["next_cursor"]
    changed = {"cursor": cursor, "include_superseded": "true"}
    assert hub.get("/data_objects", params=changed).status_code == 400


@pytest.mark.parametrize("field", ["alternative_identifiers", "name"])
def test_the_loop_of_bertron_gets_all_biosamples_in_pages_of_2000(hub, database, field):
    database["biosample_set"].insert_many(
        {"id": f"nmdc:bsm-11-{n:05}", field: f"gold:Gb{n}", "associated_studies": [f"s{n}"]}
        for n in range(4_100)
    )
    pages = walk(hub, "/biosamples", per_page=2000, resend=False)
    assert [len(page["results"]) for page in pages] == [2000, 2000, 100]
    assert len(set(ids(*pages))) == 4_100
