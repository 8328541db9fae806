"""The stitching jobs: what a hub has, what a GOLD over HTTP has, and what is made of the two."""

import json
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest
from pymongo.database import Database

from nmdc_runtime.config import Settings
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.site.database_stitching import STITCHING_JOBS
from nmdc_runtime.site.definitions import repository_of
from nmdc_runtime.site.presets import preset_dev
from nmdc_runtime.site.tables_from_urls import INSTRUMENT_MAP
from nmdc_runtime.wiring import Services
from tests.site.launches import Launches
from tests.support.gold import DATA, MAP, read_json
from tests.support.ingesting import failure, rows, shown
from tests.support.peer_server import Answer, PeerServer, peer_server
from tests.support.served_hub import served_hub

STUDY = {
    "id": "nmdc:sty-11-stitch00",
    "type": "nmdc:Study",
    "study_category": "research_study",
    "gold_study_identifiers": ["gold:Gs0149396"],
}
RECORDED = read_json("gs0149396_input.json")
#: In NMDC already, by the id that the recorded translation gave to it.
FIRST = RECORDED["biosamples"][0]["biosampleGoldId"]
#: What was extracted of it, and is what was sequenced.
EXTRACT = "nmdc:procsm-11-a"
INSDC = "generate_update_script_for_insdc_biosample_identifiers"
GENERATIONS = "generate_data_generation_set_for_biosamples_in_nmdc_study"
BIOSAMPLES = "generate_biosample_set_from_samples_in_gold"


def job(name: str) -> dg.JobDefinition:
    return repository_of("database_records_stitching", preset_dev).get_job(name)


def config(gold: PeerServer, name: str, study_id: str = STUDY["id"]) -> dict[str, Any]:  # type: ignore[assignment]
    inputs = {
        "nmdc_study_id": study_id,
        "gold_nmdc_instrument_mapping_file_url": f"{gold.url}/{MAP}",
    }
    ops: dict[str, Any] = {"get_database_updater_inputs": {"config": inputs}}
    if name != INSDC:
        ops["export_json_to_drs"] = {"config": {"username": "ada"}}
    return {"ops": ops}


def exported(services: Services, result: dg.ExecuteInProcessResult) -> tuple[str, Any]:
    (path,) = result.output_for_node("export_json_to_drs")
    stored = services.objects.content(path.removeprefix("/objects/"))
    return stored.name, json.loads(stored.content)


@pytest.fixture
def gold(
    deployed: None,
    services: Services,
    settings: Settings,
    database: Database[Document],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[PeerServer]:
    """Yield a GOLD with the recorded study; the hub has the study and one of its biosamples."""
    made = read_json("gs0149396_expected.joined.filtering_on.sites_off.json")["database"]
    database["study_set"].insert_one(dict(STUDY))
    (stored,) = [
        each
        for each in made["biosample_set"]
        if each["gold_biosample_identifiers"] == [f"gold:{FIRST}"]
    ]
    database["biosample_set"].insert_one(stored | {"associated_studies": [STUDY["id"]]})
    database["material_processing_set"].insert_one(
        {
            "id": "nmdc:extrp-11-a",
            "type": "nmdc:Extraction",
            "has_input": [stored["id"]],
            "has_output": [EXTRACT],
        }
    )
    database["processed_sample_set"].insert_one({"id": EXTRACT, "type": "nmdc:ProcessedSample"})
    services.graph.rebuild()
    with peer_server() as served, served_hub(settings, Launches()) as url:
        for path in ("biosamples", "projects", "analysis_projects"):
            served.put(f"GET /{path}?studyGoldId=Gs0149396", RECORDED[path])
            of_first = [each for each in RECORDED[path] if each.get("biosampleGoldId") == FIRST]
            served.put(f"GET /{path}?biosampleGoldId={FIRST}", of_first)
        served.answers[f"GET /{MAP}"] = Answer(body=(DATA / MAP).read_bytes())
        for name, value in {
            "GOLD_API_BASE_URL": served.url,
            "GOLD_API_USERNAME": "ada",
            "GOLD_API_PASSWORD": "secret",
            "API_HOST": url,
        }.items():
            monkeypatch.setenv(name, value)
        yield served


def test_biosamples_and_sequencing_that_nmdc_lacks_are_made_with_ids_that_stay(
    gold: PeerServer, services: Services, database: Database[Document]
) -> None:
    first = job(BIOSAMPLES).execute_in_process(config(gold, BIOSAMPLES))
    minted = database["minter.id_records"].count_documents({})
    again = job(BIOSAMPLES).execute_in_process(config(gold, BIOSAMPLES))
    sequenced = job(GENERATIONS).execute_in_process(config(gold, GENERATIONS))

    name, made = exported(services, first)
    assert name == "missing_database_records_for_nmdc_sty_11_stitch00.json"
    assert set(made) == {"biosample_set"}
    assert [f"gold:{FIRST}"] not in [
        each["gold_biosample_identifiers"] for each in made["biosample_set"]
    ]
    assert {each["associated_studies"][0] for each in made["biosample_set"]} == {STUDY["id"]}
    assert minted == len(made["biosample_set"]) > 0
    assert [each["id"] for each in exported(services, again)[1]["biosample_set"]] == [
        each["id"] for each in made["biosample_set"]
    ]
    generations = exported(services, sequenced)[1]["data_generation_set"]
    assert {tuple(each["has_input"]) for each in generations} == {(EXTRACT,)}
    told = shown(sequenced, "generate_data_generation_set_post_biosample_ingest")
    assert {"class": "nmdc:NucleotideSequencing", "new": len(generations), "found_again": 0} in (
        rows(told, "ids")
    )

    # What came of it is stored, and nothing is left to do.
    database["biosample_set"].insert_many(made["biosample_set"])
    database["data_generation_set"].insert_many(generations)
    ids = {
        identifier.removeprefix("gold:")
        for each in made["biosample_set"]
        for identifier in each["gold_biosample_identifiers"]
    }
    for gold_id in ids:
        gold.put(f"GET /biosamples?biosampleGoldId={gold_id}", [])
        gold.put(f"GET /projects?biosampleGoldId={gold_id}", [])
    minted = database["minter.id_records"].count_documents({})
    for each in (BIOSAMPLES, GENERATIONS):
        done = job(each).execute_in_process(config(gold, each))
        assert exported(services, done)[1] == {}
    assert database["minter.id_records"].count_documents({}) == minted


def test_identifiers_become_commands_that_the_hub_runs_and_that_are_not_made_again(
    gold: PeerServer,
    services: Services,
    settings: Settings,
    database: Database[Document],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = {
        "projectGoldId": "Gp1",
        "biosampleGoldId": FIRST,
        "ncbiBioSampleAccession": " SAMN22222222 ",
        "ncbiBioProjectAccession": "PRJNA22222222",
    }
    gold.put(f"GET /projects?biosampleGoldId={FIRST}", [project])
    database["biosample_set"].update_many({}, {"$unset": {"insdc_biosample_identifiers": ""}})
    sequencing = {"id": "nmdc:dgns-11-a", "type": "nmdc:NucleotideSequencing"}
    database["data_generation_set"].insert_one(
        sequencing
        | {
            "associated_studies": [STUDY["id"]],
            "gold_sequencing_project_identifiers": ["gold:Gp1"],
            "has_input": [],
        }
    )

    first = job(INSDC).execute_in_process(config(gold, INSDC))

    step = "run_script_to_update_insdc_biosample_identifiers"
    published = first.output_for_node("render_text")
    assert [each["update"] for each in published] == ["biosample_set", "data_generation_set"]
    told = shown(first, step)
    assert told["updates"].value == 2
    (rendered,) = [
        each
        for each in first.all_events
        if each.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION
        and each.asset_key is not None
        and each.asset_key.path[-1].startswith("rendered_text")
    ]
    path = str(rendered.step_materialization_data.materialization.metadata["file_path"].value)
    assert path.endswith(".json")
    commands = [
        json.loads(services.objects.content(row["object"].rpartition("/")[2]).content)
        for row in rows(told, "commands")
    ]
    assert commands == published
    for command in commands:
        for update in command["updates"]:
            database[command["update"]].update_one(update["q"], update["u"])
    stored = database["biosample_set"].find_one({})
    assert stored is not None
    assert stored["insdc_biosample_identifiers"] == ["biosample:SAMN22222222"]
    again = job(INSDC).execute_in_process(config(gold, INSDC))
    assert again.output_for_node("render_text") == {"update": "biosample_set", "updates": []}


def test_a_study_that_is_not_there_and_a_hub_that_refuses_fail_the_run_by_name(
    gold: PeerServer,
    services: Services,
    database: Database[Document],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(study_id: str, name: str = BIOSAMPLES) -> tuple[str, str]:
        run_config = config(gold, name, study_id)
        return failure(job(name).execute_in_process(run_config, raise_on_error=False))

    assert failing(" ") == (
        "get_database_updater_inputs",
        "nmdc_study_id is empty: which study is to be compared?",
    )
    assert "the study is not in NMDC" in failing("nmdc:sty-11-unknown0")[1]
    for name in (GENERATIONS, INSDC):
        said = failing("nmdc:sty-11-unknown0", name)[1]
        assert "the study nmdc:sty-11-unknown0 is not in NMDC" in said
    reports = database["objects"].count_documents({"name": "translation_report_gold.json"})
    assert reports == 2  # two of the three say the same
    gold.answers["GET /projects?studyGoldId=Gs0149396"] = Answer(status=401, body=b"who?")
    assert "with status 401: who?" in failing(str(STUDY["id"]))[1]
    monkeypatch.setenv("API_ADMIN_PASS", "wrong")
    assert "the hub refuses with status 401" in failing(str(STUDY["id"]))[1]


def test_the_published_config_names_all_inputs() -> None:
    for make in STITCHING_JOBS:
        ops = (make(preset_dev).run_config or {})["ops"]
        assert ops["get_database_updater_inputs"]["config"] == {
            "nmdc_study_id": "",
            "gold_nmdc_instrument_mapping_file_url": INSTRUMENT_MAP,
            "include_field_site_info": False,
            "enable_biosample_filtering": True,
        }
        assert ("export_json_to_drs" in ops) is (make(preset_dev).name != INSDC)
