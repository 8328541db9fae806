"""Reads of a study's biosamples, and of what was measured in them; it writes nothing."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pymongo.database import Database

from nmdc_runtime.graph.linked_membership import membership
from nmdc_runtime.graph.related import ids_in
from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.schema.registry import SchemaRegistry

STUDIES: Final = "study_set"
BIOSAMPLES: Final = "biosample_set"
#: Ids in one query.
CHUNK: Final = 2_500


class StudyStore:
    """Finds the biosamples of a study and follows them to their data generations.

    Samples are followed by the processes' own ``has_input`` and ``has_output``, which have
    indexes, and not through the link graph: what was written just now is found, and also where
    nobody has built a graph.

    Parameters
    ----------
    time_limit_ms
        How long one query may take.
    """

    def __init__(
        self, database: Database[Document], registry: SchemaRegistry, *, time_limit_ms: int
    ) -> None:
        self._database = database
        self._time_limit_ms = time_limit_ms
        samples = set(registry.descendants("Sample"))
        self._generations = frozenset(registry.collections_holding("DataGeneration"))
        self._processes = sorted(
            {
                each.source_collection
                for each in registry.legal_references
                if each.slot == "has_input" and each.target_class in samples
            }
        )

    def has_study(self, study_id: str) -> bool:
        """Say whether there is a study with this id."""
        return self._database[STUDIES].find_one({"id": study_id}, {"_id": 1}) is not None

    def list_biosample_ids(self, study_id: str) -> list[str]:
        """Return the ids of the study's biosamples, sorted."""
        found = self._database[BIOSAMPLES].find(
            {"associated_studies": study_id},
            {"_id": 0, "id": 1},
            batch_size=10_000,
            max_time_ms=self._time_limit_ms,
        )
        with found:
            return sorted(each["id"] for each in found)

    def list_biosamples(self, biosample_ids: Sequence[str]) -> list[Document]:
        """Return the biosamples that are still there, without ``_id``, sorted by id."""
        found = self._database[BIOSAMPLES].find(
            {"id": {"$in": list(biosample_ids)}},
            NO_OBJECT_ID,
            batch_size=len(biosample_ids) + 1,  # one more: the first answer is the last
            max_time_ms=self._time_limit_ms,
        )
        with found:
            return sorted(found, key=lambda each: str(each["id"]))

    def analyte_categories(self, biosample_ids: Sequence[str]) -> dict[str, set[str]]:
        """Return what was measured in each biosample, or in whatever was made of it.

        A few queries for each step away from the biosamples, however many they are.
        """
        links: dict[str, list[str]] = {}
        categories: dict[str, set[str]] = {}
        seen = set(biosample_ids)
        frontier = seen
        while frontier:
            onward: set[str] = set()
            for name in self._processes:
                for process in self._taking(name, sorted(frontier)):
                    if name in self._generations:
                        leads_to = {str(process["id"])}
                        categories[str(process["id"])] = ids_in(process, "analyte_category")
                    else:
                        leads_to = ids_in(process, "has_output")
                        onward |= leads_to
                    for sample_id in ids_in(process, "has_input"):
                        links.setdefault(sample_id, []).extend(leads_to)
            frontier = onward - seen
            seen |= frontier
        reached = membership(biosample_ids, links)
        found: dict[str, set[str]] = {}
        for generation_id, some in categories.items():
            for biosample_id in reached.of(generation_id):
                found.setdefault(biosample_id, set()).update(some)
        return found

    def _taking(self, collection: str, sample_ids: Sequence[str]) -> Iterator[Document]:
        """Yield the processes that take one of the samples."""
        for chunk in _chunks(sample_ids):
            found = self._database[collection].find(
                {"has_input": {"$in": chunk}},
                {"_id": 0, "id": 1, "has_input": 1, "has_output": 1, "analyte_category": 1},
                batch_size=10_000,
                max_time_ms=self._time_limit_ms,
            )
            with found:
                yield from found


def _chunks(ids: Sequence[str]) -> Iterable[list[str]]:
    return (list(ids[first : first + CHUNK]) for first in range(0, len(ids), CHUNK))
