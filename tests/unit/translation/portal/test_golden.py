"""Whole submissions against the recorded results, up to the ids."""

import copy
import json

import pytest
import yaml

from nmdc_runtime.schema.validator import load_validator
from nmdc_runtime.translation.minting import placeholder_minter
from nmdc_runtime.translation.portal.options import PortalOptions
from nmdc_runtime.translation.portal.translator import SubmissionPortalTranslator
from tests.support import portal
from tests.support.neon import dangling, used_and_skipped_add_up
from tests.support.portal import GOLDEN, INSTRUMENTS, canonical, golden, recorded_provenance

#: Where our result is not the recorded one, and why. With ``compat`` there is no difference.
#: Case → (collection, what is done to each recorded document).
BLANK_PERSON = "D18: a blank name or ORCID of the principal investigator is no value"
GENERATED_BY = "D9: files of a mapping say by which run they were generated, as those of tabs do"
CHANGES = {
    "isolate_only": [BLANK_PERSON],
    "isolate_soil": [BLANK_PERSON],
    "isolate_soil_jgi": [BLANK_PERSON],
    "nucleotide_sequencing_mapping": [GENERATED_BY],
    "soil_sample_link": [],
}
#: What is told of each golden case: columns without a slot (D15: they are listed in the report).
TOLD = {
    "isolate_only": {"unknown_column": 2},
    "isolate_soil": {"unknown_column": 2},
    "isolate_soil_jgi": {"unknown_column": 16},
    "nucleotide_sequencing_mapping": {},
    "soil_sample_link": {"unknown_column": 12},
}


def changed(recorded: dict, reasons: list[str]) -> dict:
    expected = copy.deepcopy(recorded)
    for reason in reasons:
        if reason == BLANK_PERSON:
            for study in expected["study_set"]:
                person = study["principal_investigator"]
                study["principal_investigator"] = {k: v for k, v in person.items() if v != ""}
        else:
            (run,) = expected["data_generation_set"]
            for file in expected["data_object_set"]:
                file["was_generated_by"] = run["id"]
    return expected


@pytest.mark.parametrize("compat", [False, True], ids=["by default", "compat"])
@pytest.mark.parametrize("case", GOLDEN)
def test_the_recorded_results_come_out_but_for_ids_and_listed_changes(case, compat) -> None:
    given = golden(case, "input")
    before = copy.deepcopy(given)
    calls: list[tuple[str, int]] = []
    mint = placeholder_minter()

    def minter(class_uri: str, how_many: int) -> list[str]:
        calls.append((class_uri, how_many))
        return mint(class_uri, how_many)

    instruments = dict(INSTRUMENTS)
    translator = SubmissionPortalTranslator(
        **given,
        id_minter=minter,
        study_category="research_study",
        illumina_instrument_mapping=instruments,
        options=PortalOptions(
            compat=compat, provenance=recorded_provenance(given["metadata_submission"]["id"])
        ),
    )
    database = dict(translator.get_database())

    recorded = golden(case, "expected")
    assert canonical(database) == canonical(changed(recorded, [] if compat else CHANGES[case]))
    assert not CHANGES[case] or canonical(changed(recorded, CHANGES[case])) != canonical(recorded)
    assert load_validator().validate_documents(database).problems == ()
    assert dangling(database, external={"nmdc:inst-00-00000000"}) == set()
    assert dict(translator.report.problems.by_code) == TOLD[case]
    assert used_and_skipped_add_up(translator.report)
    # One call a class, with the exact number: no id is minted that is not used.
    counted = {document["type"]: 0 for held in recorded.values() for document in held}
    for held in recorded.values():
        for document in held:
            counted[document["type"]] += 1
    assert dict(calls) == counted
    assert len(calls) == len(counted)
    # Nothing that was handed in is changed.
    assert (given, instruments) == (before, INSTRUMENTS)


def test_a_second_translation_asks_for_the_ids_of_the_first_under_the_same_labels() -> None:
    given = golden("isolate_soil_jgi", "input")
    first, second = (
        SubmissionPortalTranslator(**given, study_category="research_study").plan for _ in range(2)
    )
    assert first.labels_by_class() == second.labels_by_class()
    keys = [label.key for labels in first.labels_by_class().values() for label in labels]
    assert all(key.startswith("portal/ef59f345-8c89-4201-bcdc-28ca1f6919ca/") for key in keys)


def test_values_without_a_slot_are_in_the_report_with_tab_column_and_row() -> None:
    given = golden("isolate_soil_jgi", "input")
    _, report = portal.translated(given["metadata_submission"])
    told = json.loads(json.dumps(report.to_dict()))
    assert told["unplaced"]["jgi_isolate_genome_data"]["dnase"] == {"1": False}
    assert told["unplaced"]["isolate_data"]["isolate_single_colony"] == {"1": True}
    (problem,) = [each for each in told["problems"]["listed"] if each["column"] == "cont_well"]
    assert problem["table"] == "jgi_isolate_genome_data"
    assert problem["natural_id"] == "isolate-001"
    assert (problem["row"], problem["value"]) == (1, "B1")


def test_the_submission_of_the_smoke_test_is_translated_though_its_layout_is_an_older_one() -> None:
    case = yaml.safe_load((portal.DATA / "graph_smoke_case.yaml").read_bytes())
    inputs = case["run_config"]["ops"]["translate_portal_submission_to_nmdc_schema_database"]
    database, report = portal.translated(
        case["exchanges"][1]["response"], study_id="", **inputs["inputs"]
    )
    (made,) = database["biosample_set"]
    assert made["name"] == "G5R1_MAIN_09MAY2016"
    assert made["env_package"]["has_raw_value"] == "plant-associated"
    assert load_validator().validate_documents(database).problems == ()
    assert {each.code: each.value for each in report.problems} == {
        "old_layout": None,
        "conflicting_values": "soil",  # what the row says its package is
        "unknown_unit": "-80 Celsius",
    }
