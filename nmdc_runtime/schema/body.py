"""All checks of a body of documents in one pass over its bytes, without a database.

What needs one is left to the caller: `References.wanted` and `SubmittedNames.wanted` say what to
look up, `References.broken` and `SubmittedNames.stored_duplicates` what the answer means.
"""

from dataclasses import dataclass

from nmdc_runtime.schema.names import SubmittedNames
from nmdc_runtime.schema.reader import read_batches
from nmdc_runtime.schema.references import References
from nmdc_runtime.schema.report import LIMIT, ValidationReport
from nmdc_runtime.schema.validator import DocumentValidator


@dataclass(frozen=True, slots=True)
class CheckedBody:
    """What a body holds, and what is wrong with it as far as it can be told without a database."""

    counts: dict[str, int]  # every submitted key → documents
    report: ValidationReport
    references: References
    names: SubmittedNames


def check_body(data: bytes, validator: DocumentValidator, *, limit: int = LIMIT) -> CheckedBody:
    """Validate the documents of a JSON object of collection name → list of documents.

    References and names are gathered as long as no problem is found: whoever has to mend the
    documents first is told of those when that is done. Duplicate names count as problems.

    Raises
    ------
    BodyUnreadable
        The body is not a JSON object; see `reader.read_batches`.
    """
    validation = validator.start(limit=limit)
    references = References(validator.registry)
    names = SubmittedNames()
    counts: dict[str, int] = {}
    for key, first, value in read_batches(data):
        if first == 0 and key in counts:
            message = f"'{key}' is given more than once"
            validation.add_problem(key, rule="duplicate_key", message=message)
        validation.add(key, value, first=first)
        documents = value if isinstance(value, list) else []
        counts[key] = counts.get(key, 0) + len(documents)
        if validation.is_clean:
            references.add(key, documents, first=first)
            names.add(key, documents, first=first)
    report = validation.report()
    if report.is_valid:
        report = names.duplicates(limit=limit)
    return CheckedBody(counts, report, references, names)
