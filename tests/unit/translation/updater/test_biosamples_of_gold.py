"""Biosamples that GOLD has for a study and NMDC has not."""

from typing import Any

import pytest

from nmdc_runtime.translation.gold.options import GoldOptions
from nmdc_runtime.translation.minting import placeholder_minter
from nmdc_runtime.translation.planning import Label
from nmdc_runtime.translation.report import TranslationFailed
from nmdc_runtime.translation.updater.updater import DatabaseUpdater, Planned
from tests.support.updater import RecordedGold, RecordedNmdc, read_case

CASE = read_case("biosample_set_case.yaml")
STUDY = CASE["study_id"]
#: The recorded biosamples have no environment, which the schema demands.
ENVIRONMENT = {
    f"envo{scale}": {"id": "ENVO_00000446", "label": "terrestrial biome"}
    for scale in ("BroadScale", "LocalScale", "Medium")
}


def sources(**of_nmdc: Any) -> tuple[RecordedNmdc, RecordedGold]:
    nmdc = RecordedNmdc(
        biosamples=of_nmdc.get("biosamples", CASE["runtime_api"]["biosamples_for_study"]),
        study=of_nmdc.get("study", CASE["runtime_api"]["study"]),
    )
    found = [each | ENVIRONMENT for each in CASE["gold_api"]["biosamples_by_study"]]
    return nmdc, RecordedGold(study={"biosamples": found})


def planned(options: GoldOptions | None = None, **of_nmdc: Any) -> Planned:
    found = DatabaseUpdater(
        *sources(**of_nmdc),
        STUDY,
        options=options,
        include_field_site_info=options is not None and options.include_field_site_info,
    ).plan_biosamples()
    for use in found.report.tables.values():
        assert use.read == use.used + use.skipped.total()
    return found


def test_the_published_case() -> None:
    nmdc, gold = sources()
    asked: list[list[Any]] = []

    def mint(class_uri: str, how_many: int) -> list[str]:
        asked.append([class_uri, how_many])
        return placeholder_minter()(class_uri, how_many)

    found = DatabaseUpdater(nmdc, gold, STUDY).plan_biosamples()
    database = found.database(mint)

    calls = CASE["expected"]["calls"]
    assert len(database.biosample_set) == CASE["expected"]["biosample_count"]
    assert [each.gold_biosample_identifiers[0] for each in database.biosample_set] == [
        f"gold:{each}" for each in CASE["translator_stub"]["biosamples"]
    ]
    assert {study for each in database.biosample_set for study in each.associated_studies} == {
        STUDY
    }
    assert set(database) == {"biosample_set"}
    assert asked == calls["mint"]
    assert [[id_] for what, id_ in nmdc.asked if what == "study"] == calls["study"]
    assert [what for what, _ in nmdc.asked].count("biosamples") == calls["biosamples_for_study"]
    assert [[id_] for what, id_ in gold.asked if what == "biosamples_by_study"] == calls[
        "gold_biosamples_by_study"
    ]
    assert dict(found.report.tables["biosamples"].skipped) == {"already_in_nmdc": 2}
    assert found.report.source == "gold", "ids are remembered under the name of the whole study's"


def test_a_second_run_after_the_result_was_stored_changes_nothing() -> None:
    made = planned().preview().biosample_set
    stored = [*CASE["runtime_api"]["biosamples_for_study"], *made]

    def mint(class_uri: str, how_many: int) -> list[str]:
        raise AssertionError("there is nothing to mint")

    found = planned(biosamples=stored)

    assert found.database(mint) == {}
    assert dict(found.report.tables["biosamples"].skipped) == {"already_in_nmdc": 4}


def test_sites_are_made_if_they_are_asked_for_and_keep_their_ids() -> None:
    found = planned(GoldOptions(include_field_site_info=True))
    known = {Label("nmdc:FieldResearchSite", "Gs0154244/13114.distel.72.s015"): "nmdc:frsite-11-a"}

    database = found.database(placeholder_minter(), known)

    assert {each.name for each in database.field_research_site_set} == {
        "13114.distel.72.s015",
        "13114.distel.72.s014",
    }
    assert database.biosample_set[0].collected_from == "nmdc:frsite-11-a"


@pytest.mark.parametrize(
    ("study", "words"),
    [
        ([], "is not in NMDC"),
        ([{"id": STUDY}], "has no gold_study_identifiers"),
        ([{"id": STUDY, "gold_study_identifiers": ["gold:x"]}], "has no gold_study_identifiers"),
    ],
)
def test_a_study_without_id_of_golds_is_told(study, words: str) -> None:
    nmdc, gold = sources(study=study)

    with pytest.raises(TranslationFailed, match=words):
        DatabaseUpdater(nmdc, gold, STUDY).plan_biosamples()

    assert gold.asked == []


def test_a_study_that_is_several_in_gold_is_told() -> None:
    study = [{"id": STUDY, "gold_study_identifiers": ["Gs0154244", "gold:Gs2"]}]

    assert planned(study=study).report.problems.codes() == {"conflicting_values"}


def test_a_name_that_a_sample_of_the_study_has_already_is_told() -> None:
    first = planned().preview().biosample_set[0]
    stored = [{"id": "nmdc:bsm-11-other000", "name": first.name}]

    found = planned(biosamples=[*CASE["runtime_api"]["biosamples_for_study"], *stored])

    assert len(found.plan.documents["biosample_set"]) == 2
    (problem,) = found.report.problems
    assert (problem.code, problem.value) == ("repeated_name", first.name)
    assert "nmdc:bsm-11-other000" in problem.message


def test_strict_fails_on_a_biosample_that_lacks_what_it_must_have() -> None:
    nmdc, _ = sources()
    gold = RecordedGold(study={"biosamples": CASE["gold_api"]["biosamples_by_study"]})

    lenient = DatabaseUpdater(nmdc, gold, STUDY).plan_biosamples()
    assert lenient.plan.counts() == {}
    assert lenient.report.problems.codes() == {"missing_value"}
    with pytest.raises(TranslationFailed, match="env_broad_scale must be supplied"):
        DatabaseUpdater(nmdc, gold, STUDY, options=GoldOptions(strict=True)).plan_biosamples()
