"""From a plan to ids that stay, and to what is new; NEON's soil data stand for any source."""

import copy
from typing import Any

import pytest

from nmdc_runtime.ids.models import Status
from nmdc_runtime.ingests.models import Ingest
from nmdc_runtime.translation.neon.benthic import plan_benthic
from nmdc_runtime.translation.neon.soil import plan_soil
from nmdc_runtime.translation.planning import Label, Plan
from nmdc_runtime.translation.report import TranslationReport
from tests.support.neon import Inputs, canonical, expected

RECORDED = "database.single_run.json"


def soil() -> tuple[Plan, TranslationReport]:
    inputs = Inputs("soil")
    return plan_soil(inputs.neon_tables, inputs.references)


def store(database: Any, documents: dict[str, list[dict[str, Any]]]) -> None:
    for name, held in documents.items():
        database[name].insert_many(copy.deepcopy(held))


def counts(ingest: Ingest) -> dict[str, int]:
    return {name: len(held) for name, held in ingest.database.items()}


def ids_of(documents: dict[str, list[dict[str, Any]]]) -> set[str]:
    return {each["id"] for held in documents.values() for each in held}


def test_a_rehearsal_mints_nothing_and_makes_the_same_documents_each_time(services, database):
    first, again = services.ingests.rehearse(*soil()), services.ingests.rehearse(*soil())

    assert first.database == again.database
    assert first.to_dict() == again.to_dict()
    assert first.to_dict()["new_ids_are"] == "placeholders"
    assert canonical(first.database) == canonical(expected("soil", RECORDED))
    assert all("-00-" in id_ for id_ in ids_of(first.database))
    assert database["minter.id_records"].count_documents({}) == 0
    assert database["_runtime.source_ids"].count_documents({}) == 0


def test_who_was_broken_off_before_submitting_goes_on_with_the_same_ids(services, database):
    first = services.ingests.prepare(*soil())
    drafts = database["minter.id_records"].count_documents({})

    again = services.ingests.prepare(*soil())
    rehearsed = services.ingests.rehearse(*soil())

    assert again.database == first.database == rehearsed.database
    assert counts(first) == {name: len(held) for name, held in expected("soil", RECORDED).items()}
    assert (
        database["minter.id_records"].count_documents({}) == drafts == len(ids_of(first.database))
    )
    assert first.report.ids_new == again.report.ids_reused == rehearsed.report.ids_reused
    assert set(again.report.ids_new.values()) == {0}
    assert first.stored == dict.fromkeys(first.database, 0)
    a_sample = first.database.biosample_set[0]["id"]
    assert services.minting.resolve(a_sample).status is Status.DRAFT


def test_what_is_stored_is_left_alone_though_it_was_corrected_since(services, database):
    first = services.ingests.prepare(*soil())
    store(database, first.database)
    database["biosample_set"].update_many({}, {"$set": {"elev": 7.0}})

    again, rehearsed = services.ingests.prepare(*soil()), services.ingests.rehearse(*soil())
    replacing = services.ingests.prepare(*soil(), replaces_stored=True)

    assert again.database == rehearsed.database == {}
    assert again.stored == counts(first)
    assert again.to_dict()["stored_already"] == counts(first)
    assert replacing.database == first.database


def test_half_of_an_ingest_is_completed_by_the_other_half(services, database):
    first = services.ingests.prepare(*soil())
    half = {name: held[: len(held) // 2] for name, held in first.database.items() if len(held) > 1}
    store(database, half)

    again = services.ingests.prepare(*soil())

    assert ids_of(again.database) == ids_of(first.database) - ids_of(half)


@pytest.mark.parametrize(
    ("word", "raw_files", "recorded"),
    [
        ("soil", "neon_raw_data_file_mappings.tsv", RECORDED),
        ("soil", "neon_raw_data_file_mappings.multi_run.tsv", "database.multi_run.json"),
        ("benthic", "neon_raw_data_file_mappings.tsv", "database.single_run.target.json"),
    ],
    ids=["soil", "soil of two runs with their manifest", "benthic"],
)
def test_the_chain_of_a_sample_that_others_have_ingested_is_found_whole(
    services, database, word, raw_files, recorded
):
    others = expected(word, recorded)
    store(database, others)
    inputs = Inputs(word)
    inputs.use_file("neon_raw_data_file_mappings", raw_files)
    plan = plan_soil if word == "soil" else plan_benthic

    found = services.ingests.prepare(*plan(inputs.neon_tables, inputs.references))

    # A pooling's inputs are several: its samples are known by their names.
    assert found.database == {}
    assert found.stored == {name: len(held) for name, held in others.items()}
    assert database["minter.id_records"].count_documents({}) == 0
    assert set(found.report.ids_new.values()) == {0}


def test_of_a_sample_of_which_others_have_only_the_files_and_cores_the_rest_is_new(
    services, database
):
    others = expected("soil", RECORDED)
    store(database, {name: others[name] for name in ("biosample_set", "data_object_set")})

    found = services.ingests.prepare(*soil())

    assert set(found.database) == {
        "material_processing_set",
        "processed_sample_set",
        "data_generation_set",
    }
    files = {each["id"] for each in others["data_object_set"]}
    (sequencing,) = found.database.data_generation_set
    assert set(sequencing["has_output"]) == files
    cores = {each["id"] for each in others["biosample_set"]}
    (pooling,) = [
        each for each in found.database.material_processing_set if each["type"] == "nmdc:Pooling"
    ]
    assert set(pooling["has_input"]) == cores


def test_a_process_of_another_class_or_an_input_of_another_class_is_not_taken_for_ours(
    services, database
):
    others = expected("soil", RECORDED)
    (sequencing,) = others["data_generation_set"]
    sequencing["has_input"] = [others["biosample_set"][0]["id"]]  # as older sequencings
    others = {name: others[name] for name in ("biosample_set", "data_object_set")}
    store(database, others | {"data_generation_set": [sequencing]})

    found = services.ingests.rehearse(*soil())

    assert "data_generation_set" not in found.database
    made = {each["type"] for each in found.database.material_processing_set}
    assert made == {"nmdc:Pooling", "nmdc:Extraction", "nmdc:LibraryPreparation"}
    database["data_generation_set"].update_one({}, {"$set": {"type": "nmdc:MassSpectrometry"}})
    assert "data_generation_set" in services.ingests.rehearse(*soil()).database


@pytest.mark.parametrize("how_often", [1, 2])
def test_what_is_stored_under_a_name_counts_more_than_an_id_that_was_minted_for_it(
    services, database, how_often
):
    first = services.ingests.prepare(*soil())
    core = copy.deepcopy(first.database.biosample_set[0])
    core["id"] = "nmdc:bsm-11-other000"
    database["biosample_set"].insert_one(dict(core))

    for _ in range(how_often):
        again = services.ingests.prepare(*soil())

    assert core["id"] not in ids_of(again.database)
    (pooling,) = [
        each for each in again.database.material_processing_set if each["type"] == "nmdc:Pooling"
    ]
    assert core["id"] in pooling["has_input"]
    assert again.stored["biosample_set"] == 1


def biosamples(*gold_ids: str | None) -> tuple[Plan, TranslationReport]:
    """Plan samples of one name, as GOLD or somebody else knows them."""
    plan = Plan({"nmdc:sty-11-a"})
    for number, gold_id in enumerate(gold_ids):
        document = {
            "id": Label("nmdc:Biosample", gold_id or f"sample {number}"),
            "type": "nmdc:Biosample",
            "name": "soil",
            "associated_studies": ["nmdc:sty-11-a"],
        }
        if gold_id:
            document["gold_biosample_identifiers"] = [f"gold:{gold_id}"]
        plan.add("biosample_set", document)
    return plan, TranslationReport("gold")


@pytest.mark.parametrize(
    ("stored_as", "planned", "is_known"),
    [
        (["gold:Gb1"], ["Gb2"], False),
        (["gold:Gb1"], ["Gb1"], True),
        (["gold:Gb1"], [None], True),
        ([], ["Gb2"], True),
        ([], [None, "Gb2"], False),
    ],
    ids=["another of GOLD's", "the same", "not GOLD's", "not known to GOLD", "which of two"],
)
def test_a_sample_of_a_name_is_the_stored_one_unless_it_is_known_to_be_another(
    services, database, stored_as, planned, is_known
):
    store(
        database,
        {
            "biosample_set": [
                {
                    "id": "nmdc:bsm-11-a",
                    "type": "nmdc:Biosample",
                    "name": "soil",
                    "associated_studies": ["nmdc:sty-11-a"],
                    "gold_biosample_identifiers": stored_as,
                }
            ]
        },
    )

    found = services.ingests.rehearse(*biosamples(*planned))

    assert found.stored["biosample_set"] == (1 if is_known else 0)
    assert len(found.database.biosample_set) == (0 if is_known else len(planned))


def test_a_plan_of_nothing_is_nothing(services, database):
    empty = services.ingests.prepare(Plan(), TranslationReport("neon-soil"))

    assert (empty.database, empty.stored) == ({}, {})
    assert Label("nmdc:Biosample", "x") not in empty.report.ids_new
