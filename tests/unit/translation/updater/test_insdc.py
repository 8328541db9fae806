"""Update commands for identifiers of INSDC; what differs from the recorded ones is in `CHANGED`."""

import json
from typing import Any

import pytest

from nmdc_runtime.translation.report import TranslationReport
from nmdc_runtime.translation.updater.insdc import InsdcUpdates
from nmdc_runtime.translation.updater.updater import DatabaseUpdater
from tests.support.updater import Documents, RecordedGold, RecordedNmdc, applied, read_case

CASE = read_case("insdc_identifiers_case.yaml")
CASES = {case["case"]: case for case in read_case("observed_cases.json")["insdc_script"]}
#: The recorded accessions are too short for the schema (D18): what is like them and long enough.
LONGER = {'"S1"': '"SAMN1"', ":S1": ":SAMN1", "PR1": "PRJNA1"}


def update(id_: str, operator: str, slot: str, value: Any) -> dict[str, Any]:
    return {"q": {"id": id_}, "u": {operator: {slot: value}}}


NOTHING: dict[str, Any] = {"update": "biosample_set", "updates": []}
SAMPLES, PROJECTS = "insdc_biosample_identifiers", "insdc_bioproject_identifiers"
CHANGED: dict[str, tuple[str, Any]] = {
    "idem": ("D10: only real changes", NOTHING),
    "prefixed": (
        "D10: accessions are trimmed and have one prefix; lists are added to",
        [
            {
                "update": "biosample_set",
                "updates": [update("b", "$addToSet", SAMPLES, {"$each": ["biosample:SAMN1"]})],
            },
            {
                "update": "data_generation_set",
                "updates": [update("d", "$addToSet", PROJECTS, {"$each": ["bioproject:PRJNA1"]})],
            },
        ],
    ),
    "null ids": (
        "D3: null is absent; it is replaced, since nothing can be added to it",
        {
            "update": "biosample_set",
            "updates": [update("b", "$set", SAMPLES, ["biosample:SAMN1"])],
        },
    ),
}


def planned(
    biosamples: Documents, data_generations: Documents, projects: dict[str, Documents]
) -> tuple[InsdcUpdates, TranslationReport, list[tuple[str, Any]]]:
    nmdc = RecordedNmdc(biosamples=biosamples, data_generations=data_generations)
    gold = RecordedGold(projects=projects)
    updates, report = DatabaseUpdater(nmdc, gold, "nmdc:sty-11-x").plan_insdc_updates()
    for use in report.tables.values():
        assert use.read == use.used + use.skipped.total()
    assert json.loads(json.dumps(updates.commands)) == updates.commands
    return updates, report, nmdc.asked + gold.asked


def of_case(case: dict[str, Any]) -> tuple[Documents, Documents, dict[str, Documents]]:
    text = json.dumps(case)
    for short, long in LONGER.items():
        text = text.replace(short, long)
    longer = json.loads(text)
    return (
        longer["biosamples_for_study"],
        longer["data_generation_records_for_study"],
        longer["gold_projects_by_biosample"],
    )


def test_the_published_case() -> None:
    api, expected = CASE["runtime_api"], CASE["expected"]
    biosamples = api["biosamples_for_study"]
    data_generations = api["data_generation_records_for_study"]

    updates, report, asked = planned(
        biosamples, data_generations, CASE["gold_api"]["projects_by_biosample"]
    )

    assert isinstance(updates.published, list) is expected["result_is_list_of_two"]
    assert updates.published == updates.commands
    after = applied([*biosamples, *data_generations], updates.commands)
    before = {each["id"]: each for each in (*biosamples, *data_generations)}
    for command, slot in zip(updates.commands, (SAMPLES, PROJECTS), strict=True):
        wanted = expected[command["update"]]
        assert len(command["updates"]) == wanted["update_count"]
        for id_, change in wanted.items():
            if id_.startswith("nmdc:"):
                values = change.get("equals") or change["same_set"]
                assert sorted(after[id_][slot]) == sorted(values)
                (told,) = [each["u"] for each in command["updates"] if each["q"]["id"] == id_]
                assert sorted(told["$addToSet"][slot]["$each"]) == sorted(values)
        for id_ in wanted["no_update_for"]:
            assert after[id_] == before[id_]
    counts = [what for what, _ in asked]
    assert counts.count("biosamples") == expected["calls"]["biosamples_for_study"]
    assert (
        counts.count("data_generations") == expected["calls"]["data_generation_records_for_study"]
    )
    assert counts.count("projects_by_biosample") == expected["calls"]["gold_projects_by_biosample"]
    assert report.problems.listed == []


def test_a_second_run_after_the_commands_were_run_changes_nothing() -> None:
    api, projects = CASE["runtime_api"], CASE["gold_api"]["projects_by_biosample"]
    biosamples = api["biosamples_for_study"]
    data_generations = api["data_generation_records_for_study"]
    first, _, _ = planned(biosamples, data_generations, projects)
    after = applied([*biosamples, *data_generations], first.commands)

    second, _, _ = planned(
        [after[each["id"]] for each in biosamples],
        [after[each["id"]] for each in data_generations],
        projects,
    )

    assert second.commands == []
    assert second.published == NOTHING
    assert applied(list(after.values()), first.commands) == after


def test_nothing_gives_nothing() -> None:
    updates, _, _ = planned(*of_case(CASES["none"]))

    assert updates.published == CASES["none"]["output"] == NOTHING
    assert updates.commands == []


@pytest.mark.parametrize("name", sorted(CHANGED))
def test_a_do_better_item_changes_just_this(name: str) -> None:
    updates, report, _ = planned(*of_case(CASES[name]))

    assert updates.published == CHANGED[name][1]
    assert report.problems.listed == []
    assert set(CASES) == set(CHANGED) | {"none"}


def test_an_accession_that_the_schema_would_refuse_is_told_and_not_written() -> None:
    case = CASES["prefixed"]
    updates, report, _ = planned(
        case["biosamples_for_study"],
        case["data_generation_records_for_study"],
        case["gold_projects_by_biosample"],
    )

    assert updates.commands == []
    assert [(each.code, each.value) for each in report.problems] == [
        ("bad_identifier", "biosample:S1"),
        ("bad_identifier", "PR1"),
    ]


def test_what_is_written_between_the_reading_and_the_running_stays() -> None:
    biosample = {
        "id": "b",
        "gold_biosample_identifiers": ["gold:Gb1"],
        SAMPLES: ["biosample:SAMN2"],
    }
    projects = {"Gb1": [{"projectGoldId": "Gp1", "ncbiBioSampleAccession": "SAMN1"}]}
    updates, _, _ = planned([biosample], [], projects)

    meanwhile = biosample | {SAMPLES: ["biosample:SAMN2", "biosample:SAMN3"]}
    after = applied([meanwhile], updates.commands)

    assert sorted(after["b"][SAMPLES]) == ["biosample:SAMN1", "biosample:SAMN2", "biosample:SAMN3"]
