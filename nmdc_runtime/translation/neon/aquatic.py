"""What benthic and surface water have in common: everything but their tables and how they join.

The unit of a biosample is the sample of the field, of extraction, library and sequencing the DNA
sample: a field sample with two DNA samples has two of each.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from nmdc_runtime.translation.neon.constants import Product
from nmdc_runtime.translation.neon.options import NeonOptions
from nmdc_runtime.translation.neon.origins import Origin
from nmdc_runtime.translation.neon.rows import chosen, grouped, once, taken
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.report import TableUse, TranslationFailed, TranslationReport
from nmdc_runtime.translation.tables import Cell, Kind, Row, Table
from nmdc_runtime.translation.values import JsonObject

WORDS: Final = "aquatic benthic microbiome tables"
DNA_ID: Final = "dnaSampleID"
GENOMICS_ID: Final = "genomicsSampleID"
#: Which field sample an extraction came from: newer releases name the second one.
GENETIC_IDS: Final = ("geneticSampleID", "metagenomicSampleID")


#: Words for rows that were left out without anything being wrong with them.
NOT_SELECTED: Final = "not_selected"  # the caller's filter
NOT_SEQUENCED: Final = "not_sequenced"  # belongs to no sequenced sample
NOT_TRANSLATED: Final = "not_translated"  # belongs to a sample that has an error


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where the terms of an environment come from: slot → column, and the column of a location."""

    columns: Mapping[str, str]
    location: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AquaticProduct:
    """What a product says of itself; see `benthic` and `surface_water`.

    Parameters
    ----------
    field
        The table whose rows say where and how a field sample was taken, and its id column.
    genetic
        The table that ties ``genomicsSampleID`` to a field sample.
    columns, optional
        Those that are read, by table, and which of them need not be there.
    biosample, extraction, library
        Origins of slots; see `origins`.
    site
        Table and column of the site's code.
    coordinates, depth
        From the one row of a field sample to the two numbers, and to the slot.
    runs_by_id
        Whether a run is what has one ``sequencerRunID``; else what has one base of file names.
    tagged_runs
        Whether runs of one sample are told apart by name.
    """

    product: Product
    sequencing_table: str
    extraction_table: str
    raw_table: str
    field_table: str
    field_id: str
    genetic_table: str
    columns: Mapping[str, Mapping[str, Kind]]
    optional: Mapping[str, tuple[str, ...]]
    environment: Environment
    biosample: tuple[Origin, ...]
    extraction: Mapping[str, Origin]
    library: Mapping[str, Origin]
    site: tuple[str, str]
    coordinates: Callable[["Values", NeonOptions], tuple[float | None, float | None]]
    depth: Callable[["Values", NeonOptions], JsonObject | None]
    constants: Mapping[str, Any] = field(default_factory=dict)
    runs_by_id: bool = False
    tagged_runs: bool = True

    @property
    def table_names(self) -> tuple[str, ...]:
        """The names of all tables."""
        return tuple(self.columns)


@dataclass(slots=True)
class DnaSample:
    """A DNA sample with the rows that are about it, by table."""

    dna_id: str
    genomics_id: str
    rows: dict[str, list[Row]]


@dataclass(slots=True)
class FieldSample:
    """A sample of the field with its DNA samples, and the rows that are about it, by table."""

    sample_id: str
    rows: dict[str, list[Row]]
    dna: list[DnaSample] = field(default_factory=list)


@dataclass(slots=True)
class Values:
    """The values that one thing has, each looked for once, so that a conflict is told once.

    Parameters
    ----------
    rows
        All that are about the thing, by table.
    parent
        The values of what it is a part of, for other tables.
    """

    natural_id: str
    rows: Mapping[str, Sequence[Row]]
    problems: Problems
    parent: "Values | None" = None
    _known: dict[tuple[str, str], Cell] = field(default_factory=dict)

    def of(self, table: str, column: str) -> Cell:
        """Return the value in a column of a table; None if no row has any."""
        if table not in self.rows and self.parent is not None:
            return self.parent.of(table, column)
        place = (table, column)
        if place not in self._known:
            self._known[place] = chosen(
                self.rows.get(table, ()),
                column,
                self.problems,
                table=table,
                natural_id=self.natural_id,
            )
        return self._known[place]

    def number(self, table: str, column: str) -> float | None:
        """Return the number in a column whose declared kind is that."""
        value = self.of(table, column)
        return value if isinstance(value, int | float) else None

    def from_(self, origin: Origin, options: NeonOptions) -> Cell:
        """Return the value of the column that a slot comes from."""
        return self.of(*origin.place(options))


class AquaticTables:
    """The tables of a product, checked, filtered and joined.

    Raises
    ------
    TranslationFailed
        A table lacks columns.
    """

    def __init__(
        self,
        spec: AquaticProduct,
        tables: Mapping[str, Table],
        options: NeonOptions,
        report: TranslationReport,
    ) -> None:
        self.spec = spec
        self.report = report
        self.problems = report.problems
        self.uses: dict[str, TableUse] = {}
        self.rows: dict[str, list[Row]] = {}
        for name, columns in spec.columns.items():
            table, self.uses[name] = taken(
                tables[name],
                columns,
                report,
                optional=spec.optional.get(name, ()),
                id_column=next(iter(columns)),
            )
            # Repeated raw files are told one by one, with the file.
            numbered = (
                enumerate(table.rows, start=1)
                if name == spec.raw_table
                else once(table, self.uses[name], self.problems, id_column=table.columns[0])
            )
            self.rows[name] = list(self._named(name, numbered))
        if report.fails(on_error="skip"):
            raise TranslationFailed(report)
        self._filter(options)
        self.raw_by_dna = self._by_dna(spec.raw_table)
        self.samples = self._joined()

    def _named(self, table: str, numbered: Iterable[tuple[int, Row]]) -> Iterator[Row]:
        """Yield the rows; one without the DNA sample that it should be about is a problem."""
        has_dna = DNA_ID in self.spec.columns[table]
        for number, row in numbered:
            if has_dna and row[DNA_ID] is None:
                self.problems.add(
                    "missing_id",
                    f"table {table}, row {number} has no {DNA_ID}",
                    table=table,
                    column=DNA_ID,
                    row=number,
                )
                self.uses[table].skip("missing_id")
            else:
                yield row

    def _filter(self, options: NeonOptions) -> None:
        """Keep only the wanted DNA samples, if any are named."""
        wanted = set(options.dna_sample_ids)
        if not wanted:
            return
        spec = self.spec
        for name in (spec.sequencing_table, spec.extraction_table, spec.raw_table):
            kept = [row for row in self.rows[name] if row.get(DNA_ID) in wanted]
            self.uses[name].skip(NOT_SELECTED, len(self.rows[name]) - len(kept))
            self.rows[name] = kept
        there = {row[DNA_ID] for row in self.rows[spec.sequencing_table]}
        for dna_id in sorted(wanted - there):
            self.problems.add(
                "filter_without_match",
                f"table {spec.sequencing_table} has no {DNA_ID} {dna_id}, which was asked for",
                table=spec.sequencing_table,
                natural_id=dna_id,
                column=DNA_ID,
            )

    def _by_dna(self, table: str) -> dict[str, list[Row]]:
        """Return the rows by DNA sample."""
        return grouped(self.rows[table], DNA_ID)

    def _joined(self) -> list[FieldSample]:
        """Return the field samples that were sequenced, in the order of the sequencing table."""
        spec = self.spec
        sequencing = self._by_dna(spec.sequencing_table)
        extraction = self._by_dna(spec.extraction_table)
        genetic = self._genetic_rows()
        fields = grouped(self.rows[spec.field_table], spec.field_id)
        samples: dict[str, FieldSample] = {}
        for dna_id, sequenced in sequencing.items():
            extracted = extraction.get(dna_id)
            if extracted is None:
                self._unjoined(
                    "sequencing_without_extraction",
                    f"table {spec.extraction_table} has no {DNA_ID} {dna_id}, which was sequenced",
                    dna_id,
                    {spec.sequencing_table: sequenced},
                )
                continue
            rows = {spec.sequencing_table: sequenced, spec.extraction_table: extracted}
            genomics_id = str(
                chosen(
                    extracted,
                    GENOMICS_ID,
                    self.problems,
                    table=spec.extraction_table,
                    natural_id=dna_id,
                )
                or ""
            )
            tied = genetic.get(genomics_id, [])
            sample_id = self._sample_id(tied, genomics_id)
            if sample_id is None or sample_id not in fields:
                missing_in = spec.field_table if tied and sample_id else spec.genetic_table
                self._unjoined(
                    "extraction_without_field_sample",
                    f"table {missing_in} has no sample for {GENOMICS_ID} {genomics_id!r} of "
                    f"{dna_id}" + (f", which is {sample_id}" if sample_id else ""),
                    dna_id,
                    rows,
                )
                continue
            sample = samples.setdefault(sample_id, FieldSample(sample_id, {}))
            sample.dna.append(DnaSample(dna_id, genomics_id, rows))
            sample.rows[spec.field_table] = fields[sample_id]
            if spec.genetic_table != spec.field_table:
                sample.rows.setdefault(spec.genetic_table, []).extend(
                    row
                    for row in tied
                    if not any(row is each for each in sample.rows[spec.genetic_table])
                )
            for table, found in rows.items():
                sample.rows.setdefault(table, []).extend(found)
        for dna_id in extraction.keys() - sequencing.keys():
            self.uses[spec.extraction_table].skip(NOT_SEQUENCED, len(extraction[dna_id]))
        return list(samples.values())

    def _genetic_rows(self) -> dict[str, list[Row]]:
        """Return the rows that tie a genomics sample to the field, by its id."""
        rows = self.rows[self.spec.genetic_table]
        first, second = (grouped(rows, column) for column in GENETIC_IDS)
        return second | first

    def _sample_id(self, tied: Sequence[Row], genomics_id: str) -> str | None:
        if not tied:
            return None
        spec = self.spec
        found = chosen(
            tied, spec.field_id, self.problems, table=spec.genetic_table, natural_id=genomics_id
        )
        return None if found is None else str(found)

    def _unjoined(
        self, code: str, message: str, dna_id: str, rows: Mapping[str, Sequence[Row]]
    ) -> None:
        table = list(rows)[-1]
        self.problems.add(code, message, table=table, natural_id=dna_id, column=DNA_ID)
        for name, left_out in rows.items():
            self.uses[name].skip(code, len(left_out))

    def values_of_sample(self, sample: FieldSample) -> Values:
        """Return the values of a field sample."""
        return Values(sample.sample_id, sample.rows, self.problems)

    def values_of_dna(self, dna: DnaSample, of_sample: Values) -> Values:
        """Return the values of a DNA sample; what the field says is said of its field sample."""
        return Values(dna.dna_id, dna.rows, self.problems, of_sample)

    def finish(self, kept: Iterable[FieldSample]) -> None:
        """Count what became of the rows, once it is known which samples are translated."""
        spec = self.spec
        used: dict[str, int] = dict.fromkeys(self.uses, 0)
        kept_dna: set[str] = set()
        for sample in kept:
            for table, rows in sample.rows.items():
                used[table] += len(rows)
            kept_dna.update(each.dna_id for each in sample.dna)
        all_dna = {each.dna_id for sample in self.samples for each in sample.dna}
        orphans = 0
        for dna_id, rows in self.raw_by_dna.items():
            if dna_id not in all_dna:
                orphans += len(rows)
            elif dna_id not in kept_dna:
                self.uses[spec.raw_table].skip(NOT_TRANSLATED, len(rows))
        if orphans:
            self.uses[spec.raw_table].skip("orphan_raw_file", orphans)
            self.problems.add(
                "orphan_raw_file",
                f"table {spec.raw_table} has {orphans} files of samples that are not translated",
                table=spec.raw_table,
                column=DNA_ID,
                count=orphans,
            )
        for sample in self.samples:
            for table in (spec.sequencing_table, spec.extraction_table):
                if not any(each.dna_id in kept_dna for each in sample.dna):
                    self.uses[table].skip(NOT_TRANSLATED, len(sample.rows[table]))
        for table, how_many in used.items():
            self.uses[table].use(how_many)
        for table in {spec.field_table, spec.genetic_table}:
            use = self.uses[table]
            use.skip(NOT_SEQUENCED, use.read - use.used - use.skipped.total())
