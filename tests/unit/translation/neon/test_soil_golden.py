"""Soil against the recorded results, and against each edge case of the fixtures."""

import copy
import json

import pytest

from nmdc_runtime.schema.validator import load_validator
from nmdc_runtime.translation.minting import mint_all, placeholder_minter
from nmdc_runtime.translation.neon.constants import SOIL
from nmdc_runtime.translation.neon.options import NeonOptions
from nmdc_runtime.translation.neon.soil import NeonSoilTranslator, plan_soil
from nmdc_runtime.translation.report import TranslationFailed, TranslationReport
from tests.support.neon import (
    RAW_MAPPING_TABLE,
    Inputs,
    canonical,
    cases,
    dangling,
    expected,
    minted_counts,
    of_type,
    used_and_skipped_add_up,
)

CASES = {case["name"]: case for case in cases("soil")}
SINGLE = "database.single_run.json"
MULTI = [
    {
        "table": "raw_mapping",
        "op": "use_file",
        "file": "neon_raw_data_file_mappings.multi_run.tsv",
    }
]


def translated(patches=(), **arguments) -> tuple[dict, TranslationReport]:
    inputs = Inputs("soil").patch(patches)
    options = NeonOptions(dna_sample_ids=arguments.get("allowed_dna_sample_ids") or ())
    plan, report = plan_soil(inputs.neon_tables, inputs.references, options)
    database = plan.emit(mint_all(plan, placeholder_minter()))
    check_sound(database, report)
    return database, report


def check_sound(database: dict, report: TranslationReport) -> None:
    """What holds for every result, whatever the input."""
    known = {"nmdc:inst-14-xz5tb342", "nmdc:inst-14-79zxap02", SOIL.study_id}
    assert dangling(database, external=known) == set()
    assert load_validator().validate_documents(database).problems == ()
    assert used_and_skipped_add_up(report)
    assert "NaN" not in json.dumps(database)
    outputs = {
        each for run in database["data_generation_set"] for each in run.get("has_output", ())
    }
    assert {each["id"] for each in database.get("data_object_set", ())} == outputs


def counts(database: dict) -> dict[str, int]:
    return {name: len(documents) for name, documents in database.items()}


@pytest.mark.parametrize(
    ("result", "patches"),
    [
        (SINGLE, []),
        ("database.multi_run.json", MULTI),
        (
            "database.single_run.ntr_as_loaded.json",
            [
                {
                    "table": "ntr_externalLab",
                    "op": "use_file",
                    "file": "ntr_externalLab.as_loaded.csv",
                }
            ],
        ),
    ],
    ids=["single_run", "multi_run", "ntr_as_loaded"],
)
def test_the_recorded_results_come_out_but_for_the_ids(result, patches) -> None:
    database, report = translated(patches)

    assert canonical(database) == canonical(expected("soil", result))
    assert report.problems.listed == []


def test_the_comparison_tells_graphs_apart() -> None:
    recorded = expected("soil", SINGLE)
    for change in (
        lambda d: d["biosample_set"][0].update(ph=4.7),
        lambda d: d["biosample_set"][0]["temp"].update(has_numeric_value=20.30001),
        lambda d: d["material_processing_set"][0]["has_input"].pop(),
        lambda d: d["data_generation_set"][0].update(has_input=["nmdc:procsm-00-000001"]),
        lambda d: d["data_generation_set"][0]["has_output"].pop(),
        lambda d: d["processed_sample_set"].pop(),
    ):
        changed = copy.deepcopy(recorded)
        change(changed)
        assert canonical(changed) != canonical(recorded)
    renamed = json.loads(json.dumps(recorded).replace("bsm-00-00000", "bsm-11-zz"))
    assert canonical(renamed) == canonical(recorded)


def test_of_clean_data_only_what_is_made_is_minted() -> None:
    inputs = Inputs("soil")
    plan, report = plan_soil(inputs.neon_tables, inputs.references)

    assert (
        minted_counts(plan)
        == report.ids_new
        == {
            "nmdc:Biosample": 3,
            "nmdc:Pooling": 1,
            "nmdc:Extraction": 1,
            "nmdc:LibraryPreparation": 1,
            "nmdc:ProcessedSample": 3,
            "nmdc:NucleotideSequencing": 1,
            "nmdc:DataObject": 2,
        }
    )


def test_a_refused_table_is_named_in_the_published_words_before_anything_is_planned() -> None:
    inputs = Inputs("soil")
    tables = inputs.neon_tables
    with pytest.raises(ValueError, match="missing one of the metagenomic microbe soil tables"):
        NeonSoilTranslator({}, {}, None, None, site_code_mapping={}, id_minter=placeholder_minter())
    with pytest.raises(ValueError, match="missing one of the soil periodic tables"):
        NeonSoilTranslator(tables, {}, None, None)


def test_the_published_class_takes_its_arguments_in_order_and_gives_a_readable_database() -> None:
    inputs = Inputs("soil").patch(MULTI)
    calls = []
    placeholders = placeholder_minter()

    def mint(class_uri: str, how_many: int = 1) -> list[str]:
        assert how_many > 0
        calls.append(class_uri)
        return placeholders(class_uri, how_many)

    translator = NeonSoilTranslator(
        inputs.neon_tables,
        inputs.neon_tables,
        inputs.references.envo,
        inputs.references.raw_files,
        site_code_mapping=inputs.site_names,
        instrument_mapping=inputs.references.instruments,
        allowed_dna_sample_ids=set(),
        id_minter=mint,
    )
    database = translator.get_database()
    facts = expected("soil", "assertions.json")

    assert len(calls) == len(set(calls))  # one call for each class
    single = facts["single_run"]
    assert [each.name for each in database.biosample_set] == single["biosample_names"]
    assert {each["geo_loc_name"]["has_raw_value"] for each in database["biosample_set"]} == {
        single["biosample_geo_loc_name_has_raw_value"]
    }
    multi = facts["multi_run"]
    runs = database.data_generation_set
    assert sorted(each.name for each in runs) == multi["nucleotide_sequencing_names_sorted"]
    assert [len(each.has_output) for each in runs] == [2, 2]
    (together,) = database.manifest_set
    assert together.manifest_category == multi["manifest_category"]
    assert all(each.in_manifest == [together.id] for each in database.data_object_set)
    assert database.study_set == []
    assert translator.report.documents["biosample_set"] == 3


def test_biosamples_lead_through_pool_extraction_and_library_to_the_reads() -> None:
    database, _ = translated()
    (pooled,) = of_type(database, "Pooling")
    (extracted,) = of_type(database, "Extraction")
    (library,) = of_type(database, "LibraryPreparation")
    (sequenced,) = of_type(database, "NucleotideSequencing")

    assert pooled["has_input"] == [each["id"] for each in database["biosample_set"]]
    assert extracted["has_input"] == pooled["has_output"]
    assert library["has_input"] == extracted["has_output"]
    assert sequenced["has_input"] == library["has_output"]
    assert sequenced["name"] == (
        "Terrestrial soil microbial communities - BLAN_005-M-20200713-COMP-DNA1"
    )


#: The targets know no code for it; a repeated row is told all the same.
NOT_IN_TARGETS = {"sequencing_row_repeated": {"duplicate_row"}}


@pytest.mark.parametrize(
    "name", sorted(n for n, c in CASES.items() if c["target"]["outcome"] == "ok")
)
def test_an_edge_case_gives_what_its_target_says(name) -> None:
    case = CASES[name]
    target = case["target"]

    database, report = translated(case["patches"], **case["arguments"])

    if "same_as" in target:
        assert canonical(database) == canonical(expected("soil", target["same_as"]))
    assert counts(database).items() >= target.get("counts", {}).items()
    assert report.problems.codes() == set(target.get("issues", ())) | NOT_IN_TARGETS.get(
        name, set()
    )


@pytest.mark.parametrize(
    "name", sorted(n for n, c in CASES.items() if c["target"]["outcome"] == "error")
)
def test_an_edge_case_that_must_fail_says_why(name) -> None:
    case = CASES[name]

    with pytest.raises(TranslationFailed) as failure:
        translated(case["patches"], **case["arguments"])

    assert failure.value.report.problems.codes() >= set(case["target"].get("issues", ()))
    for must in case["target"].get("must", ()):
        if must.startswith("message contains: "):
            assert must.removeprefix("message contains: ") in str(failure.value)


def case_of(name: str) -> tuple[dict, TranslationReport]:
    return translated(CASES[name]["patches"], **CASES[name]["arguments"])


def test_a_single_core_is_not_pooled() -> None:
    database, _ = case_of("single_core_no_pooling")
    (extracted,) = of_type(database, "Extraction")

    assert extracted["has_input"] == [database["biosample_set"][0]["id"]]
    assert of_type(database, "Pooling") == []
    assert len(database["processed_sample_set"]) == 2


def test_a_missing_checksum_leaves_no_word_behind() -> None:
    database, _ = case_of("raw_file_missing_checksum")
    assert all("md5_checksum" not in each for each in database["data_object_set"])


def test_the_legacy_names_of_files_pair_too() -> None:
    database, _ = case_of("raw_file_legacy_name")
    (sequenced,) = of_type(database, "NucleotideSequencing")
    types = {each["id"]: each["data_object_type"] for each in database["data_object_set"]}
    assert [types[each] for each in sequenced["has_output"]] == [
        "Metagenome Raw Read 1",
        "Metagenome Raw Read 2",
    ]


def test_without_files_it_was_sequenced_all_the_same() -> None:
    inputs = Inputs("soil").patch(CASES["raw_files_none"]["patches"])
    plan, _ = plan_soil(inputs.neon_tables, inputs.references)
    (sequenced,) = plan.documents["data_generation_set"]
    assert "has_output" not in sequenced
    assert "nmdc:DataObject" not in minted_counts(plan)


@pytest.mark.parametrize(
    ("name", "slot"),
    [
        ("elevation_missing", "elev"),
        ("latitude_missing", "lat_lon"),
        ("both_depths_missing", "depth"),
    ],
)
def test_a_missing_measurement_is_a_missing_slot_of_that_biosample_only(name, slot) -> None:
    database, _ = case_of(name)
    lacking = [each["name"] for each in database["biosample_set"] if slot not in each]
    assert lacking == ["BLAN_005-M-8-0-20200713"]


def test_the_values_that_the_edge_cases_ask_for() -> None:
    combined, _ = case_of("analysis_type_combined")
    assert {tuple(each["analysis_type"]) for each in combined["biosample_set"]} == {
        ("metagenomics",)
    }
    odd_status, _ = case_of("qaqc_unknown")
    assert "qc_status" not in of_type(odd_status, "Extraction")[0]
    unmapped, _ = case_of("instrument_unmapped")
    assert "instrument_used" not in unmapped["data_generation_set"][0]
    part, _ = case_of("instrument_substring")
    assert part["data_generation_set"][0]["instrument_used"] == ["nmdc:inst-14-79zxap02"]


def test_nitrogen_and_carbon_in_two_rows_both_reach_the_biosample() -> None:
    database, _ = case_of("chemistry_in_two_rows")
    recorded = {each["name"]: each for each in expected("soil", SINGLE)["biosample_set"]}
    for each in database["biosample_set"]:
        assert each["nitro"] == recorded[each["name"]]["nitro"]
        assert each["org_carb"]["has_numeric_value"] == 2.5
        assert each["carb_nitro_ratio"]["has_numeric_value"] == 11
    absent, _ = case_of("chemistry_absent")
    slots = {"nitro", "org_carb", "carb_nitro_ratio", "env_package"}
    assert all(slots.isdisjoint(each) for each in absent["biosample_set"])


def test_two_extractions_of_one_pool_have_a_library_each_and_share_the_pooling() -> None:
    database, _ = case_of("two_dna_samples_one_genomics_sample")
    (pooled,) = of_type(database, "Pooling")
    extracted = of_type(database, "Extraction")
    libraries = of_type(database, "LibraryPreparation")

    assert [each["has_input"] for each in extracted] == [pooled["has_output"]] * 2
    outputs = [each["has_output"] for each in extracted]
    assert outputs[0] != outputs[1]
    assert sorted(each["has_input"] for each in libraries) == sorted(outputs)


def test_rows_of_foreign_samples_are_counted_as_orphans() -> None:
    _, report = case_of("raw_rows_of_unrelated_samples")
    use = report.tables[RAW_MAPPING_TABLE].to_dict()
    assert use == {"read": 4, "used": 2, "skipped": {"orphan_raw_file": 2}}
    _, filtered = case_of("filter_drops_other_raw_rows")
    assert filtered.tables[RAW_MAPPING_TABLE].skipped == {"not_selected": 2}
