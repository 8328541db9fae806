"""GOLD's fixtures: its input as the client gives it, and results with the ids they were given."""

import copy
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from nmdc_runtime.schema.validator import load_validator
from nmdc_runtime.translation.gold.instruments import read_instrument_map
from nmdc_runtime.translation.gold.options import GoldOptions
from nmdc_runtime.translation.gold.study import GoldRecords, plan_gold_study
from nmdc_runtime.translation.minting import Minter, mint_all, placeholder_minter
from nmdc_runtime.translation.report import TranslationReport
from nmdc_runtime.translation.tables import Table
from tests.support.neon import dangling

DATA = Path(__file__).parents[1] / "data" / "gold"
MAP = "gold_seqMethod_to_nmdc_instrument_set.nmdc-schema.tsv"


def read_json(name: str) -> Any:
    """Return what a JSON file of the fixtures holds."""
    return json.loads((DATA / name).read_bytes())


def read_yaml(name: str) -> Any:
    """Return what a YAML file of the fixtures holds."""
    return yaml.safe_load((DATA / name).read_bytes())


def instrument_map(name: str = MAP) -> Table:
    """Return one of the maps of instruments."""
    return read_instrument_map((DATA / name).read_bytes())


def observed_cases() -> dict[str, dict[str, Any]]:
    """Return the edge cases by name."""
    return {each["case"]: each for each in read_json("observed_cases.json")["cases"]}


def records_of(content: Mapping[str, Any], instruments: Any = None) -> GoldRecords:
    """Return the records of a fixture."""
    return GoldRecords(
        study=content["study"],
        biosamples=content["biosamples"],
        projects=content["projects"],
        analysis_projects=content["analysis_projects"],
        instruments=instruments,
    )


def joined(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a study as the client gives it: each biosample with its ``projects``."""
    content = copy.deepcopy(dict(content))
    by_id = {each["biosampleGoldId"]: each for each in content["biosamples"]}
    for project in content["projects"]:
        by_id[project["biosampleGoldId"]].setdefault("projects", []).append(project)
    return content


def handing_out(calls: Iterable[Mapping[str, Any]]) -> Minter:
    """Return a minter that gives what an observed one gave, and nothing else."""
    ids = {call["schema_class"]: list(call["ids"]) for call in calls}

    def mint(class_uri: str, how_many: int) -> list[str]:
        given = ids.pop(class_uri)
        assert len(given) == how_many
        return given

    return mint


def translated(
    records: GoldRecords, options: GoldOptions | None = None, minter: Minter | None = None
) -> tuple[dict[str, Any], TranslationReport]:
    """Translate, and check what holds for every result."""
    plan, report = plan_gold_study(records, options or GoldOptions())
    database = plan.emit(mint_all(plan, minter or placeholder_minter()))
    assert load_validator().validate_documents(database).problems == ()
    assert dangling(database, external=plan.external) == set()
    assert sum(report.ids_new.values()) == sum(map(len, database.values()))
    for use in report.tables.values():
        assert use.read == use.used + use.skipped.total()
    json.dumps(report.to_dict())
    return database, report


def many(how_many: int) -> dict[str, Any]:
    """Return a study with many biosamples, of which each has two projects, some with faults."""
    content = joined(read_json("gs0149396_input.json"))
    biosample, project = content["biosamples"][0], content["projects"][0]
    analysis = content["analysis_projects"][0]
    made: dict[str, Any] = {"study": content["study"]}
    made |= {name: [] for name in ("biosamples", "projects", "analysis_projects")}
    for number in range(how_many):
        projects = [
            project
            | {
                "projectGoldId": f"Gp{number}{end}",
                "biosampleGoldId": f"Gb{number}",
                "sequencingStrategy": strategy,
            }
            for end, strategy in ((1, "Metagenome"), (2, "Metatranscriptome"))
        ]
        values = {
            "biosampleGoldId": f"Gb{number}",
            "biosampleName": f"{biosample['biosampleName']} {number % 50} {number}",
            "sampleCollectionTemperature": "12" if number % 10 == 0 else "12 Cel",
            "altitudeInMeters": "30 cm",
            "projects": projects,
        }
        made["biosamples"].append(biosample | values)
        made["projects"] += projects
        made["analysis_projects"] += [
            analysis
            | {
                "apGoldId": f"Ga{number}",
                "imgTaxonOid": number + 1,
                "projects": [projects[0]["projectGoldId"]],
            }
        ]
    return made
