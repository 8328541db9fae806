"""Sequencing projects that NMDC lacks; what differs from the recorded results is in `CHANGED`."""

import copy
from typing import Any, NamedTuple

import pytest

from nmdc_runtime.translation.gold.instruments import INSTRUMENT, METHOD
from nmdc_runtime.translation.gold.options import GoldOptions
from nmdc_runtime.translation.minting import placeholder_minter
from nmdc_runtime.translation.planning import Label
from nmdc_runtime.translation.report import TranslationFailed, TranslationReport
from nmdc_runtime.translation.updater.inputs import SampleGraph
from nmdc_runtime.translation.updater.updater import DatabaseUpdater, Planned
from tests.support.neon import canonical
from tests.support.updater import JGI, RecordedGold, RecordedNmdc, read_case

CASES = {case["case"]: case for case in read_case("observed_cases.json")["data_generation"]}
STUDY = "nmdc:sty-11-x"


class Change(NamedTuple):
    """Why a result is not the recorded one, and which of its documents are left."""

    item: str
    reports: frozenset[str] = frozenset()
    documents: int = 0


CHANGED = {
    "existing": Change("D4: nothing is minted if there is nothing to do"),
    "no gold ids": Change("D4: nothing is minted if there is nothing to do"),
    "empty gold": Change("D19: a record that GOLD lacks is told", frozenset({"missing_in_gold"})),
    "other study gb": Change(
        "D19: a project of another biosample is not given to this one",
        frozenset({"orphan_project"}),
        1,
    ),
}
#: JGI's projects of the cases have no status; with ``compat`` it is not looked at.
COMPAT = GoldOptions(compat=True)


def nmdc_of(case: dict[str, Any]) -> RecordedNmdc:
    """The recorded links, as documents with what the walk needs."""
    api = case["runtime_api"]
    linked: list[dict[str, Any]] = []
    for kind, type_ in (
        ("linked_pooling", "nmdc:Pooling"),
        ("linked_library_preparation", "nmdc:LibraryPreparation"),
        ("linked_data_generation", "nmdc:NucleotideSequencing"),
    ):
        for sample, documents in api[kind].items():
            linked += [
                {"id": f"nmdc:{kind}-{len(linked)}", "type": type_, "has_input": [sample]} | each
                for each in documents
            ]
    return RecordedNmdc(biosamples=api["biosamples_for_study"], linked=linked)


def planned(case: dict[str, Any], options: GoldOptions = COMPAT, **changes: Any) -> Planned:
    gold = RecordedGold(
        biosamples=case["gold_api"]["biosample_by_id"],
        projects=changes.get("projects") or case["gold_api"]["projects_by_biosample"],
    )
    nmdc = changes.get("nmdc") or nmdc_of(case)
    instruments = changes.get("instruments")
    result = DatabaseUpdater(nmdc, gold, STUDY, instruments, options=options)
    found = result.plan_data_generations()
    for use in found.report.tables.values():
        assert use.read == use.used + use.skipped.total()
    return found


def skipped(report: TranslationReport) -> dict[str, int]:
    return dict(report.tables["projects"].skipped)


@pytest.mark.parametrize("name", sorted(set(CASES) - set(CHANGED)))
def test_an_observed_result_comes_out(name: str) -> None:
    found = planned(CASES[name])

    assert canonical(found.preview()) == canonical(CASES[name]["output"])
    assert found.report.problems.listed == []


@pytest.mark.parametrize("name", sorted(CHANGED))
def test_a_do_better_item_changes_just_this(name: str) -> None:
    change = CHANGED[name]

    def mint(class_uri: str, how_many: int) -> list[str]:
        assert how_many == change.documents > 0
        return placeholder_minter()(class_uri, how_many)

    found = planned(CASES[name])
    database = found.database(mint)

    recorded = copy.deepcopy(CASES[name].get("output", {"data_generation_set": []}))
    recorded["data_generation_set"] = recorded["data_generation_set"][: change.documents]
    assert canonical(database) == canonical(recorded if change.documents else {})
    assert found.report.problems.codes() == change.reports


def test_only_what_is_kept_is_minted() -> None:
    found = planned(CASES["nonJGI"])

    assert found.report.ids_new == {"nmdc:NucleotideSequencing": 1}
    assert skipped(found.report) == {"not_of_jgi": 1}


def test_the_published_case_with_a_center_and_a_status() -> None:
    case = read_case("data_generation_case.yaml")
    api, gold_api = case["runtime_api"], case["gold_api"]
    finished = {"sequencingCenters": [JGI], "projectStatus": "Permanent Draft"}
    projects = [each | finished for each in gold_api["projects_by_biosample"]]
    nmdc = RecordedNmdc(biosamples=api["biosamples_for_study"])
    gold = RecordedGold(
        biosamples={"Gb0150488": gold_api["biosample_by_id"]}, projects={"Gb0150488": projects}
    )
    rows = [{METHOD: key, INSTRUMENT: value} for key, value in case["instrument_map"].items()]
    asked: list[list[Any]] = []

    def mint(class_uri: str, how_many: int) -> list[str]:
        asked.append([class_uri, how_many])
        return placeholder_minter()(class_uri, how_many)

    found = DatabaseUpdater(nmdc, gold, case["study_id"], rows).plan_data_generations()
    database = found.database(mint)

    wanted = case["expected"]
    made = database.data_generation_set
    assert len(made) >= wanted["data_generation_count_at_least"]
    assert made[0].id.startswith(wanted["id_prefix"])
    assert made[0].items() >= case["translator_stub"]["record"].items()
    assert asked == wanted["calls"]["mint"]
    assert [id_ for what, id_ in gold.asked if what == "biosample"] == ["gold:Gb0150488"]
    assert [id_ for what, id_ in gold.asked if what == "projects_by_biosample"] == [
        "gold:Gb0150488"
    ]
    assert [what for what, _ in nmdc.asked].count("biosamples") == 1


def test_a_second_run_after_the_result_was_stored_changes_nothing() -> None:
    case = CASES["two gb one bio"]
    first = planned(case).preview()
    api = case["runtime_api"]
    for stored in (
        RecordedNmdc(
            biosamples=api["biosamples_for_study"],
            data_generations=first["data_generation_set"],
        ),
        RecordedNmdc(biosamples=api["biosamples_for_study"], linked=first["data_generation_set"]),
    ):
        found = planned(case, nmdc=stored)

        assert found.plan.counts() == {}
        assert skipped(found.report) == {"already_in_nmdc": 2}


def test_an_id_that_an_earlier_run_minted_is_found_again() -> None:
    known = {Label("nmdc:NucleotideSequencing", "Gp1"): "nmdc:dgns-11-known"}

    def mint(class_uri: str, how_many: int) -> list[str]:
        raise AssertionError("there is nothing to mint")

    found = planned(CASES["base"])
    database = found.database(mint, known)

    assert [each.id for each in database.data_generation_set] == ["nmdc:dgns-11-known"]
    assert found.report.ids_reused == {"nmdc:NucleotideSequencing": 1}


def test_unfinished_projects_of_jgi_are_left_out_and_told() -> None:
    found = planned(CASES["base"], GoldOptions())

    assert found.plan.counts() == {}
    assert found.report.problems.codes() == {"unfinished_project"}


def test_the_linked_records_of_many_biosamples_are_asked_for_together() -> None:
    biosamples = [
        {"id": f"nmdc:bsm-11-{n}", "gold_biosample_identifiers": [f"gold:Gb{n}"]}
        for n in range(250)
    ]
    nmdc = RecordedNmdc(biosamples=[*biosamples, {"id": "nmdc:bsm-11-without"}])

    planned(CASES["base"], nmdc=nmdc)

    asked = [ids for what, ids in nmdc.asked if what == "linked"]
    assert [len(each) for each in asked] == [100, 100, 50]
    assert [id_ for each in asked for id_ in each] == [each["id"] for each in biosamples]


def test_a_map_that_is_none_stops_the_operation() -> None:
    with pytest.raises(TranslationFailed, match="GOLD SeqMethod"):
        planned(CASES["base"], instruments=[{"Model": "x"}])


def process(type_: str, inputs: list[str], outputs: list[str]) -> dict[str, Any]:
    return {"type": f"nmdc:{type_}", "has_input": inputs, "has_output": outputs}


@pytest.mark.parametrize(
    ("linked", "wanted"),
    [
        ([], ["b"]),
        ([process("Pooling", ["b", "c"], ["p"])], ["p"]),
        ([process("LibraryPreparation", ["b"], ["l"])], ["l"]),
        (
            [
                process("LibraryPreparation", ["x"], ["l"]),
                process("Extraction", ["p"], ["x"]),
                process("Pooling", ["b"], ["p"]),
                process("NucleotideSequencing", ["l"], ["data"]),
            ],
            ["l"],
        ),
        ([process("Extraction", ["other"], ["b"])], ["b"]),
        ([process("Isolation", ["b"], ["o"]), process("Culturing", ["b"], ["o2"])], ["b"]),
        (
            [process("Extraction", ["b"], ["x"]), process("MassSpectrometry", ["x"], ["data"])],
            ["b"],
        ),
        (
            [
                process("Extraction", ["b"], ["x"]),
                process("MassSpectrometry", ["x"], ["data"]),
                process("Extraction", ["b"], ["dna"]),
            ],
            ["dna"],
        ),
        ([process("MassSpectrometry", ["b"], ["data"])], ["b"]),
        ([process("MixingProcess", ["b"], ["c"]), process("MixingProcess", ["c"], ["b"])], ["c"]),
        ([process("SubSamplingProcess", ["b"], ["s", "t"])], ["s", "t"]),
        ([{"type": "nmdc:Pooling", "has_input": None, "has_output": None}], ["b"]),
    ],
    ids=[
        "nothing was made",
        "pool",
        "library without pool",
        "chain",
        "upstream",
        "isolates",
        "spent on mass spectrometry",
        "one of two spent",
        "measured itself",
        "circle",
        "two",
        "nulls",
    ],
)
def test_the_last_sample_before_sequencing_is_read(linked, wanted) -> None:
    assert SampleGraph(linked).last_samples("b") == wanted


def test_samples_that_were_split_and_pooled_again_and_again_are_walked_once_each() -> None:
    stages = 60
    linked = [
        each
        for at in range(stages)
        for each in (
            process("SubSamplingProcess", [f"s{at}"], [f"s{at}a", f"s{at}b"]),
            process("Pooling", [f"s{at}a", f"s{at}b"], [f"s{at + 1}"]),
        )
    ]

    assert SampleGraph(linked).last_samples("s0") == [f"s{stages}"]


def test_a_chain_of_any_length_is_walked() -> None:
    steps = 5_000
    linked = [process("Extraction", [f"s{at}"], [f"s{at + 1}"]) for at in range(steps)]

    assert SampleGraph(linked).last_samples("s0") == [f"s{steps}"]


@pytest.mark.parametrize("what", ["plan_data_generations", "plan_insdc_updates"])
def test_a_study_that_is_not_in_nmdc_is_a_mistake_and_one_without_samples_is_not(what) -> None:
    def plan(nmdc: RecordedNmdc) -> Any:
        return getattr(DatabaseUpdater(nmdc, RecordedGold(), STUDY), what)()

    with pytest.raises(TranslationFailed, match=f"the study {STUDY} is not in NMDC") as failed:
        plan(RecordedNmdc(biosamples=[], study=[]))

    assert failed.value.report.problems.codes() == {"missing_study"}
    plan(RecordedNmdc(biosamples=[], study=[{"id": STUDY}]))


def test_several_last_samples_are_told_and_the_first_is_taken() -> None:
    case = CASES["base"]
    linked = [process("SubSamplingProcess", ["nmdc:bsm-11-a"], ["nmdc:procsm-1", "nmdc:procsm-2"])]
    nmdc = RecordedNmdc(
        biosamples=case["runtime_api"]["biosamples_for_study"],
        linked=[{"id": "nmdc:subspr-1"} | linked[0]],
    )

    found = planned(case, nmdc=nmdc)

    assert found.preview().data_generation_set[0].has_input == ["nmdc:procsm-1"]
    assert [each.code for each in found.report.problems] == ["ambiguous_input"]


def test_two_biosamples_of_one_in_gold_are_told_and_the_first_is_taken() -> None:
    case = CASES["base"]
    twin = {"id": "nmdc:bsm-11-b", "gold_biosample_identifiers": ["GOLD:Gb1", "nonsense"]}
    nmdc = RecordedNmdc(biosamples=[*case["runtime_api"]["biosamples_for_study"], twin])

    found = planned(case, nmdc=nmdc)

    assert [each.has_input for each in found.preview().data_generation_set] == [["nmdc:bsm-11-a"]]
    assert found.report.problems.codes() == {"ambiguous_input", "bad_identifier"}
