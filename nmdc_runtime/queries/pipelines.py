"""Pipelines that clients send: an allow-list of stages, and every collection that they name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.filters import FilterRefused, read_expression, read_filter

#: Pipelines within pipelines; each level runs the one below for every document.
MAX_NESTING: Final = 5
MAX_STAGES: Final = 1_000


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Stages whose operand is an expression, or a description in whose values expressions stand.
PLAIN_STAGES: Final = _words(
    """
    $addFields $bucket $bucketAuto $count $densify $fill $group $limit $project $redact
    $replaceRoot $replaceWith $sample $set $setWindowFields $skip $sort $sortByCount $unset $unwind
    """
)
#: Accumulators and window operators, beside the expressions that filters may use.
ACCUMULATORS: Final = _words(
    """
    $addToSet $bottom $bottomN $count $covariancePop $covarianceSamp $denseRank $derivative
    $documentNumber $expMovingAvg $integral $linearFill $locf $meta $push $rank $shift $top $topN
    """
)


class StageRefused(FilterRefused):
    """A stage of a pipeline cannot be used."""

    title = "Pipeline refused"


@dataclass(frozen=True, slots=True)
class ClientPipeline:
    """A client's pipeline, as MongoDB takes it, and the collections that it reads besides."""

    stages: list[Document]
    collections: frozenset[str]


def read_pipeline(raw: list[Document]) -> ClientPipeline:
    """Return the pipeline that a JSON body holds.

    Raises
    ------
    FilterRefused
        A stage or an operator is not on the list, too deep or too long.
    """
    reader = _Reader()
    return ClientPipeline(reader.pipeline(raw, ()), frozenset(reader.collections))


class _Reader:
    """Reads stages, and notes the collections that they name."""

    def __init__(self) -> None:
        self.collections: set[str] = set()
        self._count = 0
        self._special: dict[str, Callable[[Document, tuple[str, ...]], Document]] = {
            "$lookup": self._lookup,
            "$graphLookup": self._graph_lookup,
            "$unionWith": self._union_with,
            "$facet": self._facet,
            "$geoNear": self._geo_near,
        }

    def pipeline(self, raw: object, place: tuple[str, ...]) -> list[Document]:
        if not isinstance(raw, list):
            raise StageRefused(f"the pipeline {_at(place)} is not a list")
        if len(place) > 2 * MAX_NESTING:
            raise StageRefused(f"pipelines are nested deeper than {MAX_NESTING} levels")
        return [self._stage(stage, (*place, str(index))) for index, stage in enumerate(raw)]

    def _stage(self, stage: object, place: tuple[str, ...]) -> Document:
        self._count += 1
        if self._count > MAX_STAGES:
            raise StageRefused(f"the pipeline has more than {MAX_STAGES} stages")
        if not isinstance(stage, dict) or len(stage) != 1:
            raise StageRefused(f"stage {_at(place)} is not an object with one key")
        ((name, operand),) = stage.items()
        here = (*place, name)
        try:
            if name == "$match" and isinstance(operand, dict):
                return {name: read_filter(operand).document}
            if name in self._special:
                return {name: self._special_stage(name, operand, here)}
            if name in PLAIN_STAGES:
                return {name: read_expression(operand, more=ACCUMULATORS)}
        except StageRefused:
            raise
        except FilterRefused as error:
            raise StageRefused(f"in stage {_at(here)} of the pipeline: {error}") from error
        raise StageRefused(f"stage {_at(here)} cannot be used in a pipeline here")

    def _special_stage(self, name: str, operand: object, place: tuple[str, ...]) -> Document:
        if name == "$unionWith" and isinstance(operand, str):
            operand = {"coll": operand}
        if not isinstance(operand, dict):
            raise StageRefused(f"stage {_at(place)} takes an object")
        return self._special[name](operand, place)

    def _note(self, name: object, place: tuple[str, ...]) -> None:
        if not isinstance(name, str):
            raise StageRefused(f"stage {_at(place)} names a collection by something but text")
        self.collections.add(name)

    def _rest(self, operand: Document, *known: str) -> Document:
        others = {key: value for key, value in operand.items() if key not in known}
        read = read_expression(others, more=ACCUMULATORS)
        if not isinstance(read, dict):
            raise StageRefused("a stage takes an object, not a value of Extended JSON")
        return read

    def _lookup(self, operand: Document, place: tuple[str, ...]) -> Document:
        read = self._rest(operand, "from", "pipeline")
        if "from" in operand:
            self._note(operand["from"], place)
            read["from"] = operand["from"]
        if "pipeline" in operand:
            read["pipeline"] = self.pipeline(operand["pipeline"], place)
        return read

    def _graph_lookup(self, operand: Document, place: tuple[str, ...]) -> Document:
        self._note(operand.get("from"), place)
        read = self._rest(operand, "restrictSearchWithMatch")
        return self._with_filter(read, operand, "restrictSearchWithMatch")

    def _union_with(self, operand: Document, place: tuple[str, ...]) -> Document:
        read = self._rest(operand, "pipeline")
        if "coll" in operand:
            self._note(operand["coll"], place)
        if "pipeline" in operand:
            read["pipeline"] = self.pipeline(operand["pipeline"], place)
        return read

    def _facet(self, operand: Document, place: tuple[str, ...]) -> Document:
        return {name: self.pipeline(inner, (*place, name)) for name, inner in operand.items()}

    def _geo_near(self, operand: Document, _place: tuple[str, ...]) -> Document:
        return self._with_filter(self._rest(operand, "query"), operand, "query")

    def _with_filter(self, read: Document, operand: Document, key: str) -> Document:
        condition: Any = operand.get(key)
        if isinstance(condition, dict):
            read[key] = read_filter(condition).document
        elif key in operand:
            raise StageRefused(f"`{key}` takes an object")
        return read


def _at(place: tuple[str, ...]) -> str:
    return f"`{'.'.join(place)}`" if place else "as a whole"
