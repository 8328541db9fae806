"""What may be done with schema documents, whoever asks: a route, an op, the command line."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nmdc_runtime.metadata.errors import MetadataInvalid
from nmdc_runtime.metadata.store import MetadataStore
from nmdc_runtime.metadata.validation import StoredDocuments
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.schema.body import Body, BodyForm
from nmdc_runtime.schema.minted import FindMinted, SubmittedIds
from nmdc_runtime.schema.names import SubmittedNames
from nmdc_runtime.schema.reader import read_batches
from nmdc_runtime.schema.references import References
from nmdc_runtime.schema.registry import SchemaRegistry
from nmdc_runtime.schema.report import ValidationReport
from nmdc_runtime.schema.validation import Verdict, report_against_stored, validate
from nmdc_runtime.schema.validator import DocumentValidator


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataService:
    """Check schema documents, by themselves and against those that are stored."""

    store: MetadataStore
    registry: SchemaRegistry
    validator: DocumentValidator
    #: Which ids were minted; None: new ids need not be (NMDC_METADATA__REQUIRE_MINTED_IDS).
    find_minted: FindMinted | None = None

    def validate(
        self,
        source: Body | bytes | Mapping[str, Any],
        *,
        progress: Callable[[int], None] | None = None,
    ) -> Verdict:
        """Tell all that is wrong with documents, by themselves and against the database.

        References, stored names and ids are looked up only for documents that satisfy the schema.
        Raise `BodyUnreadable` if a body cannot be taken apart.
        """
        return validate(
            source,
            self.validator,
            stored=StoredDocuments(self.store),
            find_minted=self.find_minted,
            progress=progress,
        )

    def check(self, source: Body | bytes | Mapping[str, Any]) -> None:
        """Raise `MetadataInvalid`, with all problems, unless the documents may be written."""
        verdict = self.validate(source)
        self.refuse(verdict.report, verdict.keys)

    def as_json(self, body: Body) -> bytes:
        """Return the documents as a JSON object of collections, unchecked unless they are lines.

        Raise `BodyUnreadable`, or `MetadataInvalid` if lines belong in no collection.
        """
        content, unplaced = body.as_json(self.registry)
        if not unplaced.is_valid:
            self.check(body)
        return content

    @contextmanager
    def telling_lines(self, body: Body) -> Iterator[None]:
        """Let `MetadataInvalid` about what `as_json` made of lines name the lines."""
        try:
            yield
        except MetadataInvalid:
            if body.form is BodyForm.LINES:
                self.check(body)
            raise

    def check_documents(self, documents: Mapping[str, Any]) -> None:
        """Raise `MetadataInvalid` unless the documents by themselves satisfy the schema.

        What they say of other documents is not looked up; whether their ids were minted is, where
        new ids have to be.
        """
        report = validate(documents, self.validator).report
        if report.is_valid and self.find_minted is not None:
            ids = SubmittedIds(self.registry)
            for collection, given in documents.items():
                ids.add(collection, given if isinstance(given, list) else [])
            report = ids.unminted(self.find_minted, self.store.find_ids)
        self.refuse(report, documents)

    def report_changed(
        self, collection: str, documents: Sequence[Mapping[str, Any]], *, tx: Transaction
    ) -> ValidationReport:
        """Tell what is wrong with documents that a transaction has changed, references aside."""
        return validate(
            {collection: documents},
            self.validator,
            stored=StoredDocuments(self.store, tx),
            references=False,
        ).report

    def has_later_writes(self, body: bytes, *, than_of: str, since: datetime) -> bool:
        """Say whether another operation has written one of the body's documents since then."""
        ids = {
            document["id"]
            for _, _, documents in read_batches(body)
            if isinstance(documents, list)
            for document in documents
            if isinstance(document, dict) and isinstance(document.get("id"), str)
        }
        return self.store.has_later_writes(ids, than_of=than_of, since=since)

    def report_stored(
        self, references: References, names: SubmittedNames, *, tx: Transaction | None = None
    ) -> ValidationReport:
        """Look up, with one query per collection, what documents rely on."""
        stored = StoredDocuments(self.store, tx)
        return report_against_stored(references, names, stored, registry=self.registry)

    def refuse(self, report: ValidationReport, keys: Iterable[str]) -> None:
        """Raise `MetadataInvalid` unless the report is clean."""
        if not report.is_valid:
            raise MetadataInvalid(report, keys=keys)
