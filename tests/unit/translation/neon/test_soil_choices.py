"""Soil: what callers may choose, and what happens to data that are bad."""

from datetime import UTC, datetime

import pytest

from nmdc_runtime.schema.validator import load_validator
from nmdc_runtime.translation.minting import mint_all, placeholder_minter
from nmdc_runtime.translation.neon.options import (
    Correction,
    NeonOptions,
    OnError,
    Provenance,
)
from nmdc_runtime.translation.neon.soil import plan_soil
from nmdc_runtime.translation.neon.soil_tables import (
    CHEMISTRY,
    CORES,
    EXTRACTION,
    POOLS,
    SEQUENCING,
)
from nmdc_runtime.translation.neon.translator import NeonReferences
from nmdc_runtime.translation.report import TranslationFailed, TranslationReport
from nmdc_runtime.translation.tables import Table
from tests.support.neon import Inputs, minted_counts, of_type, used_and_skipped_add_up

DNA = "BLAN_005-M-20200713-COMP-DNA1"
FIRST_CORE = "BLAN_005-M-8-0-20200713"


def planned(*patches: dict, **options):
    inputs = Inputs("soil").patch(patches)
    return plan_soil(inputs.neon_tables, inputs.references, NeonOptions(**options))


def translated(*patches: dict, **options) -> tuple[dict, TranslationReport]:
    plan, report = planned(*patches, **options)
    database = plan.emit(mint_all(plan, placeholder_minter()))
    assert load_validator().validate_documents(database).problems == ()
    assert used_and_skipped_add_up(report)
    return database, report


def change(table: str, where: dict | None = None, **values) -> dict:
    return {"table": table, "op": "set", "where": where or {}, "values": values}


def second_sample(core_of_its_own: str = "OTHER-CORE") -> list[dict]:
    """A second DNA sample, of a pool that has one core of its own and shares none."""
    return [
        {"table": SEQUENCING, "op": "append_copy", "replace_text": {"dnaSampleID": ["1", "2"]}},
        {
            "table": EXTRACTION,
            "op": "append_copy",
            "values": {"genomicsSampleID": "POOL2"},
            "replace_text": {"dnaSampleID": ["1", "2"]},
        },
        {
            "table": POOLS,
            "op": "append_copy",
            "values": {"genomicsSampleID": "POOL2", "genomicsPooledIDList": core_of_its_own},
        },
        {
            "table": CORES,
            "op": "append_copy",
            "where": {"sampleID": FIRST_CORE},
            "values": {"sampleID": core_of_its_own},
        },
    ]


def test_a_biosample_that_exists_is_referred_to_and_not_made() -> None:
    existing = {FIRST_CORE: "nmdc:bsm-11-there1"}
    # What is wrong with its core does not matter, because nothing is made of it.
    database, report = translated(
        change(CORES, {"sampleID": FIRST_CORE}, nlcdClass="moonscape"),
        existing_biosample_ids=existing,
    )
    (pooled,) = of_type(database, "Pooling")
    assert len(database["biosample_set"]) == 2
    assert pooled["has_input"][0] == "nmdc:bsm-11-there1"
    assert report.problems.listed == []
    assert report.ids_new["nmdc:Biosample"] == 2


def test_sequencing_reads_the_library_sample_that_the_caller_names() -> None:
    database, _ = translated(library_sample_override={DNA: "nmdc:procsm-11-there1"})
    assert database["data_generation_set"][0]["has_input"] == ["nmdc:procsm-11-there1"]


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_planned() -> None:
    with pytest.raises(TranslationFailed) as failure:
        planned(
            change(CORES, {"sampleID": FIRST_CORE}, nlcdClass=None, horizon="Z"),
            change(CORES, {"sampleID": "BLAN_005-M-32-35-20200713"}, siteID="ATLANTIS"),
            change(SEQUENCING, instrument_model=None),
        )
    report = failure.value.report
    assert report.problems.by_code == {
        "missing_instrument_model": 1,
        "unmapped_env_local_scale": 1,
        "unknown_horizon": 1,
        "unmapped_site": 1,
    }
    assert report.documents == {}
    assert "'ATLANTIS'" in str(failure.value)
    assert "'None'" not in str(failure.value)


def test_with_skip_only_the_samples_that_have_errors_are_left_out() -> None:
    bad_core = change(CORES, {"sampleID": "OTHER-CORE"}, nlcdClass="moonscape")
    with pytest.raises(TranslationFailed):
        planned(*second_sample(), bad_core)

    database, report = translated(*second_sample(), bad_core, on_error=OnError.SKIP)

    assert {each["name"] for each in database["biosample_set"]} == {
        row["sampleID"] for row in Inputs("soil").tables[CORES].rows
    }
    assert len(database["data_generation_set"]) == 1
    assert report.tables[CORES].skipped == {"not_translated": 1}
    assert report.tables[EXTRACTION].skipped == {"not_translated": 1}
    assert report.problems.codes() == {"unmapped_env_local_scale"}


def test_a_bad_core_leaves_out_the_whole_pool_and_with_it_the_cores_of_no_other() -> None:
    with pytest.raises(TranslationFailed) as failure:
        planned(change(CORES, {"sampleID": FIRST_CORE}, siteID="ATLANTIS"), on_error=OnError.SKIP)
    assert failure.value.report.problems.codes() == {"unmapped_site", "empty_selection"}

    database, _ = translated(
        *second_sample(),
        change(CORES, {"sampleID": FIRST_CORE}, siteID="ATLANTIS"),
        on_error=OnError.SKIP,
    )
    assert [each["name"] for each in database["biosample_set"]] == ["OTHER-CORE"]
    assert of_type(database, "Pooling") == []


def test_a_filter_takes_its_samples_and_names_those_that_are_not_there() -> None:
    database, report = translated(*second_sample(), dna_sample_ids=[DNA, "NOPE"])
    assert len(database["data_generation_set"]) == 1
    assert [(each.code, each.natural_id) for each in report.problems] == [
        ("filter_without_match", "NOPE")
    ]
    assert report.tables[SEQUENCING].skipped == {"not_selected": 1}


def test_rows_that_lead_nowhere_are_skipped_and_said_to_be() -> None:
    database, report = translated(
        {"table": SEQUENCING, "op": "append_copy", "values": {"dnaSampleID": "LOST-DNA1"}},
        {
            "table": SEQUENCING,
            "op": "append_copy",
            "where": {"dnaSampleID": DNA},
            "values": {"dnaSampleID": None},
        },
        {"table": EXTRACTION, "op": "append_copy", "values": {"dnaSampleID": "IDLE-DNA1"}},
        {
            "table": CHEMISTRY,
            "op": "append_copy",
            "where": {"sampleID": FIRST_CORE},
            "values": {"sampleID": "OTHER"},
        },
        {
            "table": SEQUENCING,
            "op": "append_copy",
            "where": {"dnaSampleID": DNA},
            "values": {"dnaSampleID": "STRAY-DNA1"},
        },
        {
            "table": EXTRACTION,
            "op": "append_copy",
            "where": {"dnaSampleID": DNA},
            "values": {"dnaSampleID": "STRAY-DNA1", "genomicsSampleID": None},
        },
    )
    assert len(database["data_generation_set"]) == 1
    assert report.problems.by_code == {
        "missing_id": 1,
        "sequencing_without_extraction": 1,
        "extraction_without_field_sample": 1,
    }
    assert report.tables[SEQUENCING].skipped == {
        "missing_id": 1,
        "sequencing_without_extraction": 1,
        "extraction_without_field_sample": 1,
    }
    assert report.tables[EXTRACTION].skipped["not_sequenced"] == 1
    assert report.tables[CHEMISTRY].skipped == {"not_sequenced": 1}


def test_one_core_found_of_a_pool_is_read_by_the_extraction_itself() -> None:
    others = {row["sampleID"] for row in Inputs("soil").tables[CORES].rows} - {FIRST_CORE}
    database, report = translated(
        *({"table": CORES, "op": "delete", "where": {"sampleID": each}} for each in sorted(others))
    )
    (extracted,) = of_type(database, "Extraction")
    assert extracted["has_input"] == [database["biosample_set"][0]["id"]]
    assert of_type(database, "Pooling") == []
    assert report.problems.by_code == {"pooled_core_missing": 2}


def test_a_trailing_bar_and_a_repeated_core_change_nothing() -> None:
    inputs = Inputs("soil")
    listed = str(inputs.tables[POOLS].rows[0]["genomicsPooledIDList"])
    database, report = translated(change(POOLS, genomicsPooledIDList=f"{listed}|{FIRST_CORE}|"))
    assert database == translated()[0]
    assert report.problems.listed == []


def test_repeated_rows_are_told_and_change_nothing_but_several_measurements_are_usual() -> None:
    tables = (CORES, POOLS, EXTRACTION, SEQUENCING)
    of_a_core = {"op": "append_copy", "where": {"sampleID": FIRST_CORE}}
    database, report = translated(
        *({"table": table, "op": "append_copy"} for table in tables[1:]),
        *({"table": table, **of_a_core} for table in (CORES, CHEMISTRY)),
    )

    assert database == translated()[0]
    told = {(each.code, each.table, each.column, each.row) for each in report.problems}
    assert told == {
        ("duplicate_row", CORES, "sampleID", 4),
        ("duplicate_row", POOLS, "genomicsSampleID", 2),
        ("duplicate_row", EXTRACTION, "dnaSampleID", 2),
        ("duplicate_row", SEQUENCING, "dnaSampleID", 2),
    }
    assert all(report.tables[table].skipped == {"duplicate_row": 1} for table in tables)
    assert report.tables[CHEMISTRY].skipped == {}


def test_bad_cells_are_dropped_and_named_and_all_else_is_kept() -> None:
    database, report = translated(
        change(CORES, {"sampleID": FIRST_CORE}, soilTemp="warm", collectDate="2020-02-30"),
        change(CORES, {"sampleID": "BLAN_005-M-32-35-20200713"}, decimalLatitude="390.87"),
        change(EXTRACTION, sequenceAnalysisType="palmistry"),
    )
    first, second, _ = database["biosample_set"]
    assert {"temp", "collection_date", "analysis_type"}.isdisjoint(first)
    assert "lat_lon" in first
    assert "lat_lon" not in second
    told = {(each.code, each.table, each.natural_id, each.column) for each in report.problems}
    assert told == {
        ("bad_number", CORES, FIRST_CORE, "soilTemp"),
        ("bad_date", CORES, FIRST_CORE, "collectDate"),
        ("bad_number", CORES, "BLAN_005-M-32-35-20200713", "decimalLatitude"),
        ("unknown_analysis_type", EXTRACTION, DNA, "sequenceAnalysisType"),
    }


def test_values_that_differ_between_rows_of_one_thing_are_told_once() -> None:
    database, report = translated(
        {"table": EXTRACTION, "op": "append_copy", "values": {"processedDate": "2022-01-01"}},
        {
            "table": CHEMISTRY,
            "op": "append_copy",
            "where": {"sampleID": FIRST_CORE},
            "values": {"nitrogenPercent": "9", "analyticalRepNumber": "0"},
        },
    )
    assert of_type(database, "Extraction")[0]["end_date"] == "2021-08-19"
    assert database["biosample_set"][0]["nitro"]["has_numeric_value"] == 9
    told = [(each.table, each.column) for each in report.problems]
    assert sorted(told) == [(EXTRACTION, "processedDate"), (CHEMISTRY, "nitrogenPercent")]


@pytest.mark.parametrize("table", [EXTRACTION, CORES, CHEMISTRY, "neon_envo_mappings"])
def test_a_table_without_columns_is_named(table) -> None:
    inputs = Inputs("soil")
    inputs.tables[table] = Table(table, ())
    with pytest.raises(TranslationFailed, match=f"table {table} lacks the columns"):
        plan_soil(inputs.neon_tables, inputs.references)


def test_helper_tables_that_were_not_given_are_all_named() -> None:
    with pytest.raises(TranslationFailed) as failure:
        plan_soil(Inputs("soil").neon_tables, NeonReferences())
    assert failure.value.report.problems.by_code == {"missing_table": 3}


def test_a_file_that_two_samples_claim_is_the_first_ones() -> None:
    files = {
        "table": "raw_mapping",
        "op": "append_copy",
        "replace_text": {"dnaSampleID": ["1", "2"]},
    }
    database, report = translated(*second_sample(), files)
    outputs = [each.get("has_output", []) for each in database["data_generation_set"]]
    assert [len(each) for each in outputs] == [2, 0]
    assert report.problems.by_code == {"duplicate_raw_file_row": 2}


def test_provenance_needs_to_know_when_and_by_what() -> None:
    with pytest.raises(ValueError, match="provenance"):
        NeonOptions(corrections=frozenset({Correction.PROVENANCE}))


def test_corrections_change_what_they_say_and_only_when_switched_on() -> None:
    purity = change(EXTRACTION, nucleicAcidPurity="1.8")
    plain, _ = translated(purity)
    database, _ = translated(
        purity,
        corrections=frozenset(Correction),
        provenance=Provenance(now=datetime(2026, 1, 2, tzinfo=UTC), version="3.0.0"),
    )
    (before,), (after,) = of_type(plain, "Pooling"), of_type(database, "Pooling")
    assert (before["start_date"], before["end_date"]) == ("2020-07-13T14:34Z",) * 2
    assert after["end_date"] == "2020-07-13T15:54Z"
    (library,) = of_type(database, "LibraryPreparation")
    assert library["end_date"] == "2021-09-27"
    assert of_type(plain, "LibraryPreparation")[0]["end_date"] == "2021-08-19"
    assert of_type(database, "Extraction")[0]["start_date"] == "2020-07-13T15:54Z"
    for old, new in zip(plain["biosample_set"], database["biosample_set"], strict=True):
        assert new.items() >= old.items()
        assert new["biosample_categories"] == ["NEON"]
        assert new["neon_biosample_identifiers"] == [f"NEON:{new['name']}"]
        assert new["provenance_metadata"]["source_system_of_record"] == "NEON_Data_Portal"
        assert new.keys() - old.keys() == {
            "biosample_categories",
            "neon_biosample_identifiers",
            "provenance_metadata",
            "samp_size",
        }
    assert database["biosample_set"][0]["samp_size"]["has_numeric_value"] == 10.03
    assert [each["protocol_link"]["name"] for each in database["material_processing_set"]] == [
        "NEON.DOC.014048vN",
        "BMI_dnaExtractionSOP_v5",
        "BMI_metagenomicsSequencingSOP_v3",
    ]
    assert not any("protocol_link" in each for each in plain["material_processing_set"])
    purities = [each.get("biomaterial_purity") for each in database["processed_sample_set"]]
    assert purities == [
        None,
        {"type": "nmdc:QuantityValue", "has_numeric_value": 1.8, "has_unit": "1"},
        None,
    ]


def test_a_second_run_over_the_same_data_asks_for_the_same_labels() -> None:
    first, _ = planned()
    again, _ = planned()
    known = mint_all(first, placeholder_minter())

    def nothing(class_uri: str, how_many: int) -> list[str]:
        raise AssertionError(f"{how_many} of {class_uri} were minted again")

    assert again.emit(mint_all(again, nothing, known)) == first.emit(known)
    assert minted_counts(again) == minted_counts(first)
