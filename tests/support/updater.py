"""The updater's fixtures: NMDC and GOLD that answer from them, and count what they are asked."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from nmdc_runtime.schema.gold_ids import normalize_gold_id

DATA = Path(__file__).parents[1] / "data" / "database_updater"
JGI = "DOE Joint Genome Institute (JGI)"

Documents = list[dict[str, Any]]


def read_case(name: str) -> Any:
    """Return what a file of the fixtures holds."""
    content = (DATA / name).read_bytes()
    return json.loads(content) if name.endswith(".json") else yaml.safe_load(content)


class RecordedNmdc:
    """Answers as NMDC did; ``asked`` says how often for what."""

    def __init__(
        self,
        *,
        biosamples: Documents,
        study: Documents | None = None,
        data_generations: Documents | None = None,
        linked: Documents | None = None,
    ) -> None:
        self._biosamples = biosamples
        self._study = [{"id": "nmdc:sty-11-x"}] if study is None else study
        self._data_generations = data_generations or []
        self._linked = linked or []
        self.asked: list[tuple[str, Any]] = []

    def get_study(self, study_id: str) -> Documents:
        self.asked.append(("study", study_id))
        return self._study

    def get_biosamples_for_study(self, study_id: str) -> Documents:
        self.asked.append(("biosamples", study_id))
        return self._biosamples

    def get_data_generation_records_for_study(self, study_id: str) -> Documents:
        self.asked.append(("data_generations", study_id))
        return self._data_generations

    def get_linked_instances(self, ids: Sequence[str], types: Sequence[str]) -> Documents:
        self.asked.append(("linked", list(ids)))
        assert set(types) == {"nmdc:DataGeneration", "nmdc:MaterialProcessing"}
        return self._linked


class RecordedGold:
    """Answers as GOLD did; ``asked`` says how often for what."""

    def __init__(
        self,
        *,
        biosamples: Mapping[str, Documents] | None = None,
        projects: Mapping[str, Documents] | None = None,
        study: Mapping[str, Documents] | None = None,
    ) -> None:
        self._biosamples = biosamples or {}
        self._projects = projects or {}
        self._study = study or {}
        self.asked: list[tuple[str, Any]] = []

    def fetch_biosamples_by_study(self, study_id: str) -> Documents:
        self.asked.append(("biosamples_by_study", study_id))
        return self._study["biosamples"]

    def fetch_projects_by_study(self, study_id: str) -> Documents:
        self.asked.append(("projects_by_study", study_id))
        return self._study.get("projects", [])

    def fetch_analysis_projects_by_study(self, study_id: str) -> Documents:
        self.asked.append(("analysis_projects_by_study", study_id))
        return self._study.get("analysis_projects", [])

    def fetch_biosamples_by_biosample_ids(self, ids: Iterable[str]) -> dict[str, Documents]:
        return self._answers("biosample", self._biosamples, ids)

    def fetch_projects_by_biosamples(self, ids: Iterable[str]) -> dict[str, Documents]:
        return self._answers("projects_by_biosample", self._projects, ids)

    def _answers(
        self, what: str, held: Mapping[str, Documents], ids: Iterable[str]
    ) -> dict[str, Documents]:
        asked = list(ids)
        self.asked += [(what, each) for each in asked]
        assert [normalize_gold_id(each) for each in asked] == asked
        return {each: held.get(each.removeprefix("gold:"), []) for each in asked}


def applied(documents: Documents, commands: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return documents by id as update commands leave them, as MongoDB runs these."""
    found = {each["id"]: json.loads(json.dumps(each)) for each in documents}
    for command in commands:
        for update in command["updates"]:
            document = found.get(update["q"]["id"])
            if document is None:  # of the other collection
                continue
            ((operator, changes),) = update["u"].items()
            for slot, change in changes.items():
                if operator == "$set":
                    document[slot] = change
                else:
                    assert operator == "$addToSet"
                    held = document.setdefault(slot, [])
                    held += [each for each in change["$each"] if each not in held]
    return found
