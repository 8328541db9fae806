"""The one entry to validation: documents in, a verdict out; for hub, runs and command line alike.

Five checks, each only if those before found nothing: what is there can be read; every document
satisfies its class, and no id is given twice; no name is given twice under one study; then,
together, what needs a database: references lead somewhere, names are free, new ids were minted.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from nmdc_runtime.schema.body import Body, check_body
from nmdc_runtime.schema.ids import typecode_of
from nmdc_runtime.schema.minted import FindMinted
from nmdc_runtime.schema.names import SubmittedNames
from nmdc_runtime.schema.references import References
from nmdc_runtime.schema.registry import SchemaRegistry
from nmdc_runtime.schema.report import LIMIT, ValidationReport
from nmdc_runtime.schema.validator import DocumentValidator


class StoredDocuments(Protocol):
    """What a check asks of the documents that are stored, one query a collection."""

    def find_ids(self, collection: str, ids: Collection[str]) -> Collection[str]:
        """Return those of the ids that documents of the collection have."""
        ...

    def find_named(
        self, collection: str, names: Collection[str], studies: Collection[str]
    ) -> Iterable[Mapping[str, Any]]:
        """Return ``id``, ``name``, ``associated_studies`` of documents so named, so associated."""
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a validation found."""

    report: ValidationReport
    counts: dict[str, int]  # every submitted key → documents

    @property
    def keys(self) -> list[str]:
        """The submitted keys, in their order."""
        return list(self.counts)


def validate(
    source: Body | bytes | Mapping[str, Any],
    validator: DocumentValidator,
    *,
    stored: StoredDocuments | None = None,
    find_minted: FindMinted | None = None,
    references: bool = True,
    limit: int = LIMIT,
    progress: Callable[[int], None] | None = None,
) -> Verdict:
    """Say all that is wrong with documents.

    Parameters
    ----------
    source
        A body as it was sent (bytes: a JSON object of collections), or a map of collection name →
        list of documents.
    stored
        The database; None: offline, where references to what is not submitted are taken to be good.
    find_minted
        Which ids were minted; None: new ids need not be.
    references
        Whether references are looked up in the database.
    limit
        How many problems are listed; the rest is counted.
    progress
        Is told now and then how many documents have been looked at.

    Raises
    ------
    BodyUnreadable
        The body cannot be taken apart.
    """
    checked = check_body(
        source, validator, limit=limit, gather_ids=find_minted is not None, progress=progress
    )
    report = checked.report
    if report.is_valid:
        reports = []
        if stored is not None:
            known = checked.references if references else References(validator.registry)
            reports.append(
                report_against_stored(
                    known, checked.names, stored, registry=validator.registry, limit=limit
                )
            )
        if find_minted is not None:
            find_stored = stored.find_ids if stored is not None else None
            reports.append(checked.ids.unminted(find_minted, find_stored, limit=limit))
        report = checked.located(ValidationReport.merged(*reports, limit=limit))
    return Verdict(report, checked.counts)


def report_against_stored(
    references: References,
    names: SubmittedNames,
    stored: StoredDocuments,
    *,
    registry: SchemaRegistry,
    limit: int = LIMIT,
) -> ValidationReport:
    """Look up what documents rely on: one query for each collection that is named."""
    found = {
        collection: stored.find_ids(collection, ids)
        for collection, ids in references.wanted.items()
    }

    def locate(ids: Collection[str]) -> Mapping[str, Collection[str]]:
        return _elsewhere(ids, stored, registry)

    reports = [references.broken(found, limit=limit, locate=locate)]
    for collection, wanted in names.wanted.items():
        same = stored.find_named(collection, wanted.names, wanted.studies)
        reports.append(names.stored_duplicates(collection, same, limit=limit))
    return ValidationReport.merged(*reports, limit=limit)


def _elsewhere(
    ids: Collection[str], stored: StoredDocuments, registry: SchemaRegistry
) -> Mapping[str, Collection[str]]:
    """Return collection → those of the ids that it has, to say where a bad reference leads.

    An id's typecode says where to look; one without may be anywhere.
    """
    candidates: dict[str, set[str]] = {}
    for each in ids:
        typecode = typecode_of(each)
        likely = registry.collections_for_typecode(typecode) if typecode else ()
        for collection in likely or registry.collections_with_id:
            candidates.setdefault(collection, set()).add(each)
    return {name: stored.find_ids(name, some) for name, some in candidates.items()}
