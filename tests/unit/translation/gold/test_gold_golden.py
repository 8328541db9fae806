"""GOLD against the recorded results, and against each observed edge case.

A result that is not the recorded one is in `CHANGED`, with the item of the specification's "do
better" list that changes it.
"""

import copy
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from nmdc_runtime.translation.gold.instruments import INSTRUMENT, METHOD
from nmdc_runtime.translation.gold.options import GoldOptions
from nmdc_runtime.translation.gold.study import GoldRecords, plan_gold_study
from nmdc_runtime.translation.gold.translator import GoldStudyTranslator
from nmdc_runtime.translation.planning import Label
from nmdc_runtime.translation.report import TranslationFailed
from nmdc_runtime.translation.values import provenance
from tests.support.gold import (
    handing_out,
    instrument_map,
    joined,
    observed_cases,
    read_json,
    read_yaml,
    records_of,
    translated,
)
from tests.support.neon import canonical

PROVENANCE = provenance(
    datetime(2023, 10, 17, 9, tzinfo=UTC), version="999.9.9", source_system="GOLD"
)
CASES = observed_cases()
BASE = CASES["base"]["output"]


class Change(NamedTuple):
    """Why a result is not the recorded one, and what it is."""

    item: str
    reports: frozenset[str] = frozenset()
    biosample: Mapping[str, Any] | None = {}  # slots that the recorded one of ``base`` lacks
    sequencings: int = 1


def reported(*codes: str) -> frozenset[str]:
    return frozenset(codes)


def depth(**numbers: Any) -> dict[str, Any]:
    return {"depth": {"type": "nmdc:QuantityValue", "has_unit": "m", **numbers}}


CHANGED = {
    "no projects": Change("D4: nothing is minted for no project", sequencings=0),
    "center list not done": Change(
        "D6: unfinished projects of JGI's are left out", reported("unfinished_project"), {}, 0
    ),
    "oxygen": Change("D3: a number without unit costs its slot", reported("missing_unit")),
    "temp no unit": Change("D3: a number without unit costs its slot", reported("missing_unit")),
    "ph bad": Change("D3: a bad number costs its slot", reported("bad_number")),
    "elev bad": Change("D1: a unit in the text is understood", biosample={"elev": 12.0}),
    "depth 2 only": Change(
        "D3: one depth is a depth", biosample=depth(has_raw_value="2", has_numeric_value=2)
    ),
    "depth inverted": Change(
        "D3: the ends of a range stand in either order",
        biosample=depth(has_minimum_numeric_value=2, has_maximum_numeric_value=5),
    ),
    "missing env": Change(
        "D3: a biosample without environment is left out", reported("missing_value"), None, 0
    ),
    "no name": Change(
        "D3: a biosample without name is left out", reported("missing_value"), None, 0
    ),
    "envo 2 underscores": Change(
        "D18: identifiers meet the pattern of the schema",
        reported("bad_identifier", "missing_value"),
        None,
        0,
    ),
    "proj no biosample key": Change(
        "D3: a project without biosample is left out", reported("orphan_project"), {}, 0
    ),
    "ap no img key": Change("D3: an analysis without IMG's id says nothing"),
    "seqMethod unk": Change(
        "D7: an unknown method costs the instrument", reported("unmapped_instrument")
    ),
    "lat oor": Change("D3: a place that is on no map is none", reported("bad_number")),
    "contacts null": Change("D3: null is absent"),
    "dup project": Change("D4: a project that is there twice is one", reported("duplicate_row")),
}
#: Those that the lists above cannot say; each has a test of its own below.
ALONE = {"oxygen unit", "sites None name", "studytype", "study None", "pi no email"}


def case_records(name: str) -> GoldRecords:
    instruments = [
        {METHOD: method, INSTRUMENT: instrument_id}
        for method, instrument_id in read_json("observed_cases.json")["instrument_map"].items()
    ]
    return records_of(CASES[name]["input"], instruments)


@pytest.mark.parametrize(
    ("file", "is_joined"),
    [
        ("gs0149396_expected.filtering_off.sites_on.json", False),
        ("gs0149396_expected.joined.filtering_on.sites_off.json", True),
    ],
    ids=["all, with sites", "filtered, without sites"],
)
def test_the_recorded_results_come_out_with_the_ids_that_were_handed_out(file, is_joined) -> None:
    recorded = read_json(file)
    content = read_json("gs0149396_input.json")
    records = records_of(
        joined(content) if is_joined else content, instrument_map("instrument_map_unit_test.tsv")
    )
    before = copy.deepcopy(records)
    options = GoldOptions(provenance=PROVENANCE, **recorded["options"])

    database, report = translated(records, options, handing_out(recorded["mint_calls"]))

    assert database == recorded["database"]
    assert canonical(database) == canonical(recorded["database"])
    assert report.problems.listed == []
    assert [(call["schema_class"], call["how_many"]) for call in recorded["mint_calls"]] == list(
        report.ids_new.items()
    )
    assert records == before, "the records of GOLD were written to"


@pytest.mark.parametrize(
    "name", sorted(name for name in CASES if name not in CHANGED and name not in ALONE)
)
def test_an_observed_result_comes_out(name: str) -> None:
    case = CASES[name]
    options = GoldOptions(
        include_field_site_info=case["input"].get("include_field_site_info", False)
    )

    database, report = translated(case_records(name), options, handing_out(case["mint_calls"]))

    assert database == case["output"]
    assert report.problems.listed == []


@pytest.mark.parametrize("name", sorted(CHANGED))
def test_a_do_better_item_changes_just_this(name: str) -> None:
    change = CHANGED[name]

    database, report = translated(case_records(name))

    wanted = copy.deepcopy(BASE)
    if change.biosample is None:
        del wanted["biosample_set"]
    else:
        wanted["biosample_set"][0].update(change.biosample)
    if not change.sequencings:
        del wanted["data_generation_set"]
    assert canonical(database) == canonical(wanted)
    assert report.problems.codes() == change.reports
    assert database != CASES[name].get("output")


def test_nitrate_goes_to_nitrate_and_not_to_nitrite() -> None:
    recorded = CASES["oxygen unit"]
    wanted = copy.deepcopy(recorded["output"])
    wanted["biosample_set"][0]["nitrate"] = wanted["biosample_set"][0].pop("nitrite")

    database, report = translated(
        case_records("oxygen unit"), minter=handing_out(recorded["mint_calls"])
    )

    assert database == wanted
    assert report.problems.listed == []


def test_a_pi_without_email_is_left_out_as_before_and_told() -> None:
    recorded = CASES["pi no email"]

    database, report = translated(
        case_records("pi no email"), minter=handing_out(recorded["mint_calls"])
    )

    assert database == recorded["output"]
    assert [(each.code, each.natural_id, each.value) for each in report.problems] == [
        ("bad_value", "Gp1", "a")
    ]


def test_a_biosample_without_name_does_not_keep_another_from_its_site() -> None:
    options = GoldOptions(include_field_site_info=True)

    database, report = translated(case_records("sites None name"), options)

    assert [each["name"] for each in database["field_research_site_set"]] == ["b"]
    assert len(database["biosample_set"]) == 1
    assert [each.natural_id for each in report.problems] == ["Gb2"]


def test_what_is_no_list_of_names_is_told_or_counted() -> None:
    records = case_records("base")
    project = records.projects[0] | {"sequencingCenters": [{"name": "JGI"}]}
    odd = [{"apGoldId": f"Ga{n}", "projects": wrong} for n, wrong in enumerate(([5], {"a": 1}, 5))]

    database, report = translated(replace(records, projects=[project], analysis_projects=odd))

    assert "processing_institution" not in database["data_generation_set"][0]
    assert [(each.code, each.column) for each in report.problems] == [
        ("bad_value", "sequencingCenters")
    ]
    assert report.tables["analysis_projects"].skipped == {"project_not_translated": 3}


def test_a_category_that_the_schema_lacks_is_refused_when_the_translator_is_made() -> None:
    with pytest.raises(ValueError, match="Unknown StudyCategoryEnum enumeration code: bogus"):
        GoldStudyTranslator(study_type="bogus")


def test_a_study_that_gold_does_not_know_is_told_and_nothing_is_minted() -> None:
    def mint(class_uri: str, how_many: int) -> list[str]:
        raise AssertionError(f"{how_many} ids of {class_uri} were minted")

    records = CASES["study None"]["input"]
    translator = GoldStudyTranslator(
        None,
        "research_study",
        records["biosamples"],
        records["projects"],
        records["analysis_projects"],
        id_minter=mint,
    )

    with pytest.raises(TranslationFailed, match="GOLD knows no such study"):
        translator.get_database()


def test_a_study_with_nothing_to_do_mints_nothing_and_ends_well() -> None:
    study = {"studyGoldId": "Gs1", "studyName": "n"}

    for projects in ([], [{"projectGoldId": "Gp1", "sequencingStrategy": "Amplicon"}]):
        database, report = translated(
            GoldRecords(study=study, projects=projects), minter=handing_out([])
        )

        assert database == {}
        assert report.tables["study"].skipped == {"nothing_to_translate": 1}
        assert report.problems.listed == []


def test_samples_of_one_name_are_told_since_a_study_holds_one_of_each() -> None:
    first = CASES["base"]["input"]["biosamples"][0]
    others = [first | {"biosampleGoldId": f"Gb{number}"} for number in (8, 9)]
    records = replace(case_records("base"), biosamples=[first, *others])

    database, report = translated(records, GoldOptions(enable_biosample_filtering=False))

    assert len(database["biosample_set"]) == 3
    assert [(each.code, each.natural_id) for each in report.problems] == [
        ("repeated_name", "Gb8"),
        ("repeated_name", "Gb9"),
    ]
    assert first["biosampleGoldId"] in report.problems.listed[1].message


def test_strict_fails_before_anything_is_minted_and_names_all_records() -> None:
    records = case_records("sites None name")

    with pytest.raises(TranslationFailed) as failure:
        plan_gold_study(records, GoldOptions(strict=True))

    told = str(failure.value)
    assert "Gb2" in told
    assert "name must be supplied" in told
    assert failure.value.report.problems.codes() == {"missing_value"}


def test_compat_counts_unfinished_projects_of_jgi_as_good() -> None:
    recorded = CASES["center list not done"]

    database, report = translated(
        case_records("center list not done"),
        GoldOptions(compat=True),
        handing_out(recorded["mint_calls"]),
    )

    assert database == recorded["output"]
    assert report.problems.listed == []


FILTERING = read_yaml("filtering_and_sites_cases.yaml")


@pytest.mark.parametrize("is_on", [True, False])
def test_biosamples_are_filtered_by_their_projects(is_on: bool) -> None:
    case = FILTERING["biosample_filtering"]
    wanted = case["expected"]["filtering_on" if is_on else "filtering_off"]["kept_biosamples"]

    translator = GoldStudyTranslator(
        biosamples=case["biosamples"],
        projects=case["projects"],
        enable_biosample_filtering=is_on,
    )

    assert [each["biosampleGoldId"] for each in translator.biosamples] == wanted


@pytest.mark.parametrize("is_on", [True, False])
def test_projects_are_filtered_whatever_is_chosen_for_biosamples(is_on: bool) -> None:
    case = FILTERING["filtering_and_projects"]
    wanted = case["expected"]["filtering_on" if is_on else "filtering_off"]["kept_projects"]

    translator = GoldStudyTranslator(
        biosamples=case["biosamples"],
        projects=case["projects"],
        enable_biosample_filtering=is_on,
    )

    assert [each["projectGoldId"] for each in translator.projects] == wanted
    assert translator.analysis_projects == []


@pytest.mark.parametrize("with_sites", [True, False])
def test_sites_are_made_if_they_are_asked_for(with_sites: bool) -> None:
    case = FILTERING["field_sites"]
    wanted = case["expected"][f"include_field_site_info_{str(with_sites).lower()}"]
    records = records_of(case | {"analysis_projects": []})

    database, _ = translated(records, GoldOptions(include_field_site_info=with_sites))

    sites = database.get("field_research_site_set", [])
    assert len(sites) == wanted["field_research_site_count"]
    assert {each["type"] for each in sites} <= {"nmdc:FieldResearchSite"}
    assert [each["name"] for each in sites] == wanted.get("field_research_site_names", [])
    assert all(
        ("collected_from" in each) is wanted["every_biosample_has_collected_from"]
        for each in database["biosample_set"]
    )


def test_a_site_that_is_there_already_is_referred_to() -> None:
    case = FILTERING["field_sites"]
    options = GoldOptions(
        include_field_site_info=True, site_ids={"site_1_sample_001": "nmdc:frsite-11-a"}
    )

    database, _ = translated(records_of(case | {"analysis_projects": []}), options)

    assert [each["name"] for each in database["field_research_site_set"]] == ["site_2_sample_002"]
    assert database["biosample_set"][0]["collected_from"] == "nmdc:frsite-11-a"


def test_the_published_class_mints_once_a_class_and_finds_known_ids_again() -> None:
    content = joined(read_json("gs0149396_input.json"))
    asked: list[tuple[str, int]] = []

    def mint(class_uri: str, how_many: int = 1) -> list[str]:
        asked.append((class_uri, how_many))
        return [f"nmdc:{len(asked)}-{number}" for number in range(how_many)]

    translator = GoldStudyTranslator(
        content["study"],
        "consortium",
        content["biosamples"],
        content["projects"],
        content["analysis_projects"],
        instrument_map(),
        True,
        True,
        id_minter=mint,
        known={Label("nmdc:Study", "Gs0149396"): "nmdc:sty-11-known"},
    )
    database = translator.get_database()

    assert database.study_set[0].id == database["study_set"][0]["id"] == "nmdc:sty-11-known"
    assert database.study_set[0].study_category == "consortium"
    assert sorted(asked) == [
        ("nmdc:Biosample", 5),
        ("nmdc:FieldResearchSite", 5),
        ("nmdc:NucleotideSequencing", 5),
    ]
    assert database.biosample_set[0].name == content["biosamples"][0]["biosampleName"]
    assert translator.report.ids_reused["nmdc:Study"] == 1
    assert translator.report.ids_new["nmdc:Study"] == 0
    assert len(translator.analysis_projects) == len(content["analysis_projects"])
    assert json.loads(json.dumps(database)) == database
