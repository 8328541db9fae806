"""Bad cells, rows, links and submissions: reported where they stand, never in the way of others."""

from typing import Any

import pytest

from nmdc_runtime.schema.validator import load_validator
from nmdc_runtime.translation.portal.options import PortalOptions
from nmdc_runtime.translation.portal.tabs import ENVIRONMENTS, SEQUENCING, check_submission
from nmdc_runtime.translation.portal.translator import (
    SubmissionPortalTranslator,
    plan_submission,
)
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.report import TranslationFailed
from tests.support.neon import used_and_skipped_add_up
from tests.support.portal import STRICT, TERMS, failure, names, soil, submission, translated

READS = "metagenome_sequencing_interleaved_data"


def codes(envelope: Any, options: PortalOptions | None = None, **arguments: Any) -> dict[str, int]:
    return dict(translated(envelope, options=options, **arguments)[1].problems.by_code)


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("depth", "<5 m", "bad_quantity"),
        ("depth", "5 \u2013 6 m", "bad_quantity"),
        ("depth", "1,000 m", "bad_quantity"),
        ("depth", True, "bad_quantity"),
        ("depth", {"a": 1}, "bad_quantity"),
        ("samp_size", "5", "missing_unit"),
        ("samp_store_temp", "12 C", "unknown_unit"),
        ("samp_store_temp", "12 m", "unit_mismatch"),
        ("lat_lon", "43 N 120 W", "bad_coordinates"),
        ("ph", "x", "bad_number"),
        ("elev", "12 m", "bad_number"),
        ("replicate_number", "x", "bad_number"),
        ("replicate_number", True, "bad_number"),
        ("embargoed", "yes", "bad_boolean"),
        ("analysis_type", ["foo"], "unknown_choice"),
        ("host_taxid", "human", "bad_term"),
        ("geo_loc_name", {"a": 1}, "bad_value"),
        ("geo_loc_name", ["a", "b"], "bad_value"),
        ("misc_param", "x", "bad_value"),
        ("igsn_biosample_identifiers", "nonsense", "refused_by_schema"),
    ],
    ids=str,
)
def test_a_bad_cell_is_left_out_and_reported_by_tab_row_column_value_and_rule(
    column, value, code
) -> None:
    rows = [soil("a", location="x"), soil("b", location="x", **{column: value})]
    database, report = translated(submission(soil_data=rows))

    (problem,) = report.problems.listed
    assert problem.to_dict() == {
        "code": code,
        "severity": "warning",
        "table": "soil_data",
        "row": 2,
        "natural_id": "b",
        "column": column,
        "value": str(value),
        "message": problem.message,
    }
    first, second = database["biosample_set"]
    assert first["location"] == second["location"] == "x"
    assert column not in second
    assert load_validator().validate_documents(database).problems == ()


def test_what_the_schema_refuses_is_told_in_its_words_and_by_the_cell() -> None:
    row = soil("a", igsn_biosample_identifiers="igsn:AU124|nonsense")
    database, report = translated(submission(soil_data=[row]))
    assert database["biosample_set"][0]["igsn_biosample_identifiers"] == ["igsn:AU124"]
    (problem,) = report.problems.listed
    assert problem.message.startswith(
        "tab soil_data, row 1, sample 'a', column igsn_biosample_identifiers: 'nonsense' does not"
    )
    assert "biosample_set" not in problem.message


def test_good_values_of_a_list_stay_beside_a_bad_one() -> None:
    row = soil("a", analysis_type=["foo", "metagenomics", None, " "])
    database, report = translated(submission(soil_data=[row]))
    assert database["biosample_set"][0]["analysis_type"] == ["metagenomics"]
    assert report.problems.by_code == {"unknown_choice": 1}


def test_units_are_converted_and_what_was_written_is_kept() -> None:
    row = soil("a", depth=" 30 cm ", annual_temp="50 [degF]", samp_store_temp="-80")
    database, report = translated(submission(soil_data=[row]))
    (made,) = database["biosample_set"]
    quantity = {"type": "nmdc:QuantityValue"}
    assert made["depth"] == quantity | {
        "has_raw_value": "30 cm",
        "has_numeric_value": 0.3,
        "has_unit": "m",
    }
    assert made["annual_temp"]["has_numeric_value"] == 10
    assert made["samp_store_temp"]["has_unit"] == "Cel"
    assert report.problems.listed == []


def test_every_tab_of_environments_gives_its_package() -> None:
    tabs = {tab: [soil(tab, env_package="soil")] for tab in ENVIRONMENTS}
    database, report = translated(submission(**tabs))
    packages = [each["env_package"]["has_raw_value"] for each in database["biosample_set"]]
    assert packages == list(ENVIRONMENTS.values())
    assert report.problems.by_code == {"conflicting_values": len(ENVIRONMENTS) - 1}


def test_every_sequencing_tab_gives_its_analyte_and_its_kind_of_reads() -> None:
    tabs = {
        tab: [{"samp_name": "a", "interleaved_url": f"http://x/{tab}.fq"}] for tab in SEQUENCING
    }
    database, _ = translated(submission(soil_data=[soil("a")], **tabs))
    analytes = [run["analyte_category"] for run in database["data_generation_set"]]
    assert analytes == list(SEQUENCING.values())
    kinds = {each["data_object_type"] for each in database["data_object_set"]}
    assert kinds == {"Metagenome Raw Reads", "Metatranscriptome Raw Reads"}


def test_one_sample_without_its_terms_stops_a_strict_run_before_minting_and_no_lenient_one() -> (
    None
):
    bad = {"samp_name": "bad", **TERMS, "env_medium": "mud"}
    runs = [{"samp_name": "bad", "interleaved_url": "http://x/1"}]
    linked = soil("linked", sample_link="Extraction:bad")
    envelope = submission(soil_data=[soil("good"), bad, linked], **{READS: runs})

    def never(class_uri: str, how_many: int) -> list[str]:
        raise AssertionError((class_uri, how_many))

    with pytest.raises(TranslationFailed) as failed:
        SubmissionPortalTranslator(
            envelope, id_minter=never, study_category="research_study", options=STRICT
        ).get_database()
    expected = {"bad_term": 1, "missing_required": 1, "link_to_missing_sample": 1}
    assert dict(failed.value.report.problems.by_code) == expected
    assert "env_medium must be supplied" in str(failed.value)

    database, report = translated(envelope)
    assert names(database, "biosample_set") == ["good"]
    assert "data_generation_set" not in database
    assert "processed_sample_set" not in database
    assert report.tables["soil_data"].to_dict() == {
        "read": 3,
        "used": 1,
        "skipped": {"not_translated": 2},
    }
    assert report.tables[READS].skipped == {"not_translated": 1}


def test_two_rows_of_one_sample_in_a_tab_are_an_error_unless_they_say_the_same() -> None:
    same = submission(soil_data=[soil("a"), soil(" a ")])
    assert codes(same) == {"duplicate_row": 1}
    # Two runs of a sample are no repetition, but the same one twice is, and so is a facility's row.
    run = {"samp_name": "a", "interleaved_url": "http://x/1"}
    rows = {READS: [run, run | {"interleaved_url": "http://x/2"}, dict(reversed(run.items()))]}
    facility = [{"samp_name": "a", "elev": 1}, {"samp_name": "a", "elev": 1}]
    twice = submission(soil_data=[soil("a")], jgi_mg_data=facility, **rows)
    database, report = translated(twice)
    assert len(database["data_generation_set"]) == 2
    assert [(each.code, each.table, each.row) for each in report.problems] == [
        ("duplicate_row", "jgi_mg_data", 2),
        ("duplicate_row", READS, 3),
    ]
    other = submission(soil_data=[soil("a", elev=1), soil("a", elev=2)])
    assert failure(other) == {"duplicate_sample": 1}
    database, _ = translated(other)
    assert [each["elev"] for each in database["biosample_set"]] == [1.0]


def test_rows_of_mapping_files_are_added_to_runs_of_tabs_and_a_sample_is_described_once() -> None:
    key = "__biosample_samp_name"
    file = {
        "data_category": "instrument_data",
        "data_object_type": "Metagenome Raw Reads",
        "name": "n",
        "description": "d",
        "url": "http://x/2",
    }
    runs = [
        {key: name, "analyte_category": "metagenome", "instrument_used": "nmdc:inst-11-x"}
        for name in ("b", "a", "zz")
    ]
    runs += [{key: "c"}]  # without what the schema demands
    files = [{key: "b", **file}, {key: "yy", **file}]
    envelope = submission(
        soil_data=[soil("a"), soil("b"), soil("c")],
        **{READS: [{"samp_name": "a", "model": "nextseq", "interleaved_url": "http://x/1"}]},
    )
    given: dict[str, Any] = {"nucleotide_sequencing_mapping": runs, "data_object_mapping": files}
    assert failure(envelope, **given) == {
        "described_twice": 1,
        "orphan_row": 2,
        "invalid_document": 1,
    }
    database, report = translated(envelope, **given)
    first, second = database["data_generation_set"]
    assert first["instrument_used"] == [database["instrument_set"][0]["id"]]
    assert second["instrument_used"] == ["nmdc:inst-11-x"]
    generated = {each["url"]: each["was_generated_by"] for each in database["data_object_set"]}
    assert generated == {"http://x/1": first["id"], "http://x/2": second["id"]}
    assert used_and_skipped_add_up(report)


def test_extra_columns_go_before_those_of_tabs_and_odd_rows_are_reported() -> None:
    extras = [
        {"samp_name": " a ", "elev": "5", "Depth": "30", "bogus": "1", "name": "other"},
        {"samp_name": "a", "elev": "6", "Depth": "40", "T": "50"},
        {"samp_name": "zz", "elev": "1"},
        {"elev": "1", None: ["too", "many"]},
    ]
    mapping = [
        {"subject_id": "Depth", "object_id": "nmdc:depth", "subject_unit": "cm"},
        {"subject_id": "T", "object_id": "annual_temp", "subject_unit": "[degF]"},
        {"object_id": "nmdc:ph"},
    ]
    database, report = translated(
        submission(soil_data=[soil("a", elev=1, depth="1 m")]),
        biosample_extras=extras,
        biosample_extras_slot_mapping=mapping,
    )
    (made,) = database["biosample_set"]
    assert (made["elev"], made["name"]) == (6.0, "a")
    assert made["depth"]["has_numeric_value"] == 0.4
    assert dict(report.problems.by_code) == {
        "duplicate_row": 1,
        "orphan_row": 1,
        "missing_id": 2,
        "unknown_column": 1,  # T: without the prefix a column is its own slot
        "conflicting_values": 2,  # what the tab says
    }
    assert used_and_skipped_add_up(report)


def test_columns_that_the_translator_fills_are_not_for_a_row_to_fill() -> None:
    row = soil("a", id="nmdc:bsm-11-x", type="x", associated_studies=["nmdc:sty-11-x"])
    row["name"] = "n"
    run = {"samp_name": "a", "has_input": "nmdc:bsm-11-y", "id": "x", "name": "run"}
    database, report = translated(submission(soil_data=[row], **{READS: [run]}))
    (made,) = database["biosample_set"]
    assert (made["name"], made["type"]) == ("a", "nmdc:Biosample")
    assert database["data_generation_set"][0]["has_input"] == [made["id"]]
    assert database["data_generation_set"][0]["name"] == "run"
    assert report.problems.by_code == {"protected_column": 6}


def test_tabs_that_are_not_known_add_columns_and_are_reported() -> None:
    tabs = {"soil_data": [soil("a")], "moon_data": [{"samp_name": "a", "elev": 3}]}
    database, report = translated(submission(**tabs))
    assert database["biosample_set"][0]["elev"] == 3.0
    assert report.problems.by_code == {"unknown_tab": 1}


def test_the_older_layout_without_data_is_read_and_reported() -> None:
    forms = {"studyForm": {"studyName": "s"}, "sampleData": {"soil_data": [soil("a")]}}
    database, report = translated({"id": "s", "metadata_submission": forms})
    assert names(database, "biosample_set") == ["a"]
    assert report.problems.by_code == {"old_layout": 1}


@pytest.mark.parametrize(
    "envelope",
    [
        "<html>",
        ["a"],
        {"metadata_submission": "x"},
        {"metadata_submission": {"studyForm": ["x"]}},
        {"metadata_submission": {"sampleData": ["x"]}},
        {"metadata_submission": {"sampleData": {"data": ["x"]}}},
        {"metadata_submission": {"sampleData": {"data": {"soil_data": {"a": 1}}}}},
    ],
    ids=str,
)
def test_what_is_no_submission_fails_by_name_also_if_lenient(envelope) -> None:
    assert set(failure(envelope, options=PortalOptions())) <= {"bad_submission", "unreadable_table"}


def test_nothing_is_an_empty_submission_and_nothing_to_do_mints_nothing() -> None:
    database, _ = translated(None)
    assert list(database) == ["study_set"]

    def never(class_uri: str, how_many: int) -> list[str]:
        raise AssertionError((class_uri, how_many))

    nothing = SubmissionPortalTranslator(
        submission(), id_minter=never, study_id="nmdc:sty-11-x"
    ).get_database()
    assert nothing == {}


def test_a_study_needs_a_category_of_the_schema_and_none_is_made_for_one_that_is_there() -> None:
    for category in (None, "nonsense"):
        assert failure(submission(), study_category=category, options=PortalOptions()) == {
            "missing_study_category": 1
        }
    envelope = submission(soil_data=[soil("a")])
    for given_id, of_portal in (("nmdc:sty-11-x", None), (None, "nmdc:sty-11-x")):
        database, _ = translated(
            envelope | {"nmdc_study_id": of_portal}, study_id=given_id, study_category=None
        )
        assert "study_set" not in database
        assert database["biosample_set"][0]["associated_studies"] == ["nmdc:sty-11-x"]


@pytest.mark.parametrize(
    "envelope",
    [
        {},
        {"metadata_submission": None},
        {"metadata_submission": []},
        {"metadata_submission": {"studyForm": {}, "sampleData": {}}},
        {"metadata_submission": submission(soil_data=[soil("a")])},
    ],
)
def test_what_holds_neither_a_study_nor_samples_is_no_submission(envelope: dict[str, Any]) -> None:
    problems = Problems()
    check_submission(envelope, problems, allow_test=True, statuses=frozenset())

    assert problems.by_code == {"bad_submission": 1}
    (problem,) = problems
    assert "neither a studyForm nor sampleData" in problem.message


def test_a_test_submission_or_an_unfinished_one_is_refused_where_it_matters() -> None:
    envelope = submission(soil_data=[soil("a")]) | {
        "is_test_submission": True,
        "status": "in-progress",
    }
    envelope["metadata_submission"]["sampleData"]["validation"] = {
        "invalidCells": {"soil": {"0": {"3": "no"}}, "water": {}}
    }

    def check(problems: Problems, *, allow_test: bool, statuses: frozenset[str]) -> None:
        check_submission(envelope, problems, allow_test=allow_test, statuses=statuses)

    allowed = Problems()
    check(allowed, allow_test=True, statuses=frozenset({"InProgress"}))
    assert allowed.by_code == {"invalid_in_portal": 1}
    with pytest.raises(TranslationFailed) as failed:
        plan_submission(
            envelope,
            check=lambda report: check(
                report.problems, allow_test=False, statuses=frozenset({"Released"})
            ),
        )
    assert {
        "test_submission",
        "unfinished_submission",
    } <= failed.value.report.problems.by_code.keys()
