"""``POST /metadata/json:submit``: lines and compressed bodies become the JSON that is stored."""

import gzip

import orjson

from tests.support.documents import a_study

ROUTE = "/metadata/json:submit"
LINES = {"Content-Type": "application/x-ndjson"}
GZIP = {"Content-Encoding": "gzip"}
BODY = b"\n".join(orjson.dumps(a_study(name)) for name in "ab")


def stored_body(hub, orchestrator) -> bytes:
    services = hub.app.state.services
    (run,) = orchestrator.runs
    return services.objects.content(
        run.run_config["ops"]["get_json_in"]["config"]["object_id"]
    ).content


def test_compressed_lines_are_stored_as_json_and_sent_again_in_any_form_are_the_same(
    hub, as_admin, orchestrator, database
):
    first = hub.post(ROUTE, content=gzip.compress(BODY), headers=as_admin | LINES | GZIP)

    as_json = stored_body(hub, orchestrator)
    again = hub.post(ROUTE, content=BODY, headers=as_admin | LINES)
    plain = hub.post(ROUTE, content=gzip.compress(as_json), headers=as_admin | GZIP)
    assert first.status_code == 200
    assert orjson.loads(as_json) == {"study_set": [a_study("a"), a_study("b")]}
    assert first.json() == again.json() == plain.json()
    assert len(orchestrator.runs) == 1
    assert database["objects"].count_documents({}) == 1
    run = hub.get(f"/runs/{first.json()['detail']['run_id']}").json()
    kept = hub.get(run["inputs"][0].replace("/objects/", "/metadata/stored_files/"))
    assert kept.headers["Content-Type"] == "application/json"
    assert kept.content == as_json


def test_a_refusal_names_the_lines(hub, as_admin, database):
    lost = orjson.dumps(a_study("c", part_of=["nmdc:sty-11-no"]))

    dangling = hub.post(ROUTE, content=BODY + b"\n\n" + lost, headers=as_admin | LINES)
    homeless = hub.post(ROUTE, content=BODY + b"\n{}", headers=as_admin | LINES)
    cut = hub.post(ROUTE, content=BODY + b"\n{", headers=as_admin | LINES)

    assert (dangling.status_code, homeless.status_code, cut.status_code) == (422, 422, 422)
    (problem,) = dangling.json()["errors"]
    assert (problem["line"], problem["pointer"]) == (4, "/study_set/2/part_of/0")
    assert "(line 4)" in dangling.json()["detail"]
    assert [each["line"] for each in homeless.json()["errors"]] == [3]
    assert "line 3" in cut.text
    assert database["objects"].count_documents({}) == 0
    assert database["jobs"].count_documents({}) == 0
