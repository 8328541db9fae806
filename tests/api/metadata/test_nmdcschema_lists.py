"""Lists under ``/nmdcschema``: what every client of ours sends, and what must be refused."""

import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import jwt
import psutil
import pytest
from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

COUNT = 45
STUDIES = "/nmdcschema/study_set"


@pytest.fixture
def studies(hub, database) -> list[dict[str, Any]]:
    """45 studies, stored in no order."""
    documents = [
        {"id": f"nmdc:sty-11-{number:03}", "type": "nmdc:Study", "name": f"study {number}"}
        for number in range(COUNT)
    ]
    database["study_set"].insert_many(
        dict(documents[(number * 7) % COUNT]) for number in range(COUNT)
    )
    return documents


def pages(hub, path: str, *, resend: bool = True, **parameters: Any) -> Iterator[list[Any]]:
    """Yield the pages of a list as a client reads them."""
    token: dict[str, str] = {}
    while True:
        sent = parameters | token if resend or not token else token
        answer = hub.get(path, params=sent)
        assert answer.status_code == 200, answer.text
        yield answer.json()["resources"]
        if not answer.json().get("next_page_token"):
            return
        token = {"page_token": answer.json()["next_page_token"]}


def first_token(hub, path: str = STUDIES, **parameters: Any) -> str:
    token: str = hub.get(path, params=parameters).json()["next_page_token"]
    return token


def test_a_page_holds_twenty_documents_in_the_order_of_ids_and_a_token(hub, studies):
    answer = hub.get(STUDIES)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["resources"] == studies[:20]
    assert answer.text.startswith('{"resources":[{"id":"nmdc:sty-11-000",')


def test_the_last_page_has_no_token_at_all(hub, studies):
    plain = {"Accept-Encoding": "identity"}
    answer = hub.get(STUDIES, params={"max_page_size": COUNT}, headers=plain)
    assert answer.json() == {"resources": studies}
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_an_empty_collection_is_an_empty_list(hub):
    assert hub.get(STUDIES).text == '{"resources":[]}'


@settings(
    deadline=None,
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # the walks only read
)
@given(size=st.integers(min_value=-2, max_value=COUNT + 1), resend=st.booleans())
def test_following_the_tokens_gives_every_document_once(hub, studies, size, resend):
    walked = list(pages(hub, STUDIES, resend=resend, max_page_size=size))
    assert [each for page in walked for each in page] == studies


def test_a_token_remembers_filter_projection_and_page_size(hub, studies):
    expected = [{"id": each["id"], "name": each["name"]} for each in studies[30:]]
    sent = {"filter": '{"id": {"$gte": "nmdc:sty-11-030"}}', "projection": "name"}
    for resend in (True, False):
        walked = pages(hub, STUDIES, resend=resend, **sent, max_page_size=6)
        assert list(walked) == [expected[:6], expected[6:12], expected[12:]]


def test_another_page_size_may_be_sent_with_a_token(hub, studies):
    token = first_token(hub, max_page_size=5)
    answer = hub.get(STUDIES, params={"page_token": token, "max_page_size": 0})
    assert answer.json() == {"resources": studies[5:]}


def test_a_token_can_be_used_again_so_that_a_lost_answer_loses_nothing(hub, studies):
    token = first_token(hub)
    answers = [hub.get(STUDIES, params={"page_token": token}) for _ in range(3)]
    assert [each.json()["resources"] for each in answers] == [studies[20:40]] * 3


def test_documents_that_come_and_go_between_pages_disturb_no_others(hub, studies, database):
    token = first_token(hub)
    database["study_set"].delete_one({"id": studies[19]["id"]})
    database["study_set"].insert_one({"id": "nmdc:sty-11-0000"})
    answer = hub.get(STUDIES, params={"page_token": token})
    assert answer.json()["resources"] == studies[20:40]


def test_a_token_with_another_query_is_400(hub, studies):
    sent = {"filter": '{"type": "nmdc:Study"}', "projection": "name"}
    token = first_token(hub, **sent)
    for changed, named in (
        ({"filter": '{"name": "x"}'}, "`filter`"),
        ({"filter": "{}"}, "`filter`"),
        ({"projection": "type"}, "`projection`"),
    ):
        answer = hub.get(STUDIES, params={**sent, **changed, "page_token": token})
        assert answer.status_code == 400
        assert f"another {named}" in answer.json()["detail"]


def test_a_long_filter_must_come_with_its_token(hub, studies):
    ids = [each["id"] for each in studies] + [f"nmdc:sty-11-absent{n}" for n in range(400)]
    sent = {"filter": json.dumps({"id": {"$in": ids}}), "max_page_size": 40}
    token = first_token(hub, **sent)
    refused = hub.get(STUDIES, params={"page_token": token})
    assert refused.status_code == 400
    assert "send it again" in refused.json()["detail"]
    answer = hub.get(STUDIES, params={**sent, "page_token": token})
    assert answer.json() == {"resources": studies[40:]}


def test_a_token_that_nobody_made_is_400_in_the_published_words(hub, studies):
    for token in ("FAKETOKEN", "nmdc:sys06k47", "a.b.c", "ü", "eyJ.e30."):
        answer = hub.get(STUDIES, params={"page_token": token})
        assert answer.status_code == 400
        assert answer.json()["detail"] == "`page_token` not found"


def test_a_tampered_token_is_400(hub, studies):
    claims = jwt.decode(first_token(hub), options={"verify_signature": False})
    forged = jwt.encode({**claims, "after": '"nmdc:sty-11-000"'}, "k" * 64, algorithm="HS256")
    assert hub.get(STUDIES, params={"page_token": forged}).status_code == 400


def test_a_token_is_good_on_its_own_list_only(hub, studies):
    token = first_token(hub)
    for path in ("/nmdcschema/biosample_set", "/operations", "/jobs"):
        answer = hub.get(path, params={"page_token": token})
        assert answer.status_code == 400
        assert "another list" in answer.json()["detail"]


def test_a_trailing_slash_leads_to_the_same_list(hub, studies):
    answer = hub.get(f"{STUDIES}/", params={"page_token": first_token(hub)})
    assert answer.json()["resources"] == studies[20:40]


def test_a_collection_without_ids_is_paged_by_objectid(hub, database):
    rows = [
        {"was_generated_by": f"nmdc:wfmgan-11-{n}", "type": "nmdc:FunctionalAnnotationAggMember"}
        for n in range(12)
    ]
    database["functional_annotation_agg"].insert_many(dict(row) for row in rows)
    path = "/nmdcschema/functional_annotation_agg"
    walked = list(pages(hub, path, resend=False, max_page_size=5))
    assert walked == [rows[:5], rows[5:10], rows[10:]]
    named = hub.get(path, params={"projection": "type", "max_page_size": 1})
    assert named.json()["resources"] == [{"type": "nmdc:FunctionalAnnotationAggMember"}]


def test_a_filter_on_the_objectid_works(hub, studies, database):
    key = ObjectId()
    database["study_set"].insert_one({"_id": key, "id": "nmdc:sty-11-x"})
    answer = hub.get(STUDIES, params={"filter": json.dumps({"_id": {"$oid": str(key)}})})
    assert answer.json() == {"resources": [{"id": "nmdc:sty-11-x"}]}


def test_a_regular_expression_beside_another_operator_counts_with_it(hub, studies):
    sent = '{"name": {"$regex": "^study 1", "$ne": "study 1"}}'
    answer = hub.get(STUDIES, params={"filter": sent, "max_page_size": 50})
    assert [each["name"] for each in answer.json()["resources"]] == [
        f"study {number}" for number in range(10, 20)
    ]


def test_a_filter_on_the_id_and_a_token_go_together(hub, studies):
    sent = {"filter": '{"id": {"$gt": "nmdc:sty-11-009", "$lte": "nmdc:sty-11-013"}}'}
    walked = list(pages(hub, STUDIES, **sent, max_page_size=2))
    assert [each for page in walked for each in page] == studies[10:14]


ACCEPTED = {
    "R1 empty values": "filter=&projection=&page_token=",
    "R2 unknown parameters": "include_superseded=true&sort_by=x&max_page_size=20",
    "R4 an empty leading parameter": "&filter={}",
    "R5 blanks before the brace": "filter=%20%20%7B%22type%22:%22nmdc:Study%22%7D",
    "R5 JSON as it is": 'filter={"type":"nmdc:Study","name":{"$ne":"a"}}',
    "R5 blanks as plus signs": "filter=%7B%22type%22%3A+%22nmdc%3AStudy%22%7D",
    "R6 null": "filter=null",
    "R7 names with blanks": "projection=id, type, name",
    "R7 names as a JSON string": "projection=%22id%2C+type,name%22",
    "names as a JSON array": 'projection=["id","type","name"]',
    "names as a JSON object": 'projection={"id":1,"type":1,"name":1}',
    "a comma too many": "projection=id,type,name,",
    "a path below a named one": "projection=id,type,name,name.x",
    "R13 a large page": "max_page_size=999999",
    "a page size larger than any integer of MongoDB's": "max_page_size=99999999999999999999",
    "everything": "max_page_size=-1",
}


def test_what_clients_send_is_accepted(hub, studies):
    for what, query in ACCEPTED.items():
        answer = hub.get(f"{STUDIES}?{query}")
        assert answer.status_code == 200, (what, answer.text)
        assert answer.json()["resources"][:20] == studies[:20], what


def test_a_get_with_a_body_or_odd_headers_is_accepted(hub, studies):
    for headers in (
        {"Content-Type": "application/json"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Authorization": "Basic user:pass"},
    ):
        answer = hub.request("GET", STUDIES, content=b"{}", headers=headers)
        assert answer.status_code == 200, headers


def test_a_query_that_cannot_be_is_422_and_says_why(hub, studies):
    for parameters, said in (
        ({"filter": "type:nmdc:Study"}, "must start with '{' and end with '}'"),
        ({"filter": "{'type': 1}"}, "Given `filter` is not valid JSON: Expecting"),
        ({"filter": '{"$where": "sleep(10000)"}'}, "operator `$where`"),
        ({"filter": '{"$or": [{"a": {"$elemMatch": {"$where": "1"}}}]}'}, "operator `$where`"),
        (
            {"filter": '{"$expr": {"$function": {"body": "f", "args": [], "lang": "js"}}}'},
            "operator `$function`",
        ),
        ({"filter": '{"$expr": {"$accumulator": {}}}'}, "operator `$accumulator`"),
        ({"filter": '{"name": {"$foo": 1}}'}, "operator `$foo` cannot be used at `name.$foo`"),
        ({"filter": '{"name": {"$regex": "("}}'}, "MongoDB refuses the query: Regular expression"),
        ({"filter": '{"_id": {"$oid": "x"}}'}, "bad `$oid`"),
        ({"filter": '{"a": 99999999999999999999}'}, "value MongoDB cannot take"),
        ({"filter": '{"$and":[' * 60 + "{}" + "]}" * 60}, "nested deeper"),
        ({"projection": "$name"}, "MongoDB refuses the query"),
        ({"projection": '{"name": {"$function": {}}}'}, "must have 1 or 0"),
    ):
        answer = hub.get(STUDIES, params={**parameters, "max_page_size": 0})
        assert answer.status_code == 422, parameters
        assert said in answer.json()["detail"], parameters


def test_a_page_size_that_is_no_integer_is_422(hub):
    for size in ("", "many", "1.5"):
        answer = hub.get(STUDIES, params={"max_page_size": size})
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["query", "max_page_size"]


def test_a_collection_that_the_schema_lacks_is_400_with_the_names_there_are(hub):
    for name in ("no_such_set", "ids", "page_tokens", "users", "study_set.x"):
        answer = hub.get(f"/nmdcschema/{name}")
        assert answer.status_code == 400, name
        assert "biosample_set, calibration_set, collecting_bio" in answer.json()["detail"]


def test_reading_writes_nothing(hub, studies, database):
    def counts() -> dict[str, int]:
        return {
            name: database[name].estimated_document_count()
            for name in database.list_collection_names()
        }

    before = counts()
    list(pages(hub, STUDIES, max_page_size=7))
    hub.get("/nmdcschema/ids/nmdc:sty-11-001")
    hub.get(f"{STUDIES}/nmdc:sty-11-001")
    assert counts() == before
    assert "page_tokens" not in before


def test_a_head_request_tells_of_the_list_without_sending_it(hub, studies):
    for size in (20, 0):
        answer = hub.head(STUDIES, params={"max_page_size": size})
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-type"] == "application/json"


def test_a_page_of_everything_is_streamed_in_little_memory(hub, database):
    """50,000 documents of 2 kB: the answer is 100 MB, and never there at once."""
    total = 50_000
    database["data_object_set"].insert_many(
        {"id": f"nmdc:dobj-11-{number:06}", "description": "x" * 2_000} for number in range(total)
    )
    process = psutil.Process()
    before, peak, done = process.memory_info().rss, [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            peak[0] = max(peak[0], process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        status, size, resources = stream(hub, f"/nmdcschema/data_object_set?max_page_size={total}")
    finally:
        done.set()
        watcher.join()
    assert (status, resources) == (200, total)
    assert size > total * 2_000
    assert peak[0] - before < 60_000_000


def stream(hub, target: str) -> tuple[int, int, int]:
    """Return status, bytes and documents of an answer that is thrown away while it comes in.

    Straight through ASGI, as Starlette's client would keep all of it.
    """
    seen = {"status": 0, "size": 0, "resources": 0}

    async def ask() -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            seen["status"] = message.get("status", seen["status"])
            seen["size"] += len(message.get("body", b""))
            seen["resources"] += message.get("body", b"").count(b'"id":')

        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": quote(path).encode(),
            "query_string": query.encode(),
            "headers": [],
            "server": ("testserver", 80),
        }
        await hub.app(scope, receive, send)

    hub.portal.call(ask)
    return seen["status"], seen["size"], seen["resources"]
