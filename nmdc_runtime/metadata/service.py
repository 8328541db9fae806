"""What may be done with schema documents, whoever asks: a route, an op, the command line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nmdc_runtime.metadata.errors import MetadataInvalid
from nmdc_runtime.metadata.store import MetadataStore
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.schema.body import check_body
from nmdc_runtime.schema.names import SubmittedNames, collect_names
from nmdc_runtime.schema.reader import read_batches
from nmdc_runtime.schema.references import References
from nmdc_runtime.schema.registry import SchemaRegistry
from nmdc_runtime.schema.report import ValidationReport
from nmdc_runtime.schema.validator import DocumentValidator


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataService:
    """Check schema documents, by themselves and against those that are stored."""

    store: MetadataStore
    registry: SchemaRegistry
    validator: DocumentValidator

    def report(self, body: bytes) -> tuple[ValidationReport, list[str]]:
        """Tell all that is wrong with a body of documents, by itself and against the database.

        References and stored names are looked up only for documents that satisfy the schema.
        The second value is the keys of the body. Raise `BodyUnreadable` if it is no JSON object.
        """
        checked = check_body(body, self.validator)
        report = checked.report
        if report.is_valid:
            report = self.report_stored(checked.references, checked.names)
        return report, list(checked.counts)

    def check(self, body: bytes) -> None:
        """Raise `MetadataInvalid`, with all problems, unless the documents may be written."""
        report, keys = self.report(body)
        self.refuse(report, keys)

    def check_documents(self, documents: Mapping[str, Any]) -> None:
        """Raise `MetadataInvalid` unless the documents by themselves satisfy the schema."""
        report = self.validator.validate_documents(documents)
        if report.is_valid:
            report = collect_names(documents).duplicates()
        self.refuse(report, documents)

    def report_changed(
        self, collection: str, documents: Sequence[Mapping[str, Any]], *, tx: Transaction
    ) -> ValidationReport:
        """Tell what is wrong with documents that a transaction has changed, references aside."""
        changed = {collection: documents}
        report = self.validator.validate_documents(changed)
        names = collect_names(changed)
        if report.is_valid:
            report = names.duplicates()
        if report.is_valid:
            report = self.report_stored(References(self.registry), names, tx=tx)
        return report

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
        found = {
            collection: self.store.find_ids(collection, ids, tx=tx)
            for collection, ids in references.wanted.items()
        }
        reports = [references.broken(found)]
        for collection, wanted in names.wanted.items():
            stored = self.store.find_named(collection, wanted.names, wanted.studies, tx=tx)
            reports.append(names.stored_duplicates(collection, stored))
        return ValidationReport.merged(*reports)

    def refuse(self, report: ValidationReport, keys: Iterable[str]) -> None:
        """Raise `MetadataInvalid` unless the report is clean."""
        if not report.is_valid:
            raise MetadataInvalid(report, keys=keys)
