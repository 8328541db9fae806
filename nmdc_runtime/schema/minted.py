"""Were new ids minted? Asked only where a deployment demands it."""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from nmdc_runtime.schema.ids import has_run_number, typecode_of
from nmdc_runtime.schema.registry import SchemaRegistry
from nmdc_runtime.schema.report import LIMIT, Problem, ProblemList, ValidationReport, pointer_to

#: Ids in one question.
CHUNK: Final = 5_000

#: Returns those of the ids that were minted.
FindMinted = Callable[[Collection[str]], Collection[str]]
#: Returns those of the ids that documents of a collection have.
FindIds = Callable[[str, Collection[str]], Collection[str]]


class SubmittedIds:
    """The ids of submitted documents that have a typecode of the schema; others are foreign."""

    def __init__(self, registry: SchemaRegistry) -> None:
        self._with_ids = frozenset(registry.collections_with_id)
        self._ids: dict[str, dict[str, int]] = {}  # collection → id → index
        classes = registry.classes.values()
        self._typecodes = {code for each in classes for code in each.typecodes}
        self._with_runs = {
            code for each in classes if has_run_number(each) for code in each.typecodes
        }

    def add(self, collection: str, documents: Sequence[Any], *, first: int = 0) -> None:
        """Note the ids of documents, the first of which has this index."""
        if collection not in self._with_ids:
            return
        ids = self._ids.setdefault(collection, {})
        for index, document in enumerate(documents, first):
            id_ = document.get("id") if isinstance(document, dict) else None
            if isinstance(id_, str):
                ids[id_] = index

    def unminted(
        self, find_minted: FindMinted, find_stored: FindIds | None, *, limit: int = LIMIT
    ) -> ValidationReport:
        """Report ids that were neither minted nor belong to a stored document.

        Of an id that ends in the number of a run, what stands before it must have been minted.

        Parameters
        ----------
        find_stored
            None: no document is stored, as far as anybody knows.
        """
        problems = ProblemList(limit)
        for collection, ids in self._ids.items():
            for chunk in _chunks(ids):
                names = {each: name for each in chunk if (name := self._minted_name(each))}
                minted = find_minted(set(names.values()))
                lacking = [each for each, name in names.items() if name not in minted]
                stored = find_stored(collection, lacking) if find_stored and lacking else ()
                for each in lacking:
                    if each not in stored:
                        problems.add(_problem(collection, ids[each], each, names[each]))
        return problems.report()

    def _minted_name(self, id_: str) -> str | None:
        typecode = typecode_of(id_)
        if typecode not in self._typecodes:
            return None
        return id_.partition(".")[0] if typecode in self._with_runs else id_


def _problem(collection: str, index: int, id_: str, name: str) -> Problem:
    return Problem(
        collection=collection,
        index=index,
        id=id_,
        pointer=pointer_to((collection, index, "id")),
        rule="minted_id",
        expected="the id of a stored document, or one that was minted here",
        found=repr(id_),
        hint="mint ids at /pids/mint",
        message=f"'{name}' was never minted here in /{collection}/{index}/id",
    )


def _chunks(values: Collection[str]) -> Iterator[list[str]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
