"""Which stored documents are the planned ones, whoever stored them.

What a registry elsewhere has given an identifier is known by that, samples of a study are known by
their names, files by where they lie. From a file the way goes back:
the process whose output is stored is the process that made it, and what that one reads is what the
planned one reads. So the chain of a sample that was ingested by other means is found whole.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from nmdc_runtime.ingests.store import IngestStore
from nmdc_runtime.metadata.store import NAMED_PER_STUDY
from nmdc_runtime.schema.registry import SchemaRegistry
from nmdc_runtime.translation.planning import Label, Plan

Planned = Mapping[str, Any]

#: Slots whose identifiers name one document, where the plan calls the thing by the identifier too:
#: what a submitter only says of a study does not make it the one that is registered so.
REGISTERED: Final = {
    "study_set": "gold_study_identifiers",
    "biosample_set": "gold_biosample_identifiers",
    "data_generation_set": "gold_sequencing_project_identifiers",
}


@dataclass(slots=True)
class Matching:
    """Finds the ids of the planned things that are stored; each level is one query a collection."""

    store: IngestStore
    registry: SchemaRegistry
    plan: Plan
    known: dict[Label, str] = field(default_factory=dict)
    #: One document is one thing, though two of the source have its name.
    _taken: set[str] = field(default_factory=set)

    def run(self) -> dict[Label, str]:
        """Return the ids of all planned things that were found."""
        self._match_registered()
        self._match_samples()
        found = self._match_files()
        makers = self._makers()
        while found:
            found = self._match_makers(found, makers)
        return self.known

    def _match_registered(self) -> None:
        for collection, slot in REGISTERED.items():
            planned = {
                identifier: document["id"]
                for document in self._labelled(collection)
                for identifier in _listed(document.get(slot))
                if identifier.partition(":")[2] == document["id"].key
            }
            for stored in self.store.find_by(collection, slot, planned):
                for identifier in _listed(stored[slot]):
                    if identifier in planned:
                        self._learn(planned[identifier], stored["id"])

    def _match_samples(self) -> None:
        for collection in NAMED_PER_STUDY:
            planned: dict[tuple[str, str], list[Planned]] = {}
            for document in self._labelled(collection):
                for named in _listed(document.get("associated_studies")):
                    study = self.known.get(named) if isinstance(named, Label) else named
                    if study is not None and document.get("name"):
                        planned.setdefault((document["name"], study), []).append(document)
            names = dict.fromkeys(name for name, _ in planned)
            studies = {study for _, study in planned}
            for stored in self.store.find_named(collection, names, studies):
                for study in stored["associated_studies"]:
                    named_so = planned.get((stored["name"], study), [])
                    # Of several with one name nobody knows which it is.
                    if len(named_so) == 1 and not _is_another(collection, named_so[0], stored):
                        self._learn(named_so[0]["id"], stored["id"])

    def _match_files(self) -> list[Label]:
        collection = "data_object_set"
        planned = {
            document["url"]: document
            for document in self._labelled(collection)
            if document.get("url")
        }
        found = []
        for stored in self.store.find_by(collection, "url", planned):
            document = planned[stored["url"]]
            if self._learn(document["id"], stored["id"]):
                found.append(document["id"])
                self._learn_only(document.get("in_manifest"), stored.get("in_manifest"))
        return found

    def _makers(self) -> dict[Label, tuple[str, Planned]]:
        return {
            output: (collection, document)
            for collection in self.plan.documents
            for document in self._labelled(collection)
            for output in _listed(document.get("has_output"))
            if isinstance(output, Label)
        }

    def _match_makers(
        self, outputs: Iterable[Label], makers: Mapping[Label, tuple[str, Planned]]
    ) -> list[Label]:
        """Find what made the outputs; return what that has read, as far as it is one thing."""
        asked: dict[str, dict[str, Planned]] = {}
        for output in outputs:
            if output in makers:
                collection, document = makers[output]
                asked.setdefault(collection, {})[self.known[output]] = document
        found = []
        for collection, by_output in asked.items():
            for stored in self.store.find_by(collection, "has_output", by_output):
                for output_id in stored["has_output"]:
                    planned = by_output.get(output_id)
                    if planned is None or planned["type"] != stored.get("type"):
                        continue
                    self._learn(planned["id"], stored["id"])
                    found += self._learn_only(planned.get("has_input"), stored.get("has_input"))
        return found

    def _learn_only(self, planned: object, stored: object) -> list[Label]:
        """Take it that the one planned thing is the one stored thing; of several nobody knows."""
        labels, ids = _listed(planned), _listed(stored)
        if len(labels) == len(ids) == 1 and isinstance(labels[0], Label):
            return [labels[0]] if self._learn(labels[0], str(ids[0])) else []
        return []

    def _learn(self, label: Label, id_: str) -> bool:
        """Note an id, the first that is found; False if there is one, or if it is of another class.

        Older sequencings read a biosample where now a library stands.
        """
        class_ = self.registry.class_for_type(label.class_uri)
        typecodes = class_.typecodes if class_ else ()
        if label in self.known or id_ in self._taken:
            return False
        if not any(id_.startswith(f"nmdc:{code}-") for code in typecodes):
            return False
        self.known[label] = id_
        self._taken.add(id_)
        return True

    def _labelled(self, collection: str) -> list[Planned]:
        return [
            document
            for document in self.plan.documents.get(collection, ())
            if isinstance(document["id"], Label)
        ]


def _is_another(collection: str, planned: Planned, stored: Planned) -> bool:
    """Tell whether two of one name are registered as different things."""
    slot = REGISTERED.get(collection, "")
    ours, theirs = (set(_listed(each.get(slot))) for each in (planned, stored))
    return bool(ours and theirs and not ours & theirs)


def _listed(value: object) -> Sequence[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)
