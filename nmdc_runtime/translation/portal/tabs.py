"""The tabs of a submission: rows with trimmed cells, gathered by sample."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from nmdc_runtime.translation.portal.texts import clean, storable
from nmdc_runtime.translation.problems import Problems, quoted
from nmdc_runtime.translation.report import TranslationReport

SAMP_NAME: Final = "samp_name"
FORMS: Final = "metadata_submission"


class TabKind(StrEnum):
    """What the rows of a tab are about."""

    ENVIRONMENT = "environment"
    ISOLATE = "isolate"
    SEQUENCING = "sequencing"
    SUPPLEMENT = "supplement"  # a facility's: more columns for samples of other tabs


#: Tab → the ``env_package`` of its samples.
ENVIRONMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "air_data": "air",
        "biofilm_data": "microbial mat_biofilm",
        "built_env_data": "built environment",
        "hcr_cores_data": "hydrocarbon resources-cores",
        "hcr_fluids_swabs_data": "hydrocarbon resources-fluids_swabs",
        "host_associated_data": "host-associated",
        "misc_envs_data": "miscellaneous natural or artificial environment",
        "plant_associated_data": "plant-associated",
        "sediment_data": "sediment",
        "soil_data": "soil",
        "water_data": "water",
    }
)
ISOLATES: Final = "isolate_data"
#: Tab → the ``analyte_category`` of its runs.
SEQUENCING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "metagenome_sequencing_non_interleaved_data": "metagenome",
        "metagenome_sequencing_interleaved_data": "metagenome",
        "metatranscriptome_sequencing_non_interleaved_data": "metatranscriptome",
        "metatranscriptome_sequencing_interleaved_data": "metatranscriptome",
    }
)
#: Facilities' tabs begin so; another tab that we do not know is reported.
_FACILITIES: Final = ("jgi_", "emsl_")


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A row: its tab, its number from 1, its sample, and its cells that are not blank."""

    tab: str
    number: int
    name: str
    cells: Mapping[str, Any]


@dataclass(slots=True)
class Rows:
    """The rows of one sample name, by kind of tab, in the order of tabs and rows."""

    by_kind: dict[TabKind, list[Row]] = field(default_factory=dict)

    def of(self, *kinds: TabKind) -> list[Row]:
        """Return the rows of these kinds of tabs, the first kind first."""
        return [row for kind in kinds for row in self.by_kind.get(kind, ())]


@dataclass(frozen=True, slots=True)
class Submission:
    """What is read of a submission."""

    id: str | None
    study_id: str | None  # that the portal knows already
    forms: Mapping[str, Any]
    samples: Mapping[str, Rows]  # by trimmed name

    def names(self, kind: TabKind) -> Iterator[str]:
        """Go through the names that a kind of tab has."""
        return (name for name, rows in self.samples.items() if kind in rows.by_kind)


def kind_of(tab: str) -> TabKind:
    """Return what a tab is about; one that is not known can only add columns."""
    if tab in ENVIRONMENTS:
        return TabKind.ENVIRONMENT
    if tab in SEQUENCING:
        return TabKind.SEQUENCING
    return TabKind.ISOLATE if tab == ISOLATES else TabKind.SUPPLEMENT


def read_submission(envelope: object, report: TranslationReport) -> Submission:
    """Read the portal's answer; what is no submission is an error of the report."""
    if not isinstance(envelope, Mapping):
        report.problems.add("bad_submission", "the submission is no JSON object", value=envelope)
        envelope = {}
    forms = envelope.get(FORMS) or {}
    if not isinstance(forms, Mapping):
        report.problems.add("bad_submission", f"{FORMS} of the submission is no object")
        forms = {}
    samples: dict[str, Rows] = {}
    for tab, rows in _tabs(forms, report.problems).items():
        _read_tab(tab, rows, samples, report)
    study_id = clean(envelope.get("nmdc_study_id"))
    id_ = clean(envelope.get("id"))
    return Submission(
        id=None if id_ is None else str(id_),
        study_id=None if study_id is None else str(study_id),
        forms=forms,
        samples=samples,
    )


def check_submission(
    envelope: Mapping[str, Any], problems: Problems, *, allow_test: bool, statuses: frozenset[str]
) -> None:
    """Report what speaks against translating the submission at all.

    Parameters
    ----------
    allow_test
        Whether a test submission may be translated; where data are for good it may not.
    statuses
        Those of the portal that are finished enough, ignoring case and hyphens; none means any.
    """
    if envelope.get("is_test_submission") and not allow_test:
        problems.add("test_submission", "the submission is one for testing the portal")
    status = envelope.get("status")
    if statuses and _squeezed(status) not in {_squeezed(each) for each in statuses}:
        problems.add(
            "unfinished_submission",
            f"the submission's status is {status!r}, not {' or '.join(sorted(statuses))}",
            value=status,
        )
    forms = envelope.get(FORMS)
    data = forms.get("sampleData") if isinstance(forms, Mapping) else None
    if not data and not (isinstance(forms, Mapping) and forms.get("studyForm")):
        problems.add(
            "bad_submission",
            f"{FORMS} has neither a studyForm nor sampleData: this is not what the portal answers "
            "for a submission",
        )
    validation = data.get("validation") if isinstance(data, Mapping) else None
    invalid = validation.get("invalidCells") if isinstance(validation, Mapping) else None
    for tab, rows in invalid.items() if isinstance(invalid, Mapping) else ():
        if rows:
            named = rows if isinstance(rows, Mapping | list) else [rows]
            problems.add(
                "invalid_in_portal",
                f"the portal itself counts rows of {tab} as invalid: {', '.join(map(str, named))}",
                table=str(tab),
                count=len(named),
            )


def _tabs(forms: Mapping[str, Any], problems: Problems) -> Mapping[str, Any]:
    data = forms.get("sampleData") or {}
    if not isinstance(data, Mapping):
        problems.add("bad_submission", "sampleData of the submission is no object")
        return {}
    tabs = data.get("data")
    if tabs is None:
        tabs = {name: rows for name, rows in data.items() if name.endswith("_data")}
        if tabs:
            problems.add(
                "old_layout", f"sampleData has no 'data'; its tabs are read: {', '.join(tabs)}"
            )
    if not isinstance(tabs, Mapping):
        problems.add("bad_submission", "sampleData.data of the submission is no object")
        return {}
    return tabs


def _read_tab(tab: str, rows: object, samples: dict[str, Rows], report: TranslationReport) -> None:
    if not isinstance(rows, list):
        if rows is not None:
            report.problems.add("unreadable_table", f"tab {tab} is no list of rows", table=tab)
        return
    kind = kind_of(tab)
    use = report.read(tab, len(rows))
    if kind is TabKind.SUPPLEMENT and not tab.startswith(_FACILITIES):
        report.problems.add(
            "unknown_tab",
            f"tab {tab} is not known; its columns are added to the samples of other tabs",
            table=tab,
        )
    once = kind in {TabKind.ENVIRONMENT, TabKind.ISOLATE}
    first: dict[str, Row] = {}
    seen: dict[str, Row] = {}
    for number, cells in enumerate(rows, start=1):
        row = _row(tab, number, cells)
        if cells is None or (row is not None and not row.cells):
            use.skip("blank")
            continue
        if row is None or not row.name:
            use.skip(_tell_of_no_name(tab, number, cells, row, report.problems))
            continue
        same = seen.setdefault(repr(sorted(row.cells.items())), row)
        earlier = first.setdefault(row.name, row) if once else same
        if earlier is not row:
            code = "duplicate_sample" if same is row else "duplicate_row"
            report.problems.add(
                code,
                f"tab {tab}, row {number} is about sample {quoted(row.name)}, as row "
                + (
                    f"{earlier.number} is, and says something else"
                    if same is row
                    else f"{same.number} is with the same values"
                ),
                table=tab,
                natural_id=row.name,
                column=SAMP_NAME,
                value=row.name,
                row=number,
            )
            use.skip(code)
            continue
        samples.setdefault(row.name, Rows()).by_kind.setdefault(kind, []).append(row)


def _tell_of_no_name(
    tab: str, number: int, cells: object, row: Row | None, problems: Problems
) -> str:
    """Report a row that is about no sample, and return the code of it."""
    value = cells if row is None else row.cells.get(SAMP_NAME)
    if row is None:
        code, why = "bad_row", f"is no object: {quoted(value)}"
    elif value is None:
        code, why = "missing_samp_name", f"has no {SAMP_NAME}"
    else:
        code, why = "missing_samp_name", f"has no text for its {SAMP_NAME}: {quoted(value)}"
    problems.add(
        code,
        f"tab {tab}, row {number} {why}",
        table=tab,
        column=None if row is None else SAMP_NAME,
        value=value,
        row=number,
    )
    return code


def _row(tab: str, number: int, cells: object) -> Row | None:
    if not isinstance(cells, Mapping):
        return None
    found = {storable(str(column)): clean(cell) for column, cell in cells.items()}
    kept = {column: cell for column, cell in found.items() if cell is not None}
    name = kept.get(SAMP_NAME)
    usable = isinstance(name, str | int) and not isinstance(name, bool)
    return Row(tab, number, str(name) if usable else "", kept)


def _squeezed(text: object) -> str:
    return str(text).replace("-", "").replace("_", "").lower()
