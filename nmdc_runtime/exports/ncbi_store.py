"""Reads of what was done with a study's biosamples, and of what came out; it writes nothing."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from pymongo.database import Database

from nmdc_runtime.mongo.documents import NO_OBJECT_ID, Document
from nmdc_runtime.schema.ids import typecode_of
from nmdc_runtime.schema.registry import SchemaRegistry

DATA_OBJECTS: Final = "data_object_set"
INSTRUMENTS: Final = "instrument_set"
PROCESSED_SAMPLES: Final = "processed_sample_set"
STUDIES: Final = "study_set"
#: Ids in one query.
CHUNK: Final = 2_500


@dataclass(frozen=True, slots=True)
class Step:
    """A process, by what it takes and gives."""

    id: str
    type: str
    outputs: tuple[str, ...]


@dataclass(slots=True)
class Provenance:
    """What was done with samples: for each, the processes that take it, sequencing first."""

    consumers: dict[str, list[Step]] = field(default_factory=dict)

    def steps_from(self, sample_id: str) -> Iterator[Step]:
        """Yield the processes that a sample leads to, each once, the nearest first."""
        seen, frontier = {sample_id}, [sample_id]
        while frontier:
            onward: list[str] = []
            for id_ in frontier:
                for step in self.consumers.get(id_, ()):
                    if step.id in seen:
                        continue
                    seen.add(step.id)
                    yield step
                    for output in step.outputs:
                        if output not in seen:
                            seen.add(output)
                            onward.append(output)
            frontier = onward


class NcbiStore:
    """Follows biosamples to their sequencing, a few queries for each step away from them.

    By the processes' own ``has_input`` and ``has_output``, which have indexes, as the table of a
    study does: what was written just now is found, and also where nobody has built a graph.

    Parameters
    ----------
    time_limit_ms
        How long one query may take.
    """

    def __init__(
        self, database: Database[Document], registry: SchemaRegistry, *, time_limit_ms: int
    ) -> None:
        self._database = database
        self._registry = registry
        self._time_limit_ms = time_limit_ms
        samples = set(registry.descendants("Sample"))
        self._processes = sorted(
            {
                each.source_collection
                for each in registry.legal_references
                if each.slot == "has_input" and each.target_class in samples
            }
        )

    def find_study(self, study_id: str) -> Document | None:
        """Return the study, or None."""
        return self._database[STUDIES].find_one({"id": study_id}, NO_OBJECT_ID)

    def provenance(self, sample_ids: Iterable[str]) -> Provenance:
        """Return all that was done with the samples, and with what was made of them.

        What takes data is not followed: workflows are not of interest.
        """
        found = Provenance()
        known: dict[str, set[str]] = {}
        seen = set(sample_ids)
        frontier = seen
        while frontier:
            onward: set[str] = set()
            for name in self._processes:
                for process in self._taking(name, sorted(frontier)):
                    step = Step(
                        id=str(process["id"]),
                        type=str(process.get("type")),
                        outputs=tuple(map(str, process.get("has_output") or ())),
                    )
                    onward.update(each for each in step.outputs if not self.is_data(each))
                    for id_ in map(str, process["has_input"]):
                        if step.id not in known.setdefault(id_, set()):
                            known[id_].add(step.id)
                            found.consumers.setdefault(id_, []).append(step)
            frontier = onward - seen
            seen |= frontier
        sequencing = self.types_of("NucleotideSequencing")
        for steps in found.consumers.values():
            steps.sort(key=lambda each: (each.type not in sequencing, each.id))
        return found

    def is_data(self, id_: str) -> bool:
        """Say whether an id is that of a data object."""
        return self._is_in(DATA_OBJECTS, id_)

    def is_processed_sample(self, id_: str) -> bool:
        """Say whether an id is that of a processed sample."""
        return self._is_in(PROCESSED_SAMPLES, id_)

    def by_id(self, collection: str, ids: Iterable[str]) -> dict[str, Document]:
        """Return the documents that are there, without ``_id``."""
        found: dict[str, Document] = {}
        for chunk in _chunks(sorted(set(ids))):
            cursor = self._database[collection].find(
                {"id": {"$in": chunk}},
                NO_OBJECT_ID,
                batch_size=len(chunk) + 1,
                max_time_ms=self._time_limit_ms,
            )
            with cursor:
                found.update((str(each["id"]), each) for each in cursor)
        return found

    def poolings_of(self, sample_ids: Iterable[str]) -> list[Document]:
        """Return the poolings that take one of the samples, sorted by id."""
        found: dict[str, Document] = {}
        types = self.types_of("Pooling")
        for collection in self._registry.collections_holding("Pooling"):
            for process in self._taking(collection, sorted(set(sample_ids))):
                if process.get("type") in types:
                    found[str(process["id"])] = process
        return [found[id_] for id_ in sorted(found)]

    def instruments(self) -> dict[str, Document]:
        """Return all instruments, by id."""
        with self._database[INSTRUMENTS].find({}, NO_OBJECT_ID) as cursor:
            return {str(each["id"]): each for each in cursor}

    def types_of(self, class_name: str) -> frozenset[str]:
        """Return what documents of a class and its subclasses say in ``type``."""
        return frozenset(
            self._registry.classes[each].class_uri
            for each in self._registry.descendants(class_name)
        )

    def _is_in(self, collection: str, id_: str) -> bool:
        return collection in self._registry.collections_for_typecode(typecode_of(id_) or "")

    def _taking(self, collection: str, sample_ids: Sequence[str]) -> Iterator[Document]:
        for chunk in _chunks(sample_ids):
            cursor = self._database[collection].find(
                {"has_input": {"$in": chunk}},
                {"_id": 0, "id": 1, "type": 1, "has_input": 1, "has_output": 1},
                batch_size=10_000,
                max_time_ms=self._time_limit_ms,
            )
            with cursor:
                yield from cursor


def _chunks(ids: Sequence[str]) -> Iterator[list[str]]:
    return (list(ids[first : first + CHUNK]) for first in range(0, len(ids), CHUNK))
