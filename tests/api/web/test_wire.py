"""What clients see on the wire: compression, HEAD, ignored parameters, redirects."""

import gzip

import orjson
import pytest

from nmdc_runtime.web.ignored import IGNORED_HEADER

PAGE = "/nmdcschema/study_set?max_page_size=100"


@pytest.fixture
def studies(database):
    database["study_set"].insert_many(
        {"id": f"nmdc:sty-11-{number:04}", "type": "nmdc:Study", "name": f"study {number}"}
        for number in range(100)
    )


def raw(hub, path: str, **headers: str):
    """Return the answer as it was sent, not unpacked."""
    with hub.stream("GET", path, headers=headers) as answer:
        return answer, b"".join(answer.iter_raw())


def test_a_page_is_compressed_for_who_accepts_it_and_head_says_the_same(hub, studies):
    _, plain = raw(hub, PAGE, **{"Accept-Encoding": "identity"})
    answer, packed = raw(hub, PAGE, **{"Accept-Encoding": "gzip"})

    assert answer.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["vary"]
    assert orjson.loads(gzip.decompress(packed)) == orjson.loads(plain)
    assert len(packed) < len(plain) / 3
    zipped = raw(hub, PAGE, **{"Accept-Encoding": "gzip, deflate, br, zstd"})[0]
    assert zipped.headers["content-encoding"] == "zstd"
    head = hub.head(PAGE, headers={"Accept-Encoding": "gzip"})
    assert head.status_code == 200
    assert head.content == b""
    for name in ("content-type", "content-encoding", "vary"):
        assert head.headers[name] == answer.headers[name]


def test_a_client_that_has_the_compressed_answer_is_not_sent_it_again(hub, database):
    database["study_set"].insert_one(
        {"id": "nmdc:sty-11-a", "type": "nmdc:Study", "description": "soil " * 1_000}
    )
    path = "/nmdcschema/study_set/nmdc:sty-11-a"
    first = hub.get(path, headers={"Accept-Encoding": "gzip"})
    assert first.headers["etag"].startswith('W/"')

    again = hub.get(
        path, headers={"Accept-Encoding": "gzip", "If-None-Match": first.headers["etag"]}
    )

    assert again.status_code == 304
    assert again.content == b""
    assert "Accept-Encoding" in again.headers["vary"]


def test_head_answers_wherever_get_does(hub, studies):
    for path in ("/version", "/health", "/nmdcschema/study_set/nmdc:sty-11-0001", "/docs", "/"):
        got = hub.get(path, follow_redirects=False)
        head = hub.head(path, follow_redirects=False)
        assert (head.status_code, head.content) == (got.status_code, b""), path
        assert head.headers.get("content-length") == got.headers.get("content-length"), path
    for path, status in (("/nowhere", 404), ("/metadata/json:validate", 405)):
        assert hub.head(path).status_code == status
    assert hub.head("/sites/nmdc-runtime/credentials").status_code == 401
    assert hub.head("/static/favicon.svg").status_code == 200
    assert "head" not in {method for item in hub.app.openapi()["paths"].values() for method in item}


def test_unknown_parameters_are_ignored_and_named(hub, studies):
    usual = hub.get(PAGE)
    more = hub.get(
        f"{PAGE}&sort_by=name&%0d%0aX-Evil:%201=1", headers={"Origin": "http://localhost:1"}
    )

    assert usual.status_code == more.status_code == 200
    assert IGNORED_HEADER not in usual.headers
    assert more.headers[IGNORED_HEADER] == "sort_by, %0D%0AX-Evil%3A%201"
    assert more.json() == usual.json()
    assert IGNORED_HEADER in more.headers["Access-Control-Expose-Headers"]


def test_a_last_slash_leads_on_without_a_change_of_scheme(hub, studies):
    answer = hub.get(
        "/nmdcschema/study_set/?max_page_size=1",
        headers={"X-Forwarded-Proto": "https"},
        follow_redirects=False,
    )

    assert answer.status_code == 307
    assert answer.headers["location"] == "/nmdcschema/study_set?max_page_size=1"
    assert len(hub.get("/nmdcschema/study_set/?max_page_size=1").json()["resources"]) == 1
