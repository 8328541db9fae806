"""What is wrong with the records of a source, as values that name table, row, column and rule."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

#: How many problems are kept one by one; all of them are counted.
LIMIT: Final = 10_000
#: The first of each rule are kept beyond that: an error that stops the run is not to be hidden by
#: the warnings that came before it.
OF_EACH: Final = 100
#: What is told of one problem is bounded: a cell may hold a book.
MOST_TEXT: Final = 200
MOST_MESSAGE: Final = 1_000


class Severity(StrEnum):
    """What a problem does to the run."""

    ERROR = "error"  # the run fails, or with ``on_error: skip`` the sample is left out
    WARNING = "warning"  # a row, a file or a slot is left out, the rest is kept


#: The rules, by code. A code of no rule cannot be reported.
CODES: Final[Mapping[str, Severity]] = MappingProxyType(
    {
        "missing_table": Severity.ERROR,
        "missing_columns": Severity.ERROR,
        "unreadable_table": Severity.ERROR,
        "empty_selection": Severity.ERROR,
        "unmapped_env_broad_scale": Severity.ERROR,
        "unmapped_env_local_scale": Severity.ERROR,
        "unmapped_env_medium": Severity.ERROR,
        "unmapped_site": Severity.ERROR,
        "missing_instrument_model": Severity.ERROR,
        "unknown_horizon": Severity.ERROR,
        "missing_study": Severity.ERROR,
        "missing_value": Severity.ERROR,
        "missing_id": Severity.WARNING,
        "extraction_without_field_sample": Severity.WARNING,
        "sequencing_without_extraction": Severity.WARNING,
        "pooled_core_missing": Severity.WARNING,
        "filter_without_match": Severity.WARNING,
        "unmapped_instrument": Severity.WARNING,
        "ambiguous_instrument": Severity.WARNING,
        "bad_mapping_row": Severity.WARNING,
        "unknown_qc_status": Severity.WARNING,
        "unknown_analysis_type": Severity.WARNING,
        "missing_checksum": Severity.WARNING,
        "bad_checksum": Severity.WARNING,
        "duplicate_raw_file_row": Severity.WARNING,
        "duplicate_row": Severity.WARNING,
        "unpaired_raw_file": Severity.WARNING,
        "unrecognised_raw_file_name": Severity.WARNING,
        "orphan_raw_file": Severity.WARNING,
        "conflicting_values": Severity.WARNING,
        "bad_number": Severity.WARNING,
        "bad_date": Severity.WARNING,
        "bad_row": Severity.WARNING,
        "bad_value": Severity.WARNING,
        "bad_identifier": Severity.WARNING,
        "unregistered_instrument": Severity.WARNING,
        "unfinished_project": Severity.WARNING,
        "orphan_project": Severity.WARNING,
        "missing_in_gold": Severity.WARNING,
        "repeated_name": Severity.WARNING,
        "ambiguous_input": Severity.WARNING,
        "bad_quantity": Severity.WARNING,
        "missing_unit": Severity.WARNING,
        "unknown_unit": Severity.WARNING,
        "unit_mismatch": Severity.WARNING,
        "bad_submission": Severity.ERROR,
        "missing_study_category": Severity.ERROR,
        "missing_samp_name": Severity.ERROR,
        "missing_required": Severity.ERROR,
        "duplicate_sample": Severity.ERROR,
        "bad_sample_link": Severity.ERROR,
        "unknown_sample_link": Severity.ERROR,
        "link_to_missing_sample": Severity.ERROR,
        "url_checksum_mismatch": Severity.ERROR,
        "described_twice": Severity.ERROR,
        "invalid_document": Severity.ERROR,
        "test_submission": Severity.ERROR,
        "unfinished_submission": Severity.ERROR,
        "old_layout": Severity.WARNING,
        "invalid_in_portal": Severity.WARNING,
        "unknown_tab": Severity.WARNING,
        "unknown_column": Severity.WARNING,
        "protected_column": Severity.WARNING,
        "orphan_row": Severity.WARNING,
        "unread_sample_link": Severity.WARNING,
        "bad_term": Severity.WARNING,
        "bad_coordinates": Severity.WARNING,
        "bad_boolean": Severity.WARNING,
        "unknown_choice": Severity.WARNING,
        "contributor_without_role": Severity.WARNING,
        "refused_by_schema": Severity.WARNING,
    }
)
#: Errors that no leaving out of samples can mend.
FATAL: Final = frozenset(
    (
        *("missing_table", "missing_columns", "unreadable_table", "empty_selection"),
        *("missing_study", "missing_study_category"),
        *("bad_submission", "test_submission", "unfinished_submission"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with one record.

    Parameters
    ----------
    code
        The rule, one of `CODES`.
    natural_id
        What the source calls the record, e.g. a sample's name.
    value
        What stands there, cut to 200 characters, as all texts are; the message has 1,000.
    row
        Number of the row in its table, the first below the header being 1.
    """

    code: str
    severity: Severity
    table: str | None
    natural_id: str | None
    column: str | None
    value: str | None
    message: str
    row: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the problem as JSON; what is not known is left out."""
        told = {
            "code": self.code,
            "severity": str(self.severity),
            "table": self.table,
            "row": self.row,
            "natural_id": self.natural_id,
            "column": self.column,
            "value": self.value,
            "message": self.message,
        }
        return {name: value for name, value in told.items() if value is not None}


@dataclass(slots=True)
class Problems:
    """Gathers problems in the order in which they are found."""

    listed: list[Problem] = field(default_factory=list)
    by_code: Counter[str] = field(default_factory=Counter)
    truncated: bool = False  # whether there are more than are listed one by one

    def add(
        self,
        code: str,
        message: str,
        *,
        table: str | None = None,
        natural_id: str | None = None,
        column: str | None = None,
        value: object = None,
        row: int | None = None,
        count: int = 1,
    ) -> None:
        """Note one problem, or ``count`` of a kind in one sentence."""
        severity = CODES[code]
        is_kept = len(self.listed) < LIMIT or self.by_code[code] < OF_EACH
        self.by_code[code] += count
        if not is_kept:
            self.truncated = True
            return
        self.listed.append(
            Problem(
                code=code,
                severity=severity,
                table=_told(table),
                natural_id=_told(natural_id),
                column=_told(column),
                value=_told(value),
                message=_shortened(message),
                row=row,
            )
        )

    def extend(self, others: "Problems") -> None:
        """Note all that others have found."""
        self.by_code += others.by_code
        kept = Counter(each.code for each in self.listed)
        self.truncated = self.truncated or others.truncated
        for each in others.listed:
            if len(self.listed) < LIMIT or kept[each.code] < OF_EACH:
                self.listed.append(each)
                kept[each.code] += 1
            else:
                self.truncated = True

    def __iter__(self) -> Iterator[Problem]:
        """Go through what is listed."""
        return iter(self.listed)

    def count(self, severity: Severity) -> int:
        """Return how many problems of this severity there are."""
        return sum(n for code, n in self.by_code.items() if CODES[code] is severity)

    def codes(self, severity: Severity | None = None) -> frozenset[str]:
        """Return the rules that were broken."""
        return frozenset(c for c in self.by_code if severity is None or CODES[c] is severity)


def quoted(value: object) -> str:
    """Return a value as a sentence can hold it: in quotes, and of a long one the beginning."""
    text = repr(value)
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}…"


def _shortened(message: str) -> str:
    """Return a message without the middle of a long one: the rule stands at either end."""
    end = MOST_MESSAGE // 3
    if len(message) > MOST_MESSAGE:
        message = f"{message[: MOST_MESSAGE - end - 3]} … {message[-end:]}"
    return _cut(message, MOST_MESSAGE)


def _told(value: object) -> str | None:
    return None if value is None else _cut(str(value), MOST_TEXT)


def _cut(text: str, most: int) -> str:
    """Return the beginning of a text, as UTF-8 can have it: JSON may hold halves of characters."""
    return text[:most].encode(errors="replace").decode()
