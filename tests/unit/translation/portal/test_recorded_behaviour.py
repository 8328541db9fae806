"""Small submissions whose treatment by release 2.19 was recorded, defects included.

Where our result differs, the table says by which "do better" item, and what comes out instead.
"""

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from nmdc_runtime.schema.validator import load_validator
from nmdc_runtime.translation.portal.options import PortalOptions
from nmdc_runtime.translation.problems import FATAL
from nmdc_runtime.translation.report import TranslationFailed
from tests.support.neon import dangling, used_and_skipped_add_up
from tests.support.portal import canonical, observed, translated

CASES = {case["case"]: case for case in observed("observed_cases")}


class Change(NamedTuple):
    """A case that gives something else than was recorded.

    ``told`` are the problems of the report; ``edit`` makes the expected database of the recorded
    one; without it, if there was an error, `GIVES` says what is there now.
    """

    why: str
    told: dict[str, int]
    edit: Callable[[dict[str, Any]], object] | None = None


def first(collection: str, **slots: Any) -> Callable[[dict[str, Any]], object]:
    """Set slots of the first document of a collection; None takes a slot away."""

    def edit(database: dict[str, Any]) -> None:
        document = database[collection][0]
        for slot, value in slots.items():
            document.pop(slot, None)
            if value is not None:
                document[slot] = value

    return edit


def biosample(**slots: Any) -> Callable[[dict[str, Any]], object]:
    return first("biosample_set", **slots)


def without_files(database: dict[str, Any]) -> None:
    del database["data_object_set"]
    first("data_generation_set", has_output=None, protocol_link=None)(database)


def named_by_path(database: dict[str, Any]) -> None:
    database["data_object_set"][1]["name"] = "z"


def files_without_the_runs_slots(database: dict[str, Any]) -> None:
    biosample(name="a", description=None)(database)
    for file, name in zip(database["data_object_set"], ("1.fq", "2a.fq", "2b.fq"), strict=True):
        file["name"] = name
        file["description"] = f"{file['data_object_type']} for {file['was_generated_by']}"
        del file["insdc_run_identifiers"]


def metres(number: float, raw: str, unit: str) -> dict[str, Any]:
    value = {"type": "nmdc:QuantityValue", "has_raw_value": raw, "has_unit": unit}
    return value | {"has_numeric_value": number}


#: The cases that still succeed and give another database.
SUCCESSES = {
    "none string": Change("D3: null is no text 'None'", {}, biosample(location=None)),
    "none textvalue": Change("D3: null is no value", {}, biosample(geo_loc_name=None)),
    "merge tabs": Change(
        "D15: the tab of the sample goes before a facility's",
        {"conflicting_values": 1, "unknown_column": 1},
        biosample(elev=1.0),
    ),
    "two env tabs": Change(
        "D15: the first of two tabs counts, for the env_package too",
        {"conflicting_values": 2},
        biosample(elev=1.0, env_package={"type": "nmdc:TextValue", "has_raw_value": "soil"}),
    ),
    "seq null protocol": Change("D3: blank cells are nothing: no file, no link", {}, without_files),
    "seq no md5": Change("a file has a name also if its address ends in '/'", {}, named_by_path),
    "seq both": Change(
        "D15: a row about a run names neither the sample nor the files, and what breaks the "
        "schema's pattern is left out",
        {"refused_by_schema": 1},
        files_without_the_runs_slots,
    ),
    "extras": Change(
        "D1: 30 in a column that a mapping says is in cm are 0.3 m",
        {"unknown_column": 1, "conflicting_values": 1},  # D15: elev of the tab is told
        biosample(depth=metres(0.3, "30", "m")),
    ),
    "extras unit": Change(
        "D1: 30 [degF] are -1.1 Cel",
        {},
        biosample(annual_temp=metres(-1.11111111111111, "30", "Cel")),
    ),
    "dois2": Change(
        "D18: the address of a DOI and one with a colon get their prefix, but 10.1 is no "
        "registrant, and the schema wants the provider of a dataset's",
        {"refused_by_schema": 1},
        first("study_set", associated_dois=None),
    ),
    "study name ws": Change(
        "D18: what is no address is no website",
        {"refused_by_schema": 1},
        first("study_set", websites=None),
    ),
    "latlon bad": Change("D3: reported", {"bad_coordinates": 1}),
    "ph bad": Change("D3: reported", {"bad_number": 2}),
    "jgi only": Change("D3: reported", {"orphan_row": 1}),
    "samp_name ws": Change("D15: names are trimmed, so the row is found", {"unknown_column": 1}),
    "link unparsed": Change("D3: reported", {"unread_sample_link": 1}),
    "estimated_size": Change("D3: reported", {"bad_number": 1}),
}
#: The cases that ended in an error of Python and now give what the rest of the submission says.
#: Case → slots of the first document of a collection.
MENDED = {
    "none multi": Change("D3: null is an empty list", {}, biosample(analysis_type=None)),
    "enum bad": Change("D3", {"unknown_choice": 1}, biosample(analysis_type=None)),
    "samp_size num": Change("D3", {"missing_unit": 1}, biosample(samp_size=None)),
    "samp_size str nounit": Change("D3", {"missing_unit": 1}, biosample(samp_size=None)),
    "integer slot bad": Change("D3", {"bad_number": 1}, biosample(replicate_number=None)),
    "bool embargoed": Change("D3", {"bad_boolean": 1}, biosample(embargoed=None)),
    "seq bad model": Change(
        "D3", {"unknown_choice": 1}, first("data_generation_set", instrument_used=None)
    ),
    "seq null model": Change("D3", {}, first("data_generation_set", instrument_used=None)),
    "isolate link procfmt": Change(
        "D2: one way to read links", {}, first("material_processing_set", type="nmdc:Isolation")
    ),
    "isolate sample has id col": Change(
        "D15: the system's slots are protected",
        {"protected_column": 1},
        first("organism_sample_set", name="a"),
    ),
    "isolate name col": Change(
        "D15", {"protected_column": 1}, first("organism_sample_set", name="a", description="d")
    ),
    "dois": Change("D3", {"refused_by_schema": 1}, first("study_set", name="s")),
    "doi badprov": Change(
        "D3", {"unknown_choice": 1, "refused_by_schema": 1}, first("study_set", name="s")
    ),
    "contributors noroles": Change(
        "D3",
        {"contributor_without_role": 1},
        first("study_set", has_credit_associations=None),
    ),
    "isolate seq": Change("D2: isolates are sequenced too", {}),
}
#: The cases that fail if the run is strict, now with a report of all that is wrong and before any
#: id is minted. Otherwise the sample or run is left out and the rest translated.
FAILURES = {
    "env bad": Change("as recorded", {"bad_term": 1, "missing_required": 1}),
    "samp_name missing": Change("as recorded", {"missing_samp_name": 1}),
    "link chain": Change(
        "D2: the schema wants two inputs of a pooling",
        {"bad_sample_link": 1, "link_to_missing_sample": 1},
    ),
    "link before": Change("D2: the schema wants two inputs of a pooling", {"bad_sample_link": 1}),
    "link missing": Change("as recorded", {"unknown_sample_link": 1}),
    "link list": Change("D2: a list of one link is that link", {"bad_sample_link": 1}),
    "link Isolation": Change("D2: an isolation makes organism samples", {"bad_sample_link": 1}),
    "seq md5 fewer": Change("as recorded", {"url_checksum_mismatch": 1}),
    "isolate link missing": Change("as recorded", {"unknown_sample_link": 1}),
    "mapping no key": Change("as recorded", {"missing_columns": 1}),
}


def result(case: str) -> tuple[dict[str, Any], dict[str, int]]:
    given = copy.deepcopy(CASES[case]["input"])
    options = PortalOptions(strict=True)
    database, report = translated(given.pop("metadata_submission"), options=options, **given)
    external = {given.get("study_id")}
    assert dangling(database, external=external) == set()
    assert load_validator().validate_documents(database).problems == ()
    assert used_and_skipped_add_up(report)
    return database, dict(report.problems.by_code)


def test_each_change_is_of_a_case_and_no_case_is_listed_twice() -> None:
    listed = [*SUCCESSES, *MENDED, *FAILURES]
    assert len(listed) == len(set(listed))
    assert set(listed) <= set(CASES)
    assert {case for case in MENDED if "error" not in CASES[case]} == {"isolate seq"}
    assert all("output" in CASES[case] for case in SUCCESSES)


@pytest.mark.parametrize("case", [case for case in CASES if case not in {**MENDED, **FAILURES}])
def test_what_was_recorded_comes_out_but_for_the_listed_changes(case) -> None:
    change = SUCCESSES.get(case, Change("as recorded", {}))
    expected = copy.deepcopy(CASES[case]["output"])
    database, told = result(case)
    if change.edit is not None:
        change.edit(expected)
        assert canonical(expected) != canonical(CASES[case]["output"])
    assert canonical(database) == canonical(expected)
    assert told == change.told


@pytest.mark.parametrize("case", MENDED)
def test_a_bad_cell_no_longer_ends_the_run(case) -> None:
    change = MENDED[case]
    database, told = result(case)
    assert told == change.told
    if change.edit is not None:
        expected = copy.deepcopy(database)
        change.edit(expected)
        assert expected == database


@pytest.mark.parametrize("case", FAILURES)
def test_what_cannot_be_made_fails_with_a_report_before_any_id_is_minted(case) -> None:
    with pytest.raises(TranslationFailed) as failed:
        result(case)
    assert dict(failed.value.report.problems.by_code) == FAILURES[case].told

    given = copy.deepcopy(CASES[case]["input"])
    if FATAL & FAILURES[case].told.keys():
        with pytest.raises(TranslationFailed):
            translated(given.pop("metadata_submission"), **given)
        return
    database, report = translated(given.pop("metadata_submission"), **given)
    assert dict(report.problems.by_code) == FAILURES[case].told
    assert load_validator().validate_documents(database).problems == ()
    assert dangling(database) == set()
    assert len(database["study_set"]) == 1


def test_a_run_of_an_isolate_has_the_isolate_as_its_input() -> None:
    database, _ = result("isolate seq")
    (run,) = database["data_generation_set"]
    assert run["has_input"] == [database["organism_sample_set"][0]["id"]]
    assert len(database["data_object_set"]) == 1


def test_megabases_are_base_pairs_exactly_where_they_were_cut_off() -> None:
    # D11: recorded 2.01 → 2009999 and so on.
    rounded = {2.01: 2_010_000, 2.03: 2_030_000, 4.1: 4_100_000, 8.03: 8_030_000}
    for vector in observed("observed_parsers")["estimated_size_megabases"]:
        row = {"samp_name": "a", "estimated_size": vector["raw"]}
        tabs = {"data": {"isolate_data": [row]}}
        database, _ = translated({"metadata_submission": {"sampleData": tabs}})
        expected = rounded.get(vector["raw"], vector["result"])
        assert database["organism_set"][0].get("estimated_size") == expected
