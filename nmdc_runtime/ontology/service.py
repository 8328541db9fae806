"""What may be done with ontologies, whoever asks: load one, and walk up and down its terms."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

from nmdc_runtime.clients.ontology_files import OntologyFile, OntologyFiles, OntologyUnavailable
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.ontology.errors import OntologyShrunk, OntologyWithoutTerms
from nmdc_runtime.ontology.models import Counts, LoadOutcome, LoadState, Ontology, Relation
from nmdc_runtime.ontology.reports import Reports
from nmdc_runtime.ontology.rules import (
    changes,
    document_of,
    is_shrunk,
    objects_elsewhere,
    paired,
    prefix_of,
    relations_of,
)
from nmdc_runtime.ontology.semantic_sql import read_semantic_sql
from nmdc_runtime.ontology.store import OntologyStore

logger = logging.getLogger(__name__)

#: Terms and relations that are compared, and written, at once.
RELATIONS_AT_ONCE: Final = 5_000
CLASSES_AT_ONCE: Final = 500

Tell = Callable[[str], None]
Item = TypeVar("Item")


@dataclass(slots=True)
class _Tally:
    """What a load has done so far."""

    classes_inserted: int = 0
    classes_updated: int = 0
    classes_marked: int = 0
    relations_inserted: int = 0
    relations_removed: int = 0


@dataclass(slots=True)
class _ClassBatch:
    added: list[Document] = field(default_factory=list)
    changed: list[tuple[Any, Document]] = field(default_factory=list)
    removed: list[Any] = field(default_factory=list)
    updated: list[Document] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class OntologyService:
    """Loads ontologies from their files and answers what lies above and below a term."""

    store: OntologyStore
    files: OntologyFiles
    clock: Clock

    def load(
        self,
        name: str,
        *,
        reports: Path | None = None,
        allows_vanishing: bool = False,
        tell: Tell = logger.info,
    ) -> LoadOutcome:
        """Make the stored terms and relations of an ontology what its file says.

        Only what differs is written, in the order of the ids, so that a term's old relations are
        readable until its new ones are. A load that was killed is completed by the next one.

        Parameters
        ----------
        name
            The ontology, e.g. ``envo``.
        reports
            A folder for tables of what was done; None: no tables.
        allows_vanishing
            Whether the file may lack most of the stored terms.
        tell
            Is told, in a sentence, what is going on.

        Raises
        ------
        OntologyNameInvalid, OntologyUnavailable, OntologyNotServed, OntologyCacheUnusable,
        OntologyFileUnreadable, OntologyWithoutTerms, OntologyShrunk
            Nothing was changed.
        OntologyWriteRefused
            Part was.
        """
        prefix = prefix_of(name)
        self.store.prepare()
        state = self._find_intact_state(prefix)
        file, warning = self._fetch(name, state)
        with Reports(reports) as tables:
            if state is not None and (file is None or file.sha256 == state.sha256):
                tell(f"{state.url} has not changed since {state.loaded_at:%Y-%m-%d}")
                if file is not None and (file.url, file.etag) != (state.url, state.etag):
                    self.store.put_state(prefix, replace(state, url=file.url, etag=file.etag))
                return LoadOutcome(
                    ontology=name,
                    url=state.url,
                    sha256=state.sha256,
                    counts=state.counts,
                    is_unchanged=True,
                    reports=tables.written(),
                )
            if file is None:  # asked without a tag, a source never says "not changed"
                raise OntologyUnavailable(prefix, "the source sent nothing")
            ontology = self._read(file, prefix, tell)
            stored = self.store.list_live_ids(prefix)
            vanishing = stored - ontology.terms.keys()
            if not allows_vanishing and is_shrunk(vanishing=len(vanishing), stored=len(stored)):
                raise OntologyShrunk(file.url, vanishing=len(vanishing), stored=len(stored))
            tally = self._write(ontology, vanishing, tables, tell)
        self.store.prepare()  # duplicates of old stood in the way of unique indexes until now
        counts = self.store.count(prefix)
        loaded = LoadState(
            url=file.url,
            etag=file.etag,
            sha256=file.sha256,
            counts=counts,
            loaded_at=self.clock(),
        )
        self.store.put_state(prefix, loaded)
        return LoadOutcome(
            ontology=name,
            url=file.url,
            sha256=file.sha256,
            counts=counts,
            classes_inserted=tally.classes_inserted,
            classes_updated=tally.classes_updated,
            classes_marked=tally.classes_marked,
            relations_inserted=tally.relations_inserted,
            relations_removed=tally.relations_removed,
            warning=warning,
            reports=tables.written(),
        )

    def list_descendants(self, term_id: str) -> list[str]:
        """Return the term and all below it, by is-a and part-of."""
        return self.store.list_descendants(term_id)

    def list_ancestors(self, term_id: str) -> list[str]:
        """Return the term and all above it, by is-a and part-of."""
        return self.store.list_ancestors(term_id)

    def _find_intact_state(self, prefix: str) -> LoadState | None:
        """Return what was loaded last if it is all still there."""
        state = self.store.find_state(prefix)
        return state if state is not None and self.store.count(prefix) == state.counts else None

    def _fetch(self, name: str, state: LoadState | None) -> tuple[OntologyFile | None, str | None]:
        """Return the file and a warning; the last good file if it is new and the source is down."""
        try:
            if state is None:
                return self.files.fetch(name), None
            return self.files.fetch(name, known_url=state.url, known_etag=state.etag), None
        except OntologyUnavailable as error:
            kept = self.files.find_last_good(name)
            if kept is None or (state is not None and kept.sha256 == state.sha256):
                raise
            return kept, f"the last good file was loaded: {error}"

    def _read(self, file: OntologyFile, prefix: str, tell: Tell) -> Ontology:
        tell(f"reading {file.url}")
        with self.files.unpacked(file) as path:
            ontology = read_semantic_sql(path, prefix=prefix, url=file.url)
        if not ontology.terms:
            raise OntologyWithoutTerms(file.url, prefix)
        tell(f"{len(ontology.terms)} terms begin with {prefix}")
        return ontology

    def _write(
        self, ontology: Ontology, vanishing: set[str], tables: Reports, tell: Tell
    ) -> _Tally:
        elsewhere = objects_elsewhere(ontology)
        barred = ontology.obsolete | vanishing | self.store.find_obsolete(elsewhere)
        relations = {
            term_id: relations_of(ontology, term, barred=barred)
            for term_id, term in sorted(ontology.terms.items())
        }
        tally = _Tally()
        self._write_relations(ontology, relations, tables, tally)
        tell(f"{tally.relations_inserted} relations inserted, {tally.relations_removed} removed")
        self._write_classes(ontology, relations, tables, tally)
        tell(
            f"{tally.classes_inserted} terms inserted, {tally.classes_updated} updated, "
            f"{tally.classes_marked} marked as obsolete"
        )
        obsolete = {term.id for term in ontology.terms.values() if term.is_obsolete}
        tally.relations_removed += self.store.detach(sorted(obsolete | vanishing))
        return tally

    def _write_relations(
        self,
        ontology: Ontology,
        relations: dict[str, list[Relation]],
        tables: Reports,
        tally: _Tally,
    ) -> None:
        wanted = (each for of_term in relations.values() for each in of_term)
        stored = self.store.read_relations(ontology.prefix)
        differing = (
            pair for pair in paired(wanted, stored, key=tuple) if pair[0] is None or pair[1] is None
        )
        for batch in _batches(differing, RELATIONS_AT_ONCE):
            added = [new for new, _ in batch if new is not None]
            removed = [old for _, old in batch if old is not None]
            self.store.write_relations(added=added, removed=removed)
            tables.relations(inserted=added, removed=removed)
            tally.relations_inserted += len(added)
            tally.relations_removed += len(removed)

    def _write_classes(
        self,
        ontology: Ontology,
        relations: dict[str, list[Relation]],
        tables: Reports,
        tally: _Tally,
    ) -> None:
        wanted = (
            document_of(ontology, ontology.terms[term_id], of_term)
            for term_id, of_term in relations.items()
        )
        stored = self.store.read_classes(ontology.prefix)
        pairs = paired(wanted, stored, key=_id)
        for of_batch in _batches(pairs, CLASSES_AT_ONCE):
            batch = _ClassBatch()
            for new, old in of_batch:
                if old is None:
                    if new is not None:
                        batch.added.append(new)
                elif new is None and old["id"] in relations:
                    batch.removed.append(old["_id"])  # a second document of the same term
                elif fields := changes(new, old):
                    tally.classes_marked += new is None
                    tally.classes_updated += new is not None
                    batch.changed.append((old["_id"], fields))
                    batch.updated.append({**old, **fields})
            self.store.write_classes(
                added=batch.added, changed=batch.changed, removed=batch.removed
            )
            tables.classes(inserted=batch.added, updated=batch.updated)
            tally.classes_inserted += len(batch.added)

    def count(self, name: str) -> Counts:
        """Count the stored terms and relations of an ontology."""
        return self.store.count(prefix_of(name))


def _id(document: Document) -> str:
    return str(document["id"])


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
