"""Names are unique within a study: those of biosamples, and those of organism samples."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nmdc_runtime.schema.report import LIMIT, Problem, ProblemList, ValidationReport, pointer_to

#: Collection → what its documents are called in messages.
NAMED = {"biosample_set": "biosample", "organism_sample_set": "organism sample"}


@dataclass(frozen=True, slots=True)
class WantedNames:
    """What to look for among stored documents: any of the names, in any of the studies."""

    studies: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)


class SubmittedNames:
    """The names of submitted documents, by study."""

    def __init__(self) -> None:
        # collection → (study, name) → index and id of each document that has it
        self._uses: dict[str, dict[tuple[str, str], list[tuple[int, str]]]] = {}
        self._ids: dict[str, set[str]] = {}

    def add(self, collection: str, documents: Sequence[Any], *, first: int = 0) -> None:
        """Note the names of documents, the first of which has this index."""
        if collection not in NAMED:
            return
        uses = self._uses.setdefault(collection, {})
        ids = self._ids.setdefault(collection, set())
        for index, document in enumerate(documents, first):
            if isinstance(document, dict) and isinstance(document.get("id"), str):
                ids.add(document["id"])
                for pair in _pairs(document):
                    uses.setdefault(pair, []).append((index, document["id"]))

    @property
    def wanted(self) -> dict[str, WantedNames]:
        """Collection → what to look for in it, to give `stored_duplicates` what is there."""
        wanted: dict[str, WantedNames] = {}
        for collection, uses in self._uses.items():
            for study, name in uses:
                entry = wanted.setdefault(collection, WantedNames())
                entry.studies.add(study)
                entry.names.add(name)
        return wanted

    def duplicates(self, *, limit: int = LIMIT) -> ValidationReport:
        """Report names that several submitted documents have under one study."""
        problems = ProblemList(limit)
        for collection, uses in self._uses.items():
            for (study, name), holders in uses.items():
                others = [index for index, id_ in holders if id_ != holders[0][1]]
                if others:
                    message = (  # the missing blank is the published one
                        f"Multiple submitted {NAMED[collection]}s having name '{name}'are "
                        f"associated with study '{study}'."
                    )
                    index, id_ = next(use for use in holders if use[0] == others[0])
                    expected = f"another name than that of /{collection}/{holders[0][0]}"
                    hint = f"{holders[0][1]} has this name, too"
                    problems.add(
                        _problem(
                            collection=collection,
                            index=index,
                            id_=id_,
                            name=name,
                            expected=expected,
                            hint=hint,
                            message=message,
                        )
                    )
        return problems.report()

    def stored_duplicates(
        self, collection: str, stored: Iterable[Mapping[str, Any]], *, limit: int = LIMIT
    ) -> ValidationReport:
        """Report submitted names that other, stored documents have under the same study.

        Parameters
        ----------
        collection
            Where the stored documents were found.
        stored
            Their ``id``, ``name`` and ``associated_studies``. One whose id is submitted too does
            not count: it is replaced.
        limit
            How many problems to list; the rest is counted.
        """
        problems = ProblemList(limit)
        uses = self._uses.get(collection, {})
        for document in stored:
            if document.get("id") in self._ids.get(collection, ()):
                continue
            for study, name in _pairs(document):
                for index, id_ in uses.get((study, name), ())[:1]:
                    message = (
                        f"There is already a {NAMED[collection]} having name '{name}' that is "
                        f"associated with the study having ID '{study}'."
                    )
                    expected = f"another name than that of {document.get('id')}"
                    hint = (
                        f"{document.get('id')} has this name: to replace that document, send its id"
                    )
                    problems.add(
                        _problem(
                            collection=collection,
                            index=index,
                            id_=id_,
                            name=name,
                            expected=expected,
                            hint=hint,
                            message=message,
                        )
                    )
        return problems.report()


def collect_names(database: Mapping[str, Any]) -> SubmittedNames:
    """Note the names in a map of collection name → list of documents."""
    names = SubmittedNames()
    for collection, documents in database.items():
        if isinstance(documents, list):
            names.add(collection, documents)
    return names


def _pairs(document: Mapping[str, Any]) -> set[tuple[str, str]]:
    name, studies = document.get("name"), document.get("associated_studies")
    if not isinstance(name, str) or not isinstance(studies, list):
        return set()
    return {(study, name) for study in studies if isinstance(study, str)}


def _problem(
    *,
    collection: str,
    index: int,
    id_: str,
    name: str,
    expected: str,
    hint: str,
    message: str,
) -> Problem:
    return Problem(
        collection=collection,
        index=index,
        id=id_,
        pointer=pointer_to((collection, index, "name")),
        rule="unique_name",
        expected=expected,
        found=repr(name),
        hint=hint,
        message=message,
    )
