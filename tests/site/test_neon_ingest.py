"""NEON's jobs, from a portal that answers over HTTP to documents in the database."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from pymongo.database import Database

from nmdc_runtime.config import Settings
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.site.definitions import repository_of
from nmdc_runtime.site.neon_ingest import MAPPING_FILES, NEON_JOBS
from nmdc_runtime.site.presets import preset_dev
from nmdc_runtime.wiring import Services
from tests.site.conftest import variables
from tests.support.ingesting import WorkingDagster, shown
from tests.support.neon import DATA, canonical, expected
from tests.support.neon_api import NeonServer, neon_server
from tests.support.neon_portal import RECORDED, SITES, mapping_files, put_product
from tests.support.served_hub import served_hub

EXPORT = {"export_json_to_drs": {"config": {"username": "ada"}}}


def job(name: str) -> dg.JobDefinition:
    return repository_of("biosample_submission_ingest", preset_dev).get_job(name)


def dry_run(word: str) -> str:
    return f"translate_neon_api_{word}_metadata_to_nmdc_schema_database"


def config(portal: NeonServer, job_name: str, **ops: Any) -> dict[str, Any]:
    """Return the published run config of a job, with mapping files of the portal's."""
    published: dict[str, Any] = job(job_name).run_config or {}
    return {"ops": published["ops"] | mapping_files(portal) | ops}


def tables_of(event: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the tables that an event shows, by their names."""
    return {
        name: [dict(record.data) for record in value.records]
        for name, value in event.items()
        if isinstance(value, dg.TableMetadataValue)
    }


@pytest.fixture
def portal(deployed: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[NeonServer]:
    """Yield a portal that the variables of this process name."""
    with neon_server() as served:
        monkeypatch.setenv("NEON_API_BASE_URL", served.api)
        monkeypatch.setenv("NEON_API_TOKEN", "neon-token")
        monkeypatch.setenv("NMDC_NEON__CACHE_FOLDER", str(tmp_path / "cache"))
        yield served


def test_the_six_jobs_have_their_published_names_ops_and_config() -> None:
    jobs = {make(preset_dev).name: make(preset_dev) for make in NEON_JOBS}

    assert set(jobs) == {
        f"{begin}_{word}_metadata{end}"
        for word in SITES
        for begin, end in (("translate_neon_api", "_to_nmdc_schema_database"), ("ingest_neon", ""))
    }
    soil = jobs["ingest_neon_soil_metadata"]
    assert {node.name for node in soil.nodes} >= {
        *("get_neon_pipeline_mms_data_product", "get_neon_pipeline_sls_data_product"),
        *("neon_data_by_product", "neon_data_by_product_2", "site_code_mapping"),
        *("get_df_from_url", "get_df_from_url_2", "get_df_from_url_3"),
        *("get_neon_pipeline_inputs", "get_neon_soil_sample_filter"),
        *("nmdc_schema_database_from_neon_soil_data", "submit_metadata_to_db"),
        "poll_for_run_completion",
    }
    water = jobs["ingest_neon_surface_water_metadata"]
    assert "nmdc_schema_database_from_neon_surface_water_data" in {n.name for n in water.nodes}
    for name, made in jobs.items():
        ops = (made.run_config or {})["ops"]
        assert ops["get_neon_pipeline_inputs"]["inputs"] == MAPPING_FILES
        assert ("export_json_to_drs" in ops) is name.startswith("translate")
        assert ("nmdc/exclusive" in made.tags) is name.startswith("ingest")
    assert (soil.run_config or {})["ops"]["get_neon_soil_sample_filter"] == {
        "config": {"dna_sample_ids": []}
    }


@pytest.mark.parametrize("word", sorted(SITES))
def test_a_dry_run_stores_the_recorded_documents_and_its_report_and_mints_nothing(
    word: str,
    portal: NeonServer,
    services: Services,
    database: Database[Document],
) -> None:
    put_product(portal, word)
    run_config = config(portal, dry_run(word), **EXPORT)

    first = job(dry_run(word)).execute_in_process(run_config)
    again = job(dry_run(word)).execute_in_process(run_config)

    (path,) = first.output_for_node("export_json_to_drs")
    assert again.output_for_node("export_json_to_drs") == [path]
    stored = services.objects.content(path.removeprefix("/objects/"))
    assert stored.name == "database_from_neon_metadata.json"
    assert canonical(json.loads(stored.content)) == canonical(expected(word, RECORDED[word]))
    assert database["minter.id_records"].count_documents({}) == 0
    metadata = shown(first, f"nmdc_schema_database_from_neon_{word}_data")
    tables = tables_of(metadata)
    assert all(row["read"] == row["used"] + row["skipped"] for row in tables["rows"])
    assert {row["class"] for row in tables["ids"]} >= {"nmdc:Biosample", "nmdc:DataObject"}
    assert all(row["new"] == row["planned"] for row in tables["documents"])
    report = services.objects.content(str(metadata["report_object_id"].value))
    told = json.loads(report.content)
    assert told["source"] == f"neon-{word.replace('_', '-')}"
    assert told["new_ids_are"] == "placeholders"
    tokens = {token for path, token in portal.asked if path.startswith("/api")}
    assert tokens == {"neon-token"}
    assert ("/neon_envo_mappings.tsv" in portal.paths()) is (word == "soil")
    mapping = shown(first, "get_df_from_url")
    assert len(str(mapping["sha256"].value)) == 64
    assert str(mapping["url"].value).startswith(portal.url)
    assert str(mapping["etag"].value).startswith('"')


def test_choices_filters_and_a_portal_of_its_own_may_stand_in_the_config_of_a_run(
    portal: NeonServer,
    services: Services,
    database: Database[Document],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_product(portal, "surface_water")
    monkeypatch.setenv("NEON_API_BASE_URL", "http://127.0.0.1:1")
    recorded = expected("surface_water", RECORDED["surface_water"])
    (core,) = [each for each in recorded["biosample_set"] if each["name"] == "HOPB.SS.20190717"]
    step = "nmdc_schema_database_from_neon_surface_water_data"
    dna_ids = ["HOPB.SS.20190717.DNA-DNA1", "none of the sort"]
    chosen = {
        "dna_sample_ids": dna_ids,
        "existing_biosample_ids": {core["name"]: "nmdc:bsm-11-abcd1234"},
        "library_sample_override": {core["name"]: "nmdc:procsm-11-abcd1234"},
        "corrections": ["neon_category"],
        "on_error": "skip",
    }
    instruments = mapping_files(portal)["get_neon_pipeline_inputs"]["inputs"]
    name = "neon_nmdc_instrument_mapping_file_url"
    run_config = config(
        portal,
        dry_run("surface_water"),
        **EXPORT,
        **{step: {"config": chosen}},
        # Waters need no other mapping file; an input may be written in both ways.
        get_neon_pipeline_inputs={"inputs": {name: {"value": instruments[name]}}},
    )
    client = {"config": {"base_url": portal.api, "api_token": "another"}}

    done = job(dry_run("surface_water")).execute_in_process(
        {**run_config, "resources": {"neon_api_client": client}}
    )

    made = done.output_for_node(step)
    assert "biosample_set" not in made
    (sequencing,) = made["data_generation_set"]
    assert sequencing["has_input"] == ["nmdc:procsm-11-abcd1234"]
    (extraction,) = [
        each for each in made["material_processing_set"] if each["type"] == "nmdc:Extraction"
    ]
    assert extraction["has_input"] == ["nmdc:bsm-11-abcd1234"]
    assert {token for path, token in portal.asked if path.startswith("/api")} == {"another"}
    codes = {row["code"] for row in tables_of(shown(done, step))["problems_by_code"]}
    assert "filter_without_match" in codes


def test_data_that_cannot_be_translated_fail_the_run_with_a_report_and_submit_nothing(
    portal: NeonServer, services: Services, database: Database[Document]
) -> None:
    put_product(portal, "soil")
    listing = "/api/v0/data/DP1.10086.001/BLAN/2020-07"
    cores = (DATA / "soil" / "input" / "sls_soilCoreCollection.csv").read_bytes()
    portal.replace_file(listing, "sls_soilCoreCollection", cores.replace(b",BLAN,", b",ATLANTIS,"))

    failed = job("ingest_neon_soil_metadata").execute_in_process(
        config(portal, "ingest_neon_soil_metadata"), raise_on_error=False
    )

    assert not failed.success
    step = "nmdc_schema_database_from_neon_soil_data"
    assert failed.retry_attempts_for_node(step) == 0
    (event,) = failed.get_step_failure_events()
    failure = event.step_failure_data.user_failure_data
    assert failure is not None
    assert "unmapped_site: 3" in str(failure.description)
    tables = tables_of(failure.metadata)
    assert {row["code"] for row in tables["problems"]} >= {"unmapped_site"}
    assert {row["value"] for row in tables["problems"]} >= {"ATLANTIS"}
    told = json.loads(
        services.objects.content(str(failure.metadata["report_object_id"].value)).content
    )
    assert told["problems"]["by_code"]["unmapped_site"] == 3
    assert database["minter.id_records"].count_documents({}) == 0


def test_tables_and_mapping_files_that_are_not_what_they_should_be_are_told_together(
    portal: NeonServer, services: Services
) -> None:
    put_product(portal, "soil")
    portal.files["/neon_envo_mappings.tsv"] = b"a\tb\n1\t2\n"
    portal.files["/neon_nmdc_instrument_map.tsv"] += b"a\tb\tone too many\n"
    without = {"product_id": "DP1.10107.001", "product_tables": "mms_metagenomeSequencing, mms_x"}
    product = {"get_neon_pipeline_mms_data_product": {"config": {"mms_data_product": without}}}

    failed = job(dry_run("soil")).execute_in_process(
        config(portal, dry_run("soil"), **EXPORT, **product), raise_on_error=False
    )

    (event,) = failed.get_step_failure_events()
    said = str(event.step_failure_data.user_failure_data.description)  # type: ignore[union-attr]
    for each in (
        "DP1.10107.001 has no file of table mms_x",
        "missing one of the metagenomic microbe soil tables",
        "neon_envo_mappings lacks the columns neon_nlcd_value",
    ):
        assert each in said
    metadata = event.step_failure_data.user_failure_data.metadata  # type: ignore[union-attr]
    told = {row["code"]: row for row in tables_of(metadata)["problems"]}
    assert told["bad_row"]["table"] == f"{portal.url}/neon_nmdc_instrument_map.tsv"


@pytest.mark.parametrize(
    ("ops", "said"),
    [
        (
            {"nmdc_schema_database_from_neon_benthic_data": {"config": {"on_error": "maybe"}}},
            "'maybe' is not a valid OnError",
        ),
        (
            {
                "get_neon_pipeline_benthic_data_product": {
                    "config": {"benthic_data_product": {"product_id": "DP1.20279.001"}}
                }
            },
            "missing: ['product_tables']",
        ),
    ],
    ids=["an unknown choice", "half a product"],
)
def test_a_config_that_makes_no_sense_fails_at_once_and_says_so(
    ops: dict[str, Any], said: str, portal: NeonServer, services: Services
) -> None:
    put_product(portal, "benthic")

    failed = job(dry_run("benthic")).execute_in_process(
        config(portal, dry_run("benthic"), **EXPORT, **ops), raise_on_error=False
    )

    (event,) = failed.get_step_failure_events()
    assert said in str(event.event_specific_data)
    assert failed.retry_attempts_for_node(str(event.step_key)) == 0


def test_an_ingest_is_submitted_through_the_hub_and_a_second_one_changes_nothing(
    portal: NeonServer,
    services: Services,
    settings: Settings,
    database: Database[Document],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_product(portal, "soil")
    for name, held in expected("soil", "prerequisites.json").items():
        database[name].insert_many([dict(each) for each in held])
    dagster = WorkingDagster()
    with served_hub(settings, dagster) as url:
        for name, value in {**variables(settings), "API_HOST": url}.items():
            if not name.startswith("NEON"):
                monkeypatch.setenv(name, value)
        name = "ingest_neon_soil_metadata"
        first = job(name).execute_in_process(config(portal, name))
        # An emptied database may have MongoDB's own of a view that was there.
        names = database.list_collection_names(filter={"name": {"$not": {"$regex": r"^system\."}}})
        written = {each: list(database[each].find()) for each in names}
        again = job(name).execute_in_process(config(portal, name))

    assert first.output_for_node("poll_for_run_completion")["status"] == "COMPLETE"
    recorded = expected("soil", RECORDED["soil"])
    for collection, documents in recorded.items():
        assert database[collection].count_documents({}) == len(documents)
        assert list(database[collection].find()) == written[collection]
    assert database["minter.id_records"].count_documents({}) == len(written["minter.id_records"])
    assert database["minter.id_records"].count_documents({"status": "draft"}) == 0
    assert again.output_for_node("poll_for_run_completion")["status"] == "COMPLETE"
    assert again.output_for_node("nmdc_schema_database_from_neon_soil_data") == {}
    ids = tables_of(shown(again, "nmdc_schema_database_from_neon_soil_data"))["ids"]
    assert {row["new"] for row in ids} == {0}
    assert database["txn_log"].count_documents({}) == len(written["txn_log"])
