"""What a caller may choose when waters are translated."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from nmdc_runtime.translation.neon.benthic import NeonBenthicTranslator, plan_benthic
from nmdc_runtime.translation.neon.mappings import read_environments
from nmdc_runtime.translation.neon.options import Correction, NeonOptions, OnError, Provenance
from nmdc_runtime.translation.neon.surface_water import plan_surface_water
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.report import TranslationFailed
from tests.support.neon import Inputs, of_type
from tests.support.neon_waters import change, extraction_of, failed, messages, the, translated

WLOU = "WLOU.20180726.AMC.EPILITHON.1"
C1, C2 = "CRAM.C1.20190806", "CRAM.C2.20190806"
DNA1 = "CRAM.C1.20190806.DNA-DNA1"
SEQUENCING, EXTRACTION = "mms_swMetagenomeSequencing", "mms_swMetagenomeDnaExtraction"
RAW, GENETIC, FIELD = "mms_swRawDataFiles", "amc_fieldGenetic", "amc_fieldSuperParent"


def test_a_sample_with_an_error_may_be_left_out_with_all_that_is_its_own() -> None:
    wrong = change(FIELD, {"parentSampleID": C1}, namedLocation="CRAM.AOS.outlet")

    database, report = translated("surface_water", [wrong], on_error=OnError.SKIP)

    assert C1 not in json.dumps(database)
    assert len(database["biosample_set"]) == 5
    assert len(database["data_object_set"]) == 10
    assert report.problems.codes() >= {"unmapped_env_local_scale"}
    assert report.tables[RAW].skipped == {"not_translated": 2, "orphan_raw_file": 2}
    nothing = change(FIELD, aquaticSiteType="wetland")
    assert "empty_selection" in (
        failed("surface_water", [nothing], on_error=OnError.SKIP).problems.codes()
    )


def test_a_filter_keeps_what_it_names_and_tells_what_it_does_not_find() -> None:
    database, report = translated("surface_water", dna_sample_ids=[DNA1, "NOWHERE-DNA1"])

    assert [each["name"] for each in database["biosample_set"]] == [C1]
    assert len(database["data_object_set"]) == 2
    assert report.tables[RAW].skipped == {"not_selected": 12}
    (told,) = messages(report, "filter_without_match")
    assert "NOWHERE-DNA1" in told
    report = failed("surface_water", dna_sample_ids=["NOWHERE-DNA1"])
    assert report.problems.codes() >= {"filter_without_match", "empty_selection"}
    assert "not_selected: 7" in messages(report, "empty_selection")[0]
    everything, _ = translated("surface_water", dna_sample_ids=[])
    assert len(everything["biosample_set"]) == 6


def test_the_published_class_filters_too() -> None:
    inputs = Inputs("benthic")
    translator = NeonBenthicTranslator(
        inputs.neon_tables,
        inputs.site_names,
        instrument_mapping=inputs.references.instruments,
        allowed_dna_sample_ids={"NOWHERE"},
    )
    with pytest.raises(TranslationFailed, match="empty_selection"):
        _ = translator.plan


def test_a_biosample_that_is_there_already_is_named_and_not_made_nor_looked_up() -> None:
    wrong = change(FIELD, {"parentSampleID": C1}, namedLocation="CRAM.AOS.outlet")
    existing = {C1: "nmdc:bsm-11-there1"}

    database, _ = translated("surface_water", [wrong], existing_biosample_ids=existing)

    assert len(database["biosample_set"]) == 5
    inputs = [each["has_input"] for each in of_type(database, "Extraction")]
    assert ["nmdc:bsm-11-there1"] in inputs


def test_terms_for_further_waters_come_from_a_file() -> None:
    problems = Problems()
    environments = read_environments(
        "product\tslot\tneon_value\tlocation_contains\tenvo_id\tenvo_label\n"
        "neon-benthic\tenv_broad_scale\tlake\t\tENVO:01000252\tfreshwater lake biome\n"
        "neon-benthic\tenv_local_scale\triffle\t\tENVO:00000148\triffle\n"
        "neon-benthic\tenv_medium\tbiofilm\t\tENVO:00002034\tbiofilm\n",
        problems,
    )
    inputs = Inputs("benthic").patch([change("amb_fieldParent", aquaticSiteType="lake")])

    plan, _ = plan_benthic(inputs.neon_tables, inputs.references, environments=environments)

    assert problems.listed == []
    (sample,) = plan.documents["biosample_set"]
    assert sample["env_broad_scale"]["term"]["name"] == "freshwater lake biome"


def test_corrections_change_what_they_name_and_nothing_else() -> None:
    def corrected(product: str, correction: Correction, patches=()) -> dict[str, Any]:
        now = datetime(2026, 11, 23, tzinfo=UTC)
        return translated(
            product,
            patches,
            corrections=frozenset({correction}),
            provenance=Provenance(now=now, version="3.0.0"),
        )[0]

    plain, _ = translated("benthic")
    own = corrected("benthic", Correction.PROCESS_ORIGINS)
    assert of_type(plain, "Extraction")[0]["end_date"] == "2019-03-01"
    assert of_type(own, "Extraction")[0]["end_date"] == "2019-02-12"
    assert of_type(own, "LibraryPreparation") == of_type(plain, "LibraryPreparation")

    water = corrected("surface_water", Correction.PROCESS_ORIGINS)
    assert extraction_of(water, "HOPB.SS.20190717")["processing_institution"] == "ANL"

    better = {"altLatitude": "46.3", "altLongitude": "-89.5"}
    deep = {"lakeSampleDepth1": None, "upperSegmentDepth": "1.5", "lowerSegmentDepth": "0.5"}
    patches = [change(FIELD, {"parentSampleID": C1}, **better, **deep)]
    sample = the(corrected("surface_water", Correction.FIELD_ORIGINS, patches), "biosample_set", C1)
    assert sample["lat_lon"]["latitude"] == 46.3
    assert sample["depth"]["has_minimum_numeric_value"] == 0.5
    assert sample["depth"]["has_maximum_numeric_value"] == 1.5
    field = corrected("surface_water", Correction.FIELD_ORIGINS)
    hopb = the(field, "biosample_set", "HOPB.SS.20190717")
    assert hopb["collection_date"]["has_raw_value"] == "2019-07-17T13:55Z"

    named = corrected("surface_water", Correction.RUN_NAMES)
    assert [each["name"] for each in named["data_generation_set"] if "MAYF" in each["name"]] == [
        f"Surface water microbial communities - MAYF.SS.20170810.DNA-DNA1 (BMI_{run}_Tube630)"
        for run in ("HFWM2BGX7", "HVG3TBGX5")
    ]

    identified = corrected("benthic", Correction.NEON_IDENTIFIERS)["biosample_set"][0]
    assert identified["neon_biosample_identifiers"] == [f"NEON:{WLOU}"]
    made = corrected("benthic", Correction.PROVENANCE)["biosample_set"][0]["provenance_metadata"]
    assert made["source_system_of_record"] == "NEON_Data_Portal"
    assert made["add_date"].startswith("2026-11-23")


def test_natural_keys_are_the_same_in_every_run_and_tell_products_apart() -> None:
    def keys(product: str, plan_product) -> set[tuple[str, str]]:
        inputs = Inputs(product)
        plan, _ = plan_product(inputs.neon_tables, inputs.references, NeonOptions())
        return {tuple(label) for labels in plan.labels_by_class().values() for label in labels}

    benthic = keys("benthic", plan_benthic)
    water = keys("surface_water", plan_surface_water)

    assert benthic == keys("benthic", plan_benthic)
    assert ("nmdc:Biosample", f"benthic/{WLOU}") in benthic
    assert ("nmdc:Biosample", f"surface-water/{C1}") in water
    assert benthic.isdisjoint(water)
