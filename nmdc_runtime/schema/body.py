"""All checks of documents in one pass, without a database: of a body's bytes, or as they are.

What needs a database is left to the caller (`validation`): `References.wanted`,
`SubmittedNames.wanted` and `SubmittedIds` say what to look up.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from nmdc_runtime.schema.lines import LineNumbers, LineReader, by_line, with_lines
from nmdc_runtime.schema.minted import SubmittedIds
from nmdc_runtime.schema.names import SubmittedNames
from nmdc_runtime.schema.reader import Batch, Repeat, read_batches
from nmdc_runtime.schema.references import References
from nmdc_runtime.schema.registry import SchemaRegistry
from nmdc_runtime.schema.report import LIMIT, ValidationReport
from nmdc_runtime.schema.validator import DocumentValidator, Validation


class BodyForm(StrEnum):
    """How documents are written down."""

    DATABASE = "database"  # a JSON object: collection names with lists of documents
    LINES = "lines"  # NDJSON: a document a line, each with the type that says where it belongs


@dataclass(frozen=True, slots=True)
class Body:
    """Documents as somebody wrote them down."""

    content: bytes
    form: BodyForm = BodyForm.DATABASE
    #: Of lines: where all of them belong, whatever their types.
    collection: str | None = None

    def as_json(self, registry: SchemaRegistry) -> tuple[bytes, ValidationReport]:
        """Return the documents as a JSON object of collections, and which belong in none.

        Raise `BodyUnreadable` if a line is not JSON; what is no line is returned as it is.
        """
        if self.form is BodyForm.DATABASE:
            return self.content, ValidationReport()
        reader = LineReader(self.content, registry, collection=self.collection)
        return reader.as_json(), reader.unplaced()


@dataclass(frozen=True, slots=True)
class CheckedBody:
    """What was given, and what is wrong with it as far as it can be told without a database."""

    counts: dict[str, int]  # every submitted key → documents
    report: ValidationReport
    references: References
    names: SubmittedNames
    ids: SubmittedIds
    lines: LineNumbers

    def located(self, report: ValidationReport) -> ValidationReport:
        """Return a report with the lines of its problems, if there were lines."""
        return with_lines(report, self.lines) if self.lines else report


def check_body(
    source: Body | bytes | Mapping[str, Any],
    validator: DocumentValidator,
    *,
    limit: int = LIMIT,
    gather_ids: bool = False,
    progress: Callable[[int], None] | None = None,
) -> CheckedBody:
    """Validate documents: those of a body, or a map of collection name → list of documents.

    References, names and ids are gathered as long as no problem is found: whoever has to mend the
    documents first is told of those when that is done. Duplicate names count as problems.

    Parameters
    ----------
    gather_ids
        Whether somebody will ask which ids were minted.
    progress
        Is told now and then how many documents have been looked at.

    Raises
    ------
    BodyUnreadable
        The body is not a JSON object, or has a line that is not JSON; see `reader`.
    """
    registry = validator.registry
    repeats: list[Repeat] = []
    batches, reader = _batches(source, registry, repeats, limit)
    validation = validator.start(limit=limit)
    checked = CheckedBody(
        counts={},
        report=ValidationReport(),
        references=References(registry),
        names=SubmittedNames(),
        ids=SubmittedIds(registry),
        lines=reader.numbers if reader else {},
    )
    seen = 0
    for key, first, value in batches:
        if first == 0 and key in checked.counts:
            message = f"'{key}' is given more than once"
            validation.add_problem(key, rule="duplicate_key", message=message)
        _note_repeats(repeats, validation)
        validation.add(key, value, first=first)
        documents = value if isinstance(value, list) else []
        checked.counts[key] = checked.counts.get(key, 0) + len(documents)
        if validation.is_clean:
            checked.references.add(key, documents, first=first)
            checked.names.add(key, documents, first=first)
            if gather_ids:
                checked.ids.add(key, documents, first=first)
        if progress:
            seen += len(documents)
            progress(seen)
    report = checked.located(validation.report())
    if reader:
        report = by_line(ValidationReport.merged(reader.unplaced(), report, limit=limit))
    if report.is_valid:
        report = checked.located(checked.names.duplicates(limit=limit))
    return replace(checked, report=report)


def _batches(
    source: Body | bytes | Mapping[str, Any],
    registry: SchemaRegistry,
    repeats: list[Repeat],
    limit: int,
) -> tuple[Iterable[Batch], LineReader | None]:
    if isinstance(source, Mapping):
        return (Batch(key, 0, value) for key, value in source.items()), None
    if isinstance(source, bytes):
        source = Body(source)
    if source.form is BodyForm.DATABASE:
        return read_batches(source.content, repeats=repeats), None
    reader = LineReader(
        source.content, registry, collection=source.collection, repeats=repeats, limit=limit
    )
    return reader.batches(), reader


def _note_repeats(repeats: list[Repeat], validation: Validation) -> None:
    """Refuse names that stand twice: a value would be lost, and nobody could say which."""
    for repeat in repeats:
        validation.add_repeat(repeat)
    repeats.clear()
