"""Benthic and surface water against the recorded results, and against each edge case."""

from typing import Any

import pytest

from nmdc_runtime.translation.minting import placeholder_minter
from nmdc_runtime.translation.neon.benthic import NeonBenthicTranslator
from nmdc_runtime.translation.neon.surface_water import NeonSurfaceWaterTranslator
from nmdc_runtime.translation.report import TranslationFailed, TranslationReport
from tests.support.neon import (
    Inputs,
    canonical,
    cases,
    expected,
    minted_counts,
    of_type,
    used_and_skipped_add_up,
)
from tests.support.neon_waters import PLANS, extraction_of, the, translated

TARGETS = {"benthic": "database.single_run.target.json", "surface_water": "database.target.json"}
#: What the fixtures themselves lack: one surface water sample has no row of the field.
ALWAYS = {
    "benthic": frozenset[str](),
    "surface_water": frozenset({"extraction_without_field_sample", "orphan_raw_file"}),
}
CASES = {
    (product, case["name"]): case
    for product in ("benthic", "surface_water")
    for case in cases(product)
}


def case_of(product: str, name: str) -> tuple[dict[str, Any], TranslationReport]:
    case = CASES[product, name]
    return translated(
        product, case["patches"], override=case["arguments"].get("library_sample_override")
    )


def override_of(product: str) -> dict[str, str]:
    override: dict[str, str] = Inputs(product).json("library_sample_override.json")
    return override


@pytest.mark.parametrize("product", sorted(PLANS))
def test_the_target_comes_out_but_for_the_ids(product: str) -> None:
    database, report = translated(product)

    assert canonical(database) == canonical(expected(product, TARGETS[product]))
    assert report.problems.codes() == ALWAYS[product]


@pytest.mark.parametrize(
    ("product", "result"),
    [
        ("benthic", "database.single_run.with_override.json"),
        ("surface_water", "database.upstream.with_override.json"),
    ],
)
def test_with_the_override_the_recorded_result_comes_out(product: str, result: str) -> None:
    recorded = expected(product, result)

    database, _ = translated(product, override=override_of(product))

    if "biosample_set" not in recorded:  # it dangles there: extractions name what is nowhere
        ids = sorted({each["has_input"][0] for each in of_type(recorded, "Extraction")})
        biosamples = sorted(database["biosample_set"], key=lambda each: each["id"])
        recorded["biosample_set"] = [
            biosample | {"id": id_} for biosample, id_ in zip(biosamples, ids, strict=True)
        ]
    assert canonical(database) == canonical(recorded)


@pytest.mark.parametrize("product", sorted(PLANS))
def test_only_what_is_made_is_minted_with_one_call_for_each_class(product: str) -> None:
    inputs = Inputs(product)
    calls: dict[str, int] = {}
    placeholders = placeholder_minter()

    def mint(class_uri: str, how_many: int = 1) -> list[str]:
        assert how_many > 0
        assert class_uri not in calls
        calls[class_uri] = how_many
        return placeholders(class_uri, how_many)

    made = {"benthic": NeonBenthicTranslator, "surface_water": NeonSurfaceWaterTranslator}
    translator = made[product](
        inputs.neon_tables,
        inputs.site_names,
        inputs.references.envo,
        inputs.references.raw_files,
        inputs.references.instruments,
        id_minter=mint,
    )
    database = translator.get_database()

    assert calls == minted_counts(translator.plan) == translator.report.ids_new
    assert sum(calls.values()) == sum(map(len, database.values()))
    assert database.biosample_set[0].name == database["biosample_set"][0]["name"]
    assert canonical(database) == canonical(expected(product, TARGETS[product]))


@pytest.mark.parametrize(
    ("product", "name"), sorted(at for at, c in CASES.items() if c["target"]["outcome"] == "ok")
)
def test_an_edge_case_gives_what_its_target_says(product: str, name: str) -> None:
    target = CASES[product, name]["target"]

    database, report = case_of(product, name)

    if "same_as" in target:
        assert canonical(database) == canonical(expected(product, target["same_as"]))
    counts = {collection: len(held) for collection, held in database.items()}
    assert counts.items() >= target.get("counts", {}).items()
    assert report.problems.codes() - ALWAYS[product] == set(target.get("issues", ()))


@pytest.mark.parametrize(
    ("product", "name"), sorted(at for at, c in CASES.items() if c["target"]["outcome"] == "error")
)
def test_an_edge_case_that_must_fail_says_why(product: str, name: str) -> None:
    target = CASES[product, name]["target"]

    with pytest.raises(TranslationFailed) as failure:
        case_of(product, name)

    report = failure.value.report
    wanted = set(target.get("issues", ())) or {"missing_table"}
    assert report.problems.codes() - ALWAYS[product] - {"orphan_raw_file"} == wanted
    assert used_and_skipped_add_up(report)
    if name == "table_missing":
        words = "missing one of the aquatic benthic microbiome tables"
        assert words in target["must"][0]
        assert words in str(failure.value)


@pytest.mark.parametrize(
    ("made", "first"),
    [
        (NeonBenthicTranslator, "mms_benthicMetagenomeSequencing"),
        (NeonSurfaceWaterTranslator, "mms_swMetagenomeSequencing"),
    ],
    ids=["benthic", "surface_water"],
)
def test_the_published_class_refuses_missing_tables_when_it_is_made(made, first: str) -> None:
    with pytest.raises(ValueError, match=r"missing one of the aquatic benthic .*tables: \('mms_"):
        made({}, {})
    with pytest.raises(ValueError, match=f"{first} is not there"):
        made({name: [] for name in made.spec.table_names if name != first}, {})


def test_without_files_a_benthic_sample_has_no_sequencing() -> None:
    database, report = case_of("benthic", "raw_table_other_sample")

    assert "data_generation_set" not in database
    assert "data_object_set" not in database
    assert report.tables["mms_benthicRawDataFiles"].skipped == {"orphan_raw_file": 2}


def test_the_edges_of_a_benthic_sample_hold() -> None:
    facts = expected("benthic", "assertions.json")
    override = override_of("benthic")
    database, _ = translated("benthic", override=override)
    (sample,) = database["biosample_set"]
    (extracted,) = of_type(database, "Extraction")
    (library,) = of_type(database, "LibraryPreparation")
    (sequenced,) = database["data_generation_set"]
    processed = {each["id"] for each in database["processed_sample_set"]}

    assert {name: len(held) for name, held in database.items()} == facts["counts"]
    assert sample["name"] in override
    assert extracted["has_input"] == [sample["id"]]
    assert library["has_input"] == extracted["has_output"]
    assert processed == {*extracted["has_output"], *library["has_output"]}
    assert sequenced["has_input"] == [override[sample["name"]]]
    names = {each["id"]: each["name"] for each in database["data_object_set"]}
    assert sorted(names[each] for each in sequenced["has_output"]) == facts["data_object_names"]


def test_each_run_of_a_benthic_sample_is_a_sequencing_of_its_own_and_all_share_a_manifest() -> None:
    database, _ = case_of("benthic", "multi_run")
    files = {each["id"]: each for each in database["data_object_set"]}
    (together,) = database["manifest_set"]

    for base in ("BMI_HWVWKBGX7_AquaticPlate6WellA5", "BMI_H00HANDX7_AquaticPlate6WellA5"):
        name = f"Benthic microbial communities - WLOU.20180726.AMC.EPILITHON.1-DNA1 ({base})"
        run = the(database, "data_generation_set", name)
        assert sorted(files[each]["name"] for each in run["has_output"]) == [
            f"{base}_R1.fastq.gz",
            f"{base}_R2.fastq.gz",
        ]
    assert all(each["in_manifest"] == [together["id"]] for each in files.values())
    assert together["manifest_category"] == "poolable_replicates"


def test_the_status_of_a_benthic_extraction_is_that_of_the_sequencing() -> None:
    database, _ = case_of("benthic", "qc_source")
    assert of_type(database, "Extraction")[0]["qc_status"] == "fail"


def test_the_facts_about_surface_water_hold() -> None:
    facts = expected("surface_water", "assertions.json")["target"]
    database, report = translated("surface_water")
    samples = {each["name"]: each for each in database["biosample_set"]}
    runs = [each["name"] for each in database["data_generation_set"]]
    hopb, guil = (
        extraction_of(database, each) for each in ("HOPB.SS.20190717", "GUIL.SS.20190716")
    )

    assert {name: len(held) for name, held in database.items()} == facts["counts"]
    assert list(samples) == facts["kept_parent_samples"]
    assert report.tables["mms_swMetagenomeSequencing"].skipped == {
        "extraction_without_field_sample": 1
    }
    assert samples["HOPB.SS.20190717"]["collection_date"]["has_raw_value"] == "2019-07-17T14:05Z"
    assert hopb["start_date"] == "2019-07-17T14:00Z"
    assert hopb["processing_institution"] == "Battelle"
    assert hopb["input_mass"]["has_numeric_value"] == 0.2
    assert sum("input_mass" in each for each in of_type(database, "Extraction")) == 1
    assert guil["qc_status"] == "fail"
    assert not any("GUIL" in name for name in runs)
    assert sum("MAYF" in name for name in runs) == 2
    assert {"temp", "samp_size"}.isdisjoint(samples["GUIL.SS.20190716"])
    assert "diss_oxygen" not in samples["BLWA.C0.20190716"]
    assert all("md5_checksum" not in each for each in database["data_object_set"])


def test_the_values_that_the_surface_water_cases_ask_for() -> None:
    inflow, _ = case_of("surface_water", "lake_location_inflow")
    term = the(inflow, "biosample_set", "CRAM.C1.20190806")["env_local_scale"]["term"]
    assert (term["id"], term["name"]) == ("ENVO:00000476", "lake inlet")
    shallow, _ = case_of("surface_water", "depth_max_only")
    assert "depth" not in the(shallow, "biosample_set", "CRAM.C1.20190806")
    odd, _ = case_of("surface_water", "extraction_qc_unknown")
    assert "qc_status" not in extraction_of(odd, "CRAM.C1.20190806")
    nameless, _ = case_of("surface_water", "run_id_missing")
    assert sum("CRAM.C1" in each["name"] for each in nameless["data_generation_set"]) == 1
    newer, _ = case_of("surface_water", "joined_by_metagenomic_sample")
    extracted = extraction_of(newer, "CRAM.C1.20190806")["has_output"]
    (name,) = [each["name"] for each in newer["processed_sample_set"] if each["id"] in extracted]
    assert name == "Extracted DNA from CRAM.C1.20190806.MG"
