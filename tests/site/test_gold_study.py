"""The job ``gold_study_to_database``, from a GOLD that answers over HTTP to documents in DRS."""

import json
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import dagster as dg
import pytest
from pymongo.database import Database

from nmdc_runtime.clients.gold import GoldClient
from nmdc_runtime.clients.peers import PeerUnavailable
from nmdc_runtime.clients.runtime_api import RuntimeApiUserClient
from nmdc_runtime.config import Settings
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.runs.workflows import RUNNABLE, completed
from nmdc_runtime.site.definitions import repository_of
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE
from nmdc_runtime.site.gold_study import (
    get_gold_study_pipeline_inputs,
    gold_biosamples_by_study,
    gold_study,
)
from nmdc_runtime.site.presets import preset_dev
from nmdc_runtime.wiring import Services
from tests.support.gold import DATA, MAP, instrument_map, read_json
from tests.support.ingesting import WorkingDagster, failure, rows, shown
from tests.support.neon import canonical
from tests.support.peer_server import Answer, PeerServer, peer_server
from tests.support.served_hub import served_hub

STUDY = "Gs0149396"
STEP = "nmdc_schema_database_from_gold_study"
KINDS = {
    "studies": "study",
    "biosamples": "biosamples",
    "projects": "projects",
    "analysis_projects": "analysis_projects",
}


def job() -> dg.JobDefinition:
    return repository_of("biosample_submission_ingest", preset_dev).get_job(
        "gold_study_to_database"
    )


def request(path: str, study_id: str = STUDY) -> str:
    return f"GET /{path}?studyGoldId={study_id}"


@pytest.fixture
def gold(
    deployed: None, database: Database[Document], monkeypatch: pytest.MonkeyPatch
) -> Iterator[PeerServer]:
    """Yield a GOLD with the recorded study, and have the instruments of the map stored."""
    recorded = read_json("gs0149396_input.json")
    ids = {row["NMDC instrument_set id"] for row in instrument_map().rows}
    database["instrument_set"].insert_many(
        {"id": id_, "type": "nmdc:Instrument", "model": id_} for id_ in sorted(map(str, ids))
    )
    with peer_server() as served:
        for path, name in KINDS.items():
            found = recorded[name]
            served.put(request(path), [found] if path == "studies" else found)
        served.answers[f"GET /{MAP}"] = Answer(body=(DATA / MAP).read_bytes())
        monkeypatch.setenv("GOLD_API_BASE_URL", served.url)
        monkeypatch.setenv("GOLD_API_USERNAME", "ada")
        monkeypatch.setenv("GOLD_API_PASSWORD", "secret")
        yield served


def config(gold: PeerServer, study_id: str = STUDY, **translation: Any) -> dict[str, Any]:
    inputs = {
        "study_id": study_id,
        "gold_nmdc_instrument_mapping_file_url": f"{gold.url}/{MAP}",
    }
    return {
        "ops": {
            "get_gold_study_pipeline_inputs": {"config": inputs},
            "export_json_to_drs": {"config": {"username": "ada"}},
            STEP: {"config": translation},
        }
    }


def exported(services: Services, result: dg.ExecuteInProcessResult) -> tuple[str, Any]:
    (path,) = result.output_for_node("export_json_to_drs")
    stored = services.objects.content(path.removeprefix("/objects/"))
    return stored.name, json.loads(stored.content)


def without_provenance(database: Any) -> Any:
    return {
        name: [{k: v for k, v in each.items() if k != "provenance_metadata"} for each in held]
        for name, held in database.items()
    }


def test_a_study_becomes_the_recorded_documents_with_ids_that_a_second_run_finds_again(
    gold: PeerServer, services: Services, database: Database[Document]
) -> None:
    rehearsed = job().execute_in_process(config(gold, dry_run=True))
    assert database["minter.id_records"].count_documents({}) == 0
    first = job().execute_in_process(config(gold))
    minted = database["minter.id_records"].count_documents({})
    again = job().execute_in_process(config(gold, "gold:Gs0149396"))

    name, made = exported(services, first)
    assert name == f"database_from_{STUDY}.json"
    recorded = read_json("gs0149396_expected.joined.filtering_on.sites_off.json")["database"]
    assert canonical(without_provenance(made)) == canonical(without_provenance(recorded))
    assert canonical(without_provenance(exported(services, rehearsed)[1])) == canonical(
        without_provenance(made)
    )
    # When they were made does not make them others: there is one object, with its true digest.
    assert again.output_for_node("export_json_to_drs") == first.output_for_node(
        "export_json_to_drs"
    )
    assert exported(services, again)[1] == made
    assert database["minter.id_records"].count_documents({}) == minted
    assert minted == sum(map(len, made.values()))
    told = shown(again, STEP)
    assert {row["new"] for row in rows(told, "ids")} == {0}
    assert all(row["read"] == row["used"] + row["skipped"] for row in rows(told, "rows"))
    report = json.loads(services.objects.content(str(told["report_object_id"].value)).content)
    assert report["source"] == "gold"
    asked = [each for each in gold.asked if "studyGoldId" in each.request]
    assert all(each.headers["Authorization"].startswith("Basic ") for each in asked)
    # A run asks for the same thing once, though two ops want it.
    assert gold.requests().count(request("projects")) == 3

    for collection, documents in made.items():
        database[collection].insert_many(documents)
    stored = job().execute_in_process(config(gold))
    assert exported(services, stored)[1] == {}


def test_what_somebody_else_has_ingested_of_gold_is_known_by_golds_ids(
    gold: PeerServer, services: Services, database: Database[Document]
) -> None:
    gold.put(request("biosamples"), read_json("gs0149396_input.json")["biosamples"][:1])
    first = exported(services, job().execute_in_process(config(gold, dry_run=True)))[1]
    (biosample,) = first["biosample_set"]
    (study,) = first["study_set"]
    theirs = {"id": "nmdc:sty-11-theirs00"}
    database["study_set"].insert_one(study | theirs)
    ours = {"id": "nmdc:bsm-11-theirs00", "name": "renamed", "associated_studies": [theirs["id"]]}
    database["biosample_set"].insert_one(biosample | ours)

    result = job().execute_in_process(config(gold))

    made = exported(services, result)[1]
    assert set(made) == {"data_generation_set"}
    for each in made["data_generation_set"]:
        assert each["has_input"] == [ours["id"]]
        assert each["associated_studies"] == [theirs["id"]]


def test_a_study_with_nothing_to_do_mints_nothing_and_ends_well(
    gold: PeerServer, services: Services, database: Database[Document]
) -> None:
    for path in ("biosamples", "projects", "analysis_projects"):
        gold.put(request(path), [])

    result = job().execute_in_process(config(gold))

    assert exported(services, result)[1] == {}
    assert database["minter.id_records"].count_documents({}) == 0
    assert json.loads(
        services.objects.content(str(shown(result, STEP)["report_object_id"].value)).content
    )["tables"]["study"]["skipped"] == {"nothing_to_translate": 1}


def test_bad_values_are_in_the_report_and_only_a_strict_run_fails_for_them(
    gold: PeerServer, services: Services, database: Database[Document]
) -> None:
    recorded = read_json("gs0149396_input.json")
    bad, *_ = recorded["biosamples"]
    bad["latitude"] = "north"
    del recorded["biosamples"][1]["biosampleGoldId"]
    nameless = recorded["biosamples"][2] | {"biosampleName": None}
    gold.put(request("biosamples"), [*recorded["biosamples"][:2], nameless])
    long_row = b"\nSanger\tnmdc:inst-11-a\tof 1999"
    gold.answers[f"GET /{MAP}"] = Answer(body=(DATA / MAP).read_bytes() + long_row)

    strict = job().execute_in_process(config(gold, strict=True), raise_on_error=False)
    assert "name must be supplied" in failure(strict)[1]
    assert database["minter.id_records"].count_documents({}) == 0
    result = job().execute_in_process(config(gold))

    problems = rows(shown(result, STEP), "problems")
    assert ("latitude", bad["biosampleGoldId"], "north") in {
        (row["column"], row["natural_id"], row["value"]) for row in problems
    }
    assert {"missing_id", "missing_value", "bad_row"} <= {row["code"] for row in problems}
    assert {row["code"] for row in problems if row["severity"] == "error"} == {"missing_value"}
    for wrong, said in (
        ({"study_type": "no such"}, "Unknown StudyCategoryEnum enumeration code: no such"),
        ({"study_id": "Gs1"}, "GOLD knows no study Gs1"),
        ({"study_id": "Gs"}, "'Gs' is no id of GOLD's"),
        ({"study_id": " "}, "study_id is empty: which study is to be translated?"),
    ):
        for path in KINDS:
            gold.put(request(path, "Gs1"), [])
        run_config = config(gold)
        run_config["ops"]["get_gold_study_pipeline_inputs"]["config"] |= wrong
        failed = job().execute_in_process(run_config, raise_on_error=False)
        messages = [str(each.event_specific_data) for each in failed.get_step_failure_events()]
        assert messages
        assert all(said in each for each in messages)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(status=401, body=b"who are you?"), "with status 401: who are you?"),
        (Answer(status=404, body=b"gone"), "with status 404: gone"),
        (Answer(body=b"<html>Maintenance</html>", content_type="text/html"), "it is not JSON"),
        (Answer(body=b'{"error": "none"}'), "it is no list of records"),
    ],
    ids=["unauthorized", "not found", "a page for people", "something else"],
)
def test_an_answer_that_will_not_change_fails_the_run_at_once_by_name(
    gold: PeerServer, services: Services, answer: Answer, said: str
) -> None:
    gold.answers[request("studies")] = answer

    failed = job().execute_in_process(config(gold), raise_on_error=False)

    step, reason = failure(failed)
    assert step == "gold_study"
    assert reason.startswith(("GOLD refuses", "what GOLD answers"))
    assert said in reason
    assert gold.requests().count(request("studies")) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Answer(status=429, headers={"Retry-After": "0"}),
        Answer(status=503),
        Answer(status=500),
        Answer(body=b'[{"studyGoldId": "Gs', length=400),
    ],
    ids=["too many", "unavailable", "broken", "half a body"],
)
def test_an_answer_that_may_change_is_asked_for_again(fault: Answer) -> None:
    with peer_server() as gold:
        gold.put(request("studies"), [{"studyGoldId": STUDY}])
        gold.faults[request("studies")] = [fault, fault]
        with GoldClient(gold.url, "ada", "secret", max_retries=0) as client:
            context = dg.build_op_context(resources={"gold_api_client": client})
            for _ in range(2):
                # Left to the policy of the op, which tries again later.
                with pytest.raises(PeerUnavailable, match="GOLD is not available"):
                    gold_study(context, study_id=STUDY)
            assert gold_study(context, study_id=STUDY) == {"studyGoldId": STUDY}
    for op in (gold_study, gold_biosamples_by_study):
        assert op.retry_policy is RETRY_UNAVAILABLE
        assert op.pool == "gold"


def test_the_hubs_run_config_and_the_published_one_name_all_inputs(deployed: None) -> None:
    workflow = RUNNABLE["gold_study_to_database"]
    asked, _ = completed(workflow, {}, [STUDY], username="ada")
    assert dg.validate_run_config(job(), asked) is not None
    assert (job().run_config or {})["ops"]["get_gold_study_pipeline_inputs"]["config"] == {
        "study_id": "",
        "study_type": "research_study",
        # Of the release of the schema that is installed: no branch moves below a run.
        "gold_nmdc_instrument_mapping_file_url": "https://raw.githubusercontent.com/"
        f"microbiomedata/nmdc-schema/refs/tags/v{version('nmdc-schema')}/assets/misc/"
        "gold_seqMethod_to_nmdc_instrument_set.tsv",
        "include_field_site_info": False,
        "enable_biosample_filtering": True,
    }
    given = {
        "study_id": "Gs1",
        "study_type": "consortium",
        "gold_nmdc_instrument_mapping_file_url": "https://example.org/a.tsv",
        "include_field_site_info": True,
        "enable_biosample_filtering": False,
    }
    context = dg.build_op_context(op_config=given)
    assert get_gold_study_pipeline_inputs(context) == tuple(given.values())


def test_a_run_that_the_hub_was_asked_for_is_complete_and_names_its_object(
    gold: PeerServer, services: Services, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Empty: the map of instruments that comes with this release.
    chosen = {"gold_nmdc_instrument_mapping_file_url": ""}
    asked = {
        "inputs": [STUDY],
        "run_config": {"ops": {"get_gold_study_pipeline_inputs": {"config": chosen}}},
    }
    admin = (settings.api_admin_user, settings.api_admin_pass.get_secret_value())
    with (
        served_hub(settings, WorkingDagster()) as url,
        RuntimeApiUserClient(url, *admin) as client,
    ):
        monkeypatch.setenv("API_HOST", url)
        run_id = client.request("POST", f"/runs?job_id={job().name}", asked).json()["id"]
        summary = client.get_run_info(run_id).json()

    assert summary["status"] == "COMPLETE"
    assert summary["inputs"] == [f"/studies/{STUDY}"]
    (path,) = summary["outputs"]
    record = services.objects.get(path.removeprefix("/objects/"))
    assert record["name"] == f"database_from_{STUDY}.json"
    assert f"by/for {admin[0]}" in record["description"]
