"""What the recorded results of waters do not show: repeated, missing and odd rows, and options."""

import pytest

from nmdc_runtime.translation.neon.benthic import plan_benthic
from nmdc_runtime.translation.neon.surface_water import plan_surface_water
from nmdc_runtime.translation.report import TranslationFailed
from nmdc_runtime.translation.tables import Table
from tests.support.neon import Inputs, of_type
from tests.support.neon_waters import change, copy, extraction_of, failed, messages, the, translated

WLOU = "WLOU.20180726.AMC.EPILITHON.1"
C1, C2 = "CRAM.C1.20190806", "CRAM.C2.20190806"
DNA1 = "CRAM.C1.20190806.DNA-DNA1"
SEQUENCING, EXTRACTION = "mms_swMetagenomeSequencing", "mms_swMetagenomeDnaExtraction"
RAW, GENETIC, FIELD = "mms_swRawDataFiles", "amc_fieldGenetic", "amc_fieldSuperParent"


def test_two_dna_samples_of_one_field_sample_have_an_extraction_library_and_sequencing_each() -> (
    None
):
    dna = {"dnaSampleID": ["-DNA1", "-DNA2"]}
    files = dna | {"rawDataFilePath": ["BMI_HJVFJBGXG", "BMI_SECOND"]}
    patches = [copy(table, {"dnaSampleID": DNA1}, dna) for table in (SEQUENCING, EXTRACTION)]

    database, report = translated(
        "surface_water", [*patches, copy(RAW, {"dnaSampleID": DNA1}, files)]
    )

    sample = the(database, "biosample_set", C1)
    extractions = [e for e in of_type(database, "Extraction") if e["has_input"] == [sample["id"]]]
    libraries = {tuple(e["has_input"]): e for e in of_type(database, "LibraryPreparation")}
    runs = {tuple(e["has_input"]): e for e in database["data_generation_set"]}
    names = []
    for extracted in extractions:
        library = libraries[tuple(extracted["has_output"])]
        run = runs[tuple(library["has_output"])]
        names.append(run["name"].rpartition(" ")[2])
        assert len(run["has_output"]) == 2
    assert names == [DNA1, "CRAM.C1.20190806.DNA-DNA2"]
    assert len(database["biosample_set"]) == 6
    assert len(database["data_object_set"]) == 14
    assert report.problems.codes() == {"extraction_without_field_sample", "orphan_raw_file"}


def test_repeated_rows_change_nothing_and_differing_ones_are_told() -> None:
    clean, _ = translated("surface_water")
    repeated = [copy(table, {}) for table in (SEQUENCING, EXTRACTION, GENETIC, FIELD)]
    same, report = translated("surface_water", repeated)
    assert same == clean
    assert "conflicting_values" not in report.problems.codes()
    assert report.problems.by_code["duplicate_row"] == 7 + 8 + 8 + 7
    assert report.tables[FIELD].skipped["duplicate_row"] == 7
    assert messages(report, "duplicate_row")[0] == (
        f"table {SEQUENCING}, row 8 repeats an earlier one of dnaSampleID {DNA1}"
    )

    odd = copy(FIELD, {"parentSampleID": C1}, waterTemp="24.5", lakeSampleDepth2="2")
    database, report = translated("surface_water", [odd])
    sample = the(database, "biosample_set", C1)
    assert sample["temp"]["has_numeric_value"] == 23.6
    assert sample["depth"]["has_maximum_numeric_value"] == 2  # a sibling row has what is missing
    (told,) = [each for each in report.problems if each.code == "conflicting_values"]
    assert (told.table, told.natural_id, told.column) == (FIELD, C1, "waterTemp")
    assert told.value == "23.6, 24.5"


def test_a_sequencing_without_extraction_is_left_out_and_told() -> None:
    database, report = translated(
        "surface_water",
        [{"table": EXTRACTION, "op": "delete", "where": {"dnaSampleID": DNA1}}],
    )

    assert database["biosample_set"][0]["name"] == C2
    (told,) = messages(report, "sequencing_without_extraction")
    assert DNA1 in told
    assert EXTRACTION in told
    assert report.tables[SEQUENCING].skipped["sequencing_without_extraction"] == 1
    assert report.tables[RAW].skipped == {"orphan_raw_file": 4}


def test_rows_without_an_id_are_told_with_their_number() -> None:
    _, report = translated("surface_water", [copy(RAW, {"dnaSampleID": DNA1}, dnaSampleID=None)])

    assert messages(report, "missing_id") == [
        f"table {RAW}, row {row} has no dnaSampleID" for row in (15, 16)
    ]
    assert report.tables[RAW].skipped["missing_id"] == 2

    nameless = copy(SEQUENCING, {"dnaSampleID": DNA1}, dnaSampleID=None)
    _, report = translated("surface_water", [copy(SEQUENCING, {}), nameless])

    # As it stands in the file, whatever was left out before.
    assert [each.row for each in report.problems if each.code == "missing_id"] == [15]


def test_all_that_is_wrong_is_told_at_once() -> None:
    report = failed(
        "surface_water",
        [
            change(FIELD, {"parentSampleID": C1}, namedLocation="CRAM.AOS.outlet"),
            change(FIELD, {"parentSampleID": C2}, namedLocation=None),
            change(FIELD, {"parentSampleID": "HOPB.SS.20190717"}, aquaticSiteType="wetland"),
            change(SEQUENCING, {"dnaSampleID": DNA1}, instrument_model=None),
            change(SEQUENCING, {"siteID": "BLWA"}, siteID="ATLANTIS"),
        ],
    )

    assert {each.code: each.natural_id for each in report.problems if "un" in each.code[:2]} == {
        "unmapped_env_local_scale": C2,
        "unmapped_env_broad_scale": "HOPB.SS.20190717",
        "unmapped_site": "BLWA.C0.20190716",
    }
    assert len(messages(report, "unmapped_env_local_scale")) == 2
    assert messages(report, "missing_instrument_model")[0].endswith(
        f"{DNA1} has no instrument_model, for which the mapping of instruments has no single one"
    )
    assert "'ATLANTIS', the siteID of BLWA.C0.20190716" in messages(report, "unmapped_site")[0]
    assert report.tables[SEQUENCING].skipped["not_translated"] == 4


def test_a_file_that_two_samples_claim_belongs_to_the_first() -> None:
    claimed = copy(RAW, {"dnaSampleID": DNA1}, dnaSampleID="CRAM.C2.20190806.DNA-DNA1")

    database, report = translated("surface_water", [claimed])

    assert len(database["data_object_set"]) == 12
    assert len(messages(report, "conflicting_values")) == 2
    assert report.tables[RAW].skipped["conflicting_values"] == 2


def test_bad_numbers_dates_and_places_cost_only_their_slot() -> None:
    where = {"parentSampleID": C1}
    database, report = translated(
        "surface_water",
        [
            change(FIELD, where, waterTemp="warm", decimalLatitude="91", elevation=None),
            change(SEQUENCING, {"dnaSampleID": DNA1}, processedDate="2020-02-30"),
        ],
    )

    sample = the(database, "biosample_set", C1)
    assert {"temp", "lat_lon", "elev"}.isdisjoint(sample)
    library = next(
        each
        for each in of_type(database, "LibraryPreparation")
        if each["has_input"] == extraction_of(database, C1)["has_output"]
    )
    assert "end_date" not in library
    told = {(each.code, each.column, each.value) for each in report.problems}
    assert told >= {
        ("bad_number", "waterTemp", "warm"),
        ("bad_number", "decimalLatitude", "91.0"),
        ("bad_date", "processedDate", "2020-02-30"),
    }


def test_a_depth_that_is_given_upside_down_is_a_range_all_the_same() -> None:
    upside_down = change(
        FIELD, {"parentSampleID": C2}, lakeSampleDepth1="9.25", lakeSampleDepth2="4"
    )

    database, _ = translated("surface_water", [upside_down])

    depth = the(database, "biosample_set", C2)["depth"]
    assert (depth["has_minimum_numeric_value"], depth["has_maximum_numeric_value"]) == (4, 9.25)


@pytest.mark.parametrize("status", ["Warning", None])
def test_a_status_that_is_none_is_left_out_and_told(status: str | None) -> None:
    database, report = translated(
        "benthic", [change("mms_benthicMetagenomeSequencing", qaqcStatus=status)]
    )

    assert "qc_status" not in of_type(database, "Extraction")[0]
    assert report.problems.codes() == {"unknown_qc_status"}


@pytest.mark.parametrize(
    ("model", "code"), [("PacBio", "unmapped_instrument"), ("Illumina", "ambiguous_instrument")]
)
def test_an_instrument_that_is_not_known_is_left_out_and_told(model: str, code: str) -> None:
    database, report = translated(
        "surface_water", [change(SEQUENCING, {"dnaSampleID": DNA1}, instrument_model=model)]
    )

    assert "instrument_used" not in database["data_generation_set"][0]
    assert model in messages(report, code)[0]


def test_an_instrument_is_asked_for_only_where_there_is_a_sequencing() -> None:
    without_files = [change("mms_benthicRawDataFiles", dnaSampleID="OTHER")]
    unnamed = [change("mms_benthicMetagenomeSequencing", instrument_model=None)]

    assert "missing_instrument_model" in failed("benthic", unnamed).problems.codes()
    _, report = translated("benthic", without_files + unnamed)
    assert "missing_instrument_model" not in report.problems.codes()


def test_files_with_an_unknown_name_or_without_their_pair_are_told() -> None:
    first = "BMI_HWVWKBGX7_AquaticPlate6WellA5_R2.fastq.gz"
    odd = {"rawDataFilePath": ["_R2.fastq.gz", "_R3.fastq.gz"]}
    database, report = translated(
        "benthic",
        [
            {
                "table": "mms_benthicRawDataFiles",
                "op": "replace_text",
                "where": {"rawDataFileName": first},
                "values": odd,
            }
        ],
    )

    assert len(database["data_object_set"]) == 1
    assert report.problems.codes() == {"unrecognised_raw_file_name", "unpaired_raw_file"}


def test_newer_benthic_releases_are_joined_by_the_metagenomic_sample() -> None:
    database, report = translated(
        "benthic",
        [
            change("amb_fieldParent", metagenomicSampleID="WLOU.MG"),
            change("mms_benthicMetagenomeDnaExtraction", genomicsSampleID="WLOU.MG"),
        ],
    )

    assert [each["name"] for each in database["biosample_set"]] == [WLOU]
    assert report.problems.listed == []


def test_tables_without_columns_or_with_too_few_are_named() -> None:
    inputs = Inputs("benthic")
    tables = inputs.neon_tables
    tables["amb_fieldParent"] = Table("amb_fieldParent", ())
    raw = tables["mms_benthicRawDataFiles"]
    tables["mms_benthicRawDataFiles"] = Table(raw.name, ("dnaSampleID",), raw.rows)

    with pytest.raises(TranslationFailed) as failure:
        plan_benthic(tables, inputs.references)

    told = messages(failure.value.report, "missing_columns")
    assert len(told) == 2
    assert "it has no columns at all" in told[0]
    assert told[1].endswith("mms_benthicRawDataFiles lacks the columns rawDataFilePath")


def test_columns_that_only_corrections_or_newer_releases_have_may_be_absent() -> None:
    inputs = Inputs("surface_water")
    tables = inputs.neon_tables
    absent = {"metagenomicSampleID", "altLatitude", "upperSegmentDepth", "sequencerRunID"}
    for name, table in tables.items():
        kept = tuple(column for column in table.columns if column not in absent)
        rows = [{column: row[column] for column in kept} for row in table.rows]
        tables[name] = Table(name, kept, rows)

    plan, _ = plan_surface_water(tables, inputs.references)

    assert plan.counts()["biosample_set"] == 6
