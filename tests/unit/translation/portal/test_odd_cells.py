"""Cells that are odd in ways that nobody thinks of: told all, told once, and in nobody's way."""

import copy
from typing import Any

import orjson
import pytest

from nmdc_runtime.schema.validator import load_validator
from nmdc_runtime.translation.portal.sequencing import FilesRefused, RawFile, files_of
from nmdc_runtime.translation.portal.tabs import check_submission
from nmdc_runtime.translation.portal.translator import SubmissionPortalTranslator
from nmdc_runtime.translation.problems import MOST_MESSAGE, Problem, Problems
from tests.support.neon import used_and_skipped_add_up
from tests.support.portal import names, soil, submission, translated

READS = "metagenome_sequencing_non_interleaved_data"


def told(problem: Problem) -> tuple[str, str | None, int | None, str | None]:
    return problem.code, problem.table, problem.row, problem.column


@pytest.mark.parametrize(
    ("column", "value", "code", "rule"),
    [
        # Texts of which a regular expression would try all ways to divide them.
        ("depth", "1" * 5000 + " a b", "bad_quantity", "is no number or range with a unit"),
        ("depth", "1" * 5000, "bad_quantity", "is no number or range with a unit"),
        ("ph", "1" * 50_000 + "x", "bad_number", "is no number"),
        ("host_taxid", "_" * 50_000, "bad_term", "is no term like 'soil [ENVO:00001998]'"),
        # Units that would take all memory, or more digits than Python reads.
        ("depth", "5 m" + "9" * 5000, "unknown_unit", "Unknown UnitEnum enumeration code"),
        ("depth", "5 " + "m." * 2500 + "m", "unknown_unit", "Unknown UnitEnum enumeration code"),
        ("depth", "5 km400000.m-399999", "unknown_unit", "Unknown UnitEnum enumeration code"),
        ("depth", "1e300 Tm2.m-1", "bad_quantity", "is no measurement in m"),
        ("analysis_type", ["x" * 5000], "unknown_choice", "Unknown AnalysisTypeEnum"),
        ("lat_lon", "\U0001f30d" * 5000, "bad_coordinates", "is no latitude and longitude"),
        ("collection_date", [[["x"]]], "bad_value", "not an object or a list"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_cell_costs_its_slot_alone_however_long_and_its_rule_is_still_told(
    column, value, code, rule
) -> None:
    database, report = translated(submission(soil_data=[soil("a", **{column: value})]))
    (problem,) = report.problems
    assert told(problem) == (code, "soil_data", 1, column)
    assert rule in problem.message
    assert len(problem.message) <= MOST_MESSAGE
    assert column not in database["biosample_set"][0]


def test_all_that_is_wrong_with_a_cell_is_told() -> None:
    row = soil("a", analysis_type="foo|metagenomics|bar")
    database, report = translated(submission(soil_data=[row]))
    assert database["biosample_set"][0]["analysis_type"] == ["metagenomics"]
    first, second = report.problems
    assert told(first) == told(second) == ("unknown_choice", "soil_data", 1, "analysis_type")
    assert (first.message[-5:], second.message[-5:]) == (": foo", ": bar")


def test_an_error_is_not_hidden_by_a_warning_about_the_same_cell() -> None:
    # Of the row of a facility both the environmental sample and the isolate of the name are made.
    tabs = {
        "soil_data": [soil("a")],
        "isolate_data": [{"samp_name": "a"}],
        "jgi_mg_data": [{"samp_name": "a", "sample_link": "zz"}],
    }
    _, report = translated(submission(**tabs))
    assert report.problems.by_code == {"unread_sample_link": 1, "unknown_sample_link": 1}


def test_a_value_that_only_a_refused_sample_has_a_slot_for_is_told_though_its_row_is_used() -> None:
    tabs = {
        "soil_data": [{"samp_name": "a"}],  # without its terms
        "isolate_data": [{"samp_name": "a"}],
        "jgi_mg_data": [{"samp_name": "a", "elev": 3, "ploidy": "haploid"}],
    }
    database, report = translated(submission(**tabs))
    assert database["organism_sample_set"][0]["ploidy"] == "haploid"
    assert report.unplaced == {"jgi_mg_data": {"elev": {"1": 3}}}


def test_a_cell_of_thousands_of_bad_values_keeps_its_good_one() -> None:
    row = soil("a", igsn_biosample_identifiers="|".join(["x"] * 3200 + ["igsn:AU124"]))
    database, report = translated(submission(soil_data=[row]))
    assert database["biosample_set"][0]["igsn_biosample_identifiers"] == ["igsn:AU124"]
    assert report.problems.codes() == {"refused_by_schema"}


def test_of_two_links_of_a_sample_the_one_that_is_not_taken_is_told() -> None:
    rows = [soil("a"), soil("b"), soil("x", sample_link="Extraction:a")]
    facility = [
        {"samp_name": "x", "sample_link": "Extraction:b"},
        {"samp_name": "x", "sample_link": ["Extraction:a"]},
    ]
    _, report = translated(submission(soil_data=rows, jgi_mg_data=facility))
    (problem,) = [each for each in report.problems if each.code == "conflicting_values"]
    assert told(problem) == ("conflicting_values", "jgi_mg_data", 1, "sample_link")
    assert "'Extraction:b' is not taken: column sample_link of tab soil_data, row 3" in (
        problem.message
    )


def test_a_package_may_be_a_list_of_one() -> None:
    rows = [soil("a", env_package=["soil"]), soil("b", env_package=["water"])]
    _, report = translated(submission(soil_data=rows))
    assert [told(each) for each in report.problems] == [
        ("conflicting_values", "soil_data", 2, "env_package")
    ]


def test_blank_rows_are_nothing_and_a_name_that_is_no_text_is_told() -> None:
    rows: list[Any] = [None, {}, {"samp_name": " ", "elev": None}, soil("a"), soil("b"), 5]
    rows[4]["samp_name"] = ["b", "c"]
    database, report = translated(submission(soil_data=rows))
    assert names(database, "biosample_set") == ["a"]
    assert report.tables["soil_data"].to_dict() == {
        "read": 6,
        "used": 1,
        "skipped": {"blank": 3, "missing_samp_name": 1, "bad_row": 1},
    }
    assert [(each.row, each.value) for each in report.problems] == [(5, "['b', 'c']"), (6, "5")]


@pytest.mark.parametrize(
    ("urls", "checksums", "files"),
    [
        ([""], [], []),
        (["u", "v"], [], [("u", None), ("v", None)]),
        (["u", ""], ["m"], [("u", "m")]),
        (["u"], ["m", ""], [("u", "m")]),
        (["u", "v"], ["m", ""], [("u", "m"), ("v", None)]),
        (["u", "", "v"], ["m", "", "n"], [("u", "m"), ("v", "n")]),
        (["u", "v"], ["m"], None),
        (["u", "", "v"], ["m", "x", "n"], None),
        ([""], ["m"], None),
    ],
    ids=str,
)
def test_addresses_and_checksums_are_paired_or_refused(urls, checksums, files) -> None:
    if files is None:
        with pytest.raises(FilesRefused):
            files_of(urls, checksums)
    else:
        assert files_of(urls, checksums) == [RawFile(*each) for each in files]


def test_odd_cells_about_a_run_cost_their_slot_and_not_the_run() -> None:
    run = {
        "samp_name": "a",
        "read_1_url": 5,
        "read_2_url": ["http://x/2"],
        "read_2_md5_checksum": {"a": 1},
        "protocol_link": {"url": "http://p"},
        "model": ["nextseq"],
    }
    second = {"samp_name": "a", "protocol_link": ["http://p"]}
    database, report = translated(submission(soil_data=[soil("a")], **{READS: [run, second]}))
    assert [told(each) for each in report.problems] == [
        ("bad_value", READS, 1, "read_1_url"),
        ("bad_value", READS, 1, "read_2_md5_checksum"),
        ("bad_value", READS, 1, "protocol_link"),
    ]
    assert [each["url"] for each in database["data_object_set"]] == ["http://x/2"]
    first, other = database["data_generation_set"]
    assert first["instrument_used"] == [database["instrument_set"][0]["id"]]
    assert other["protocol_link"] == {"type": "nmdc:Protocol", "url": "http://p"}


def test_runs_whose_keys_read_alike_stay_two() -> None:
    rows = [{"samp_name": "a", "read_1_url": url} for url in ("u", "u", "u/2")]
    rows[1]["description"] = "another run"
    envelope = submission(soil_data=[soil("a")], **{READS: rows})
    translator = SubmissionPortalTranslator(envelope, study_category="research_study")
    assert len(translator.plan.labels_by_class()["nmdc:NucleotideSequencing"]) == 3


def test_what_a_run_of_a_mapping_lacks_is_told_by_its_row() -> None:
    rows = [{"__biosample_samp_name": "a"}]
    _, report = translated(submission(soil_data=[soil("a")]), nucleotide_sequencing_mapping=rows)
    (problem,) = report.problems
    assert told(problem) == ("invalid_document", "nucleotide_sequencing_mapping", 1, None)
    assert "'analyte_category' is a required property" in problem.message


def test_what_extra_columns_replace_is_told_and_rows_about_no_biosample_too() -> None:
    extras = [
        {"samp_name": "a", "elev": "6", "depth": "2 m", "Depth": "40", "annual_temp": "50"},
        {"samp_name": "x", "elev": "1"},
        {"samp_name": "bad", "elev": "1"},
    ]
    rows = [soil("a", elev=1), soil("b"), soil("x", sample_link="Pooling:a,b")]
    rows.append({"samp_name": "bad"})
    database, report = translated(
        submission(soil_data=rows),
        biosample_extras=extras,
        biosample_extras_slot_mapping=[
            {"subject_id": "Depth", "object_id": "nmdc:depth", "subject_unit": "m"},
            {"subject_id": "Depth", "object_id": "nmdc:depth", "subject_unit": "cm"},
            # No slot of ours: the column is its own, in this unit all the same.
            {"subject_id": "annual_temp", "object_id": "temp", "subject_unit": "[degF]"},
        ],
    )
    made = database["biosample_set"][0]
    assert made["depth"]["has_numeric_value"] == 0.4
    assert (made["annual_temp"]["has_numeric_value"], made["annual_temp"]["has_unit"]) == (
        10,
        "Cel",
    )
    found = {told(each) for each in report.problems if each.code != "missing_required"}
    assert {each for each in found if each[0] != "unknown_column"} == {
        ("conflicting_values", "soil_data", 1, "elev"),
        ("conflicting_values", "biosample_extras", 1, "depth"),
        ("orphan_row", "biosample_extras", 2, None),
        ("duplicate_row", "biosample_extras_slot_mapping", 2, None),
    }
    assert report.tables["biosample_extras"].skipped == {"orphan_row": 1, "not_translated": 1}
    assert used_and_skipped_add_up(report)


def test_objects_are_copied_and_those_that_cannot_be_stored_are_told() -> None:
    good = {"type": "nmdc:PropertyAssertion", "has_raw_value": "1 m"}
    bad = [good | {"has_numeric_value": 10**30}, good | {"has_raw_value": "\ud800"}]
    envelope = submission(soil_data=[soil("a", misc_param=[good, *bad])])
    before = copy.deepcopy(envelope)
    database, report = translated(envelope)
    assert [each.code for each in report.problems] == ["bad_value", "bad_value"]
    assert load_validator().validate_documents(database).problems == ()
    (made,) = database["biosample_set"][0]["misc_param"]
    made["has_raw_value"] = "changed"
    assert envelope == before


def test_half_of_a_character_keeps_no_other_from_being_stored() -> None:
    half = "x\ud83c"
    rows = [soil(half, location=half, **{half: half}), soil("p", sample_link="Extraction:" + half)]
    database, report = translated(submission({"studyForm": {"studyName": half}}, soil_data=rows))
    orjson.dumps([database, report.to_dict()])
    (made,) = database["biosample_set"]
    assert made["name"] == made["location"] == database["study_set"][0]["name"] == "x\ufffd"
    assert len(database["material_processing_set"]) == 1


@pytest.mark.parametrize("invalid", [5, "x", ["3"], {"0": "no"}])
def test_whatever_the_portal_says_is_invalid_is_handed_on(invalid) -> None:
    problems = Problems()
    envelope = submission(soil_data=[soil("a")])
    data = envelope["metadata_submission"]["sampleData"]
    data["validation"] = {"invalidCells": {"soil": invalid}}
    check_submission(envelope, problems, allow_test=True, statuses=frozenset())
    assert [told(each) for each in problems] == [("invalid_in_portal", "soil", None, None)]


def test_a_form_that_is_no_form_costs_what_it_would_say() -> None:
    database, report = translated(submission({"multiOmicsForm": ["x"]}))
    assert len(database["study_set"]) == 1
    assert [told(each) for each in report.problems] == [("bad_value", "multiOmicsForm", None, None)]


def test_blank_lines_of_a_form_are_nothing() -> None:
    blank = {"name": " ", "orcid": None, "roles": []}
    form = {
        "studyName": "s",
        "piName": " ",
        "dataDois": [{"value": "", "provider": None}, {}, ""],
        "contributors": [blank],
    }
    database, report = translated(submission({"studyForm": form}))
    assert report.problems.listed == []
    (study,) = database["study_set"]
    assert {"associated_dois", "has_credit_associations"}.isdisjoint(study)
    assert study["principal_investigator"] == {"type": "nmdc:PersonValue"}


def test_what_forms_hold_that_is_no_text_is_told_by_form_and_field() -> None:
    forms = {
        "studyForm": {
            "studyName": ["a", "b"],
            "alternativeNames": ["one", {"two": 2}, 3],
            "piName": {"first": "Ada"},
            "GOLDStudyId": ["Gs1"],
            "dataDois": [{"value": "10.1000/a", "provider": ["jgi"]}, "10.1000/b"],
            "contributors": [
                "Ada",
                {"name": "Grace", "orcid": ["1", "2"], "roles": "Software"},
                {"name": {"a": 1}, "roles": ["Software"]},
            ],
        },
        "multiOmicsForm": {"studyNumber": True},
    }
    database, report = translated(submission(forms))
    (study,) = database["study_set"]
    assert study["alternative_names"] == ["one", "3"]
    assert study["gold_study_identifiers"] == ["gold:Gs1"]
    people = [each["applies_to_person"] for each in study["has_credit_associations"]]
    assert [each.get("name") for each in people] == ["Grace", None]
    assert load_validator().validate_documents(database).problems == ()
    assert [told(each) for each in report.problems] == [
        ("bad_value", "studyForm", None, "studyName"),
        ("bad_value", "studyForm", None, "alternativeNames"),
        ("unknown_choice", "studyForm", None, "dataDois"),
        ("bad_identifier", "studyForm", None, "dataDois"),
        ("bad_value", "studyForm", None, "contributors"),
        ("bad_value", "studyForm", None, "contributors"),
        ("bad_value", "studyForm", None, "contributors"),
        ("bad_value", "studyForm", None, "piName"),
        ("refused_by_schema", "study_set", None, "associated_dois"),
        ("refused_by_schema", "multiOmicsForm", None, "studyNumber"),
    ]
