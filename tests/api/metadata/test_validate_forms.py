"""``POST /metadata/json:validate``: lines, compressed bodies, and the answer for programs."""

import gzip

import orjson
import pytest
import zstandard

from nmdc_runtime.config.sections import HubSettings, MetadataSettings
from tests.support.documents import a_study, biosamples, body_of

ROUTE = "/metadata/json:validate"
OKAY = b'{"result":"All Okay!"}'
MEMBERS = {
    *("collection", "index", "id", "pointer", "rule", "expected", "found", "hint", "message"),
}
LINES = {"Content-Type": "application/x-ndjson"}


def lines_of(*documents) -> bytes:
    return b"\n".join(map(orjson.dumps, documents))


def test_lines_are_judged_as_documents_of_the_collections_that_hold_them(hub, database):
    study, biosample = a_study(), biosamples(1, study_id="nmdc:sty-11-abc123")[0]

    for media_type in ("application/x-ndjson", "application/jsonl; charset=utf-8"):
        answer = hub.post(
            ROUTE, content=lines_of(biosample, study), headers={"Content-Type": media_type}
        )
        assert answer.status_code == 200
        assert answer.content == OKAY

    lost = hub.post(ROUTE, content=lines_of({"id": 1}, biosample), headers=LINES).json()
    assert lost == {
        "result": "errors",
        "detail": {"biosample_set": [], "unknown": ["'type' is a required property in line 1"]},
    }
    dangling = hub.post(ROUTE, content=lines_of(study | {"part_of": ["nmdc:sty-11-no"]}))
    assert dangling.status_code == 200, "one line alone is a JSON object, too"
    told = hub.post(
        f"{ROUTE}?format=problems",
        content=b"\n" + lines_of(study | {"part_of": ["nmdc:sty-11-no"]}),
        headers=LINES,
    ).json()
    assert [(each["line"], each["pointer"]) for each in told["problems"]] == [
        (2, "/study_set/0/part_of/0")
    ]


def test_programs_are_told_each_problem_in_parts(hub, database):
    database["study_set"].insert_one(a_study())
    body = body_of({"study_set": [a_study("b", nmae="x"), a_study("c", part_of=None)], "no": []})

    told = hub.post(f"{ROUTE}?format=problems", content=body).json()

    assert (told["valid"], told["total"], told["truncated"]) == (False, 2, False)
    assert [each.keys() for each in told["problems"]] == [MEMBERS, MEMBERS]
    first, second = told["problems"]
    assert first == {
        "collection": "study_set",
        "index": 0,
        "id": "nmdc:sty-11-b",
        "pointer": "/study_set/0",
        "rule": "additionalProperties",
        "expected": None,
        "found": "'nmae'",
        "hint": "for 'nmae', did you mean 'name'?",
        "message": "Additional properties are not allowed ('nmae' was unexpected) in /study_set/0",
    }
    assert (second["collection"], second["index"], second["rule"]) == ("no", None, "collection")
    good = hub.post(f"{ROUTE}?format=problems", content=body_of({"study_set": [a_study()]}))
    assert good.json() == {"valid": True, "total": 0, "truncated": False, "problems": []}
    for other in ("", "?format=", "?format=text", "?unheard=of"):
        assert hub.post(ROUTE + other, content=b"{}").content == OKAY


def test_compressed_bodies_are_expanded(hub, database):
    body = body_of({"study_set": [a_study(str(number)) for number in range(500)]})
    ways = {"gzip": gzip.compress, "zstd": zstandard.ZstdCompressor().compress}

    for encoding, compress in ways.items():
        answer = hub.post(ROUTE, content=compress(body), headers={"Content-Encoding": encoding})
        assert answer.content == OKAY
    lines = gzip.compress(lines_of(a_study(), {}))
    told = hub.post(ROUTE, content=lines, headers=LINES | {"Content-Encoding": "gzip"}).json()
    assert told["detail"]["unknown"] == ["'type' is a required property in line 2"]


@pytest.fixture
def small(settings):
    return settings.model_copy(
        update={"hub": HubSettings(housekeeping=False, analytics=False, max_body_bytes=100_000)}
    )


class TestWithALowLimit:
    @pytest.fixture
    def settings(self, small):
        return small

    def test_what_cannot_be_expanded_is_refused_with_a_sentence(self, hub, as_admin):
        bomb = gzip.compress(b" " * 50_000_000)
        assert len(bomb) < 100_000

        for route in (ROUTE, "/metadata/json:submit"):

            def post(content, encoding, route=route):
                headers = as_admin | {"Content-Encoding": encoding}
                return hub.post(route, content=content, headers=headers)

            too_far = post(bomb, "gzip")
            broken = post(gzip.compress(b"{}")[:-3], "gzip")
            unlike = post(b'{"study_set": []}', "zstd")
            unknown = post(b"{}", "br")
            twice = post(gzip.compress(gzip.compress(b"{}")), "gzip, gzip")

            assert too_far.status_code == 413
            assert "100000 bytes" in too_far.json()["detail"]
            assert (broken.status_code, unlike.status_code) == (422, 422)
            assert "its end is missing" in broken.text
            assert "not zstd" in unlike.text
            assert (unknown.status_code, twice.status_code) == (415, 415)
            assert unknown.headers["Accept-Encoding"] == "gzip, zstd, deflate"
            assert "'br'" in unknown.json()["detail"]


class TestWhereIdsMustBeMinted:
    @pytest.fixture
    def settings(self, settings):
        return settings.model_copy(update={"metadata": MetadataSettings(require_minted_ids=True)})

    def test_a_new_document_needs_an_id_of_ours_and_a_stored_one_keeps_its_own(
        self, hub, database, as_admin, as_site
    ):
        mint = {"schema_class": {"id": "nmdc:Study"}, "how_many": 1}
        (minted,) = hub.post("/pids/mint", json=mint, headers=as_site).json()
        database["study_set"].insert_one(a_study("stored"))
        study = a_study() | {"id": minted}

        refused = hub.post(
            "/metadata/json:submit",
            content=body_of({"study_set": [a_study("invented")]}),
            headers=as_admin,
        )

        good = body_of({"study_set": [study, a_study("stored")]})
        assert hub.post(ROUTE, content=good).content == OKAY
        assert hub.post("/metadata/json:submit", content=good, headers=as_admin).status_code == 200
        assert refused.status_code == 422
        assert [each["rule"] for each in refused.json()["errors"]] == ["minted_id"]
        assert "'nmdc:sty-11-invented' was never minted here" in refused.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"study_set": [{"id": "\\u0000", "type": "nmdc:Study"}]}',
        b'{"study_set": [{"id": "\\u0000", "\\u0000": 1, "$set": {"a.b": 1}, "_id": 1}]}',
        b'{"$where": [], "a.b": null, "": {}, "\\u0000": 5, "_id": []}',
        b'{"study_set": {"0": {}}, "biosample_set": "x", "data_object_set": 5, "@type": []}',
        b'{"study_set": [[], null, true, 1e400, 123456789012345678901234567890, "x", {}]}',
        b'{"functional_annotation_agg": [{"count": 99999999999999999999999}, {"count": 1e999}]}',
        b'{"study_set": [{"id": ' + b"[" * 400 + b"]" * 400 + b"}]}",
        b'{"study_set": [{"name": 1, "name": 2}], "study_set": []}',
        b'{"biosample_set": [{"type": "nmdc:Biosample", "depth": {"type": "nmdc:QuantityValue"}}]}',
    ],
)
def test_odd_documents_are_refused_with_their_places_and_never_an_error_of_ours(
    hub, database, as_admin, body
):
    told = hub.post(f"{ROUTE}?format=problems", content=body)
    plain = hub.post(ROUTE, content=body)
    submitted = hub.post("/metadata/json:submit", content=body, headers=as_admin)

    assert (told.status_code, plain.status_code, submitted.status_code) == (200, 200, 422)
    assert told.json()["valid"] is False
    assert all(each["pointer"] for each in told.json()["problems"])
    assert plain.json()["result"] == "errors"
    assert submitted.json()["errors"]
    assert database["objects"].count_documents({}) == 0
    assert database["jobs"].count_documents({}) == 0
