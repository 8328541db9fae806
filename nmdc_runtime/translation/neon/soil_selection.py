"""Which soil samples there are: sequencing, extraction, pool and cores, joined by natural ids."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from nmdc_runtime.translation.neon.constants import (
    ENVO_TABLE,
    INSTRUMENT_TABLE,
    RAW_MAPPING_TABLE,
    SOIL,
)
from nmdc_runtime.translation.neon.options import NeonOptions
from nmdc_runtime.translation.neon.rows import chosen, grouped, once, taken
from nmdc_runtime.translation.neon.soil_tables import (
    COLUMNS,
    CORES,
    DNA_ID,
    EXTRACTION,
    ID_COLUMNS,
    MEASURED,
    OPTIONAL,
    POOL_ID,
    POOL_LIST,
    POOLS,
    REFERENCE_COLUMNS,
    SEQUENCING,
)
from nmdc_runtime.translation.neon.translator import NeonReferences
from nmdc_runtime.translation.problems import FATAL
from nmdc_runtime.translation.report import TranslationFailed, TranslationReport
from nmdc_runtime.translation.tables import Kind, Row, Table, typed

#: Words for rows that were left out without anything being wrong with them.
NOT_SELECTED = "not_selected"  # the caller's filter
NOT_SEQUENCED = "not_sequenced"  # belongs to no sequenced sample
NOT_TRANSLATED = "not_translated"  # belongs to a sample that has an error


@dataclass(frozen=True, slots=True)
class SoilSample:
    """One extraction of DNA that was sequenced, and the cores that it came from.

    Parameters
    ----------
    core_ids
        The cores of the pool that were found, in the order of their table.
    """

    dna_id: str
    pool_id: str
    core_ids: tuple[str, ...]

    @property
    def is_pooled(self) -> bool:
        """Whether several cores were found, so that there was a pooling to tell of."""
        return len(self.core_ids) > 1


@dataclass(slots=True)
class SoilData:
    """The rows of all tables by natural id: by DNA sample, by pool or by core."""

    rows: dict[str, dict[str, list[Row]]] = field(default_factory=dict)
    envo: dict[str, Row] = field(default_factory=dict)
    #: (table, natural id) → why its rows are not used
    reasons: dict[tuple[str, str], str] = field(default_factory=dict)

    def of(self, table: str, natural_id: str) -> list[Row]:
        """Return the rows of one thing in one table; an empty list if there are none."""
        return self.rows[table].get(natural_id, [])

    def account(self, table: str, used: Collection[str], report: TranslationReport) -> None:
        """Count the rows of a table as used, or as skipped and why."""
        use = report.tables[table]
        for natural_id, rows in self.rows[table].items():
            if natural_id in used:
                use.use(len(rows))
            else:
                use.skip(self.reasons.get((table, natural_id), NOT_SEQUENCED), len(rows))


def read_soil(
    tables: Mapping[str, Table],
    references: NeonReferences,
    options: NeonOptions,
    report: TranslationReport,
) -> SoilData:
    """Return the rows of all tables by natural id, with declared types, filtered.

    Raises
    ------
    TranslationFailed
        A table or a column is missing.
    """
    data = SoilData()
    wanted = frozenset(options.dna_sample_ids)
    helpers = _helper_tables(references, report)
    for name, columns in COLUMNS.items():
        data.rows[name] = _by_id(tables[name], columns, wanted, report)
    if RAW_MAPPING_TABLE in helpers:
        columns = REFERENCE_COLUMNS[RAW_MAPPING_TABLE]
        raw_files = _by_id(helpers[RAW_MAPPING_TABLE], columns, wanted, report)
        data.rows[RAW_MAPPING_TABLE] = raw_files
    for name in sorted({ENVO_TABLE, INSTRUMENT_TABLE} & helpers.keys()):
        clean = typed(helpers[name], REFERENCE_COLUMNS[name], report.problems)
        if name == ENVO_TABLE:
            for row in clean.rows:
                data.envo.setdefault(str(row["neon_nlcd_value"]), row)
    if report.problems.codes() & FATAL:
        raise TranslationFailed(report)
    for dna_id in sorted(wanted - data.rows[SEQUENCING].keys()):
        report.problems.add(
            "filter_without_match",
            f"the filter names {dna_id}, which table {SEQUENCING} does not have",
            table=SEQUENCING,
            natural_id=dna_id,
            column=DNA_ID,
        )
    return data


def select_samples(data: SoilData, report: TranslationReport) -> list[SoilSample]:
    """Return the samples that were sequenced, extracted, and at least one core of which is there.

    They come in the order of the sequencing table. What is left out is reported.
    """
    problems = report.problems
    order = {core_id: at for at, core_id in enumerate(data.rows[CORES])}
    pools: dict[str, tuple[str, ...]] = {}
    samples: list[SoilSample] = []
    for dna_id in data.rows[SEQUENCING]:
        extracted = data.of(EXTRACTION, dna_id)
        if not extracted:
            data.reasons[SEQUENCING, dna_id] = "sequencing_without_extraction"
            problems.add(
                "sequencing_without_extraction",
                f"{dna_id} was sequenced, but table {EXTRACTION} does not have it",
                table=SEQUENCING,
                natural_id=dna_id,
                column=DNA_ID,
            )
            continue
        pool_id = chosen(extracted, POOL_ID, problems, table=EXTRACTION, natural_id=dna_id)
        known = None if pool_id is None else str(pool_id)
        if known is not None and known not in pools:
            pools[known] = _found_cores(known, data, order, report)
        if known is None or not pools[known]:
            for table in (SEQUENCING, EXTRACTION):
                data.reasons[table, dna_id] = "extraction_without_field_sample"
            if known is not None:
                data.reasons[POOLS, known] = "extraction_without_field_sample"
            problems.add(
                "extraction_without_field_sample",
                f"{dna_id} was extracted from {known or 'an unnamed sample'}, of which no core is "
                f"in table {CORES}",
                table=EXTRACTION,
                natural_id=dna_id,
                column=POOL_ID,
                value=known,
            )
            continue
        samples.append(SoilSample(dna_id, known, pools[known]))
    return samples


def report_empty(report: TranslationReport, options: NeonOptions) -> None:
    """Note that nothing is left to translate."""
    by_filter = f" that the filter of {len(options.dna_sample_ids)} DNA samples lets through"
    report.problems.add(
        "empty_selection",
        f"the tables of {SOIL.source} hold no sample{by_filter if options.dna_sample_ids else ''} "
        "with sequencing, extraction and soil cores that could be translated",
        table=SEQUENCING,
    )


def _helper_tables(references: NeonReferences, report: TranslationReport) -> dict[str, Table]:
    """Return the mapping files under our names, whatever they are called where they come from."""
    given = {
        ENVO_TABLE: references.envo,
        RAW_MAPPING_TABLE: references.raw_files,
        INSTRUMENT_TABLE: references.instruments,
    }
    for name, table in given.items():
        if table is None:
            report.problems.add("missing_table", f"the mapping {name} was not given", table=name)
    return {
        name: Table(name, table.columns, table.rows)
        for name, table in given.items()
        if table is not None
    }


def _found_cores(
    pool_id: str, data: SoilData, order: Mapping[str, int], report: TranslationReport
) -> tuple[str, ...]:
    listed = dict.fromkeys(
        core_id
        for row in data.of(POOLS, pool_id)
        for core_id in str(row[POOL_LIST] or "").split("|")
        if core_id
    )
    for core_id in listed:
        if core_id not in order:
            report.problems.add(
                "pooled_core_missing",
                f"{pool_id} was pooled from {core_id} among others, which table {CORES} does not "
                "have",
                table=POOLS,
                natural_id=pool_id,
                column=POOL_LIST,
                value=core_id,
            )
    return tuple(sorted((core for core in listed if core in order), key=order.__getitem__))


def _by_id(
    table: Table, columns: Mapping[str, Kind], wanted: frozenset[str], report: TranslationReport
) -> dict[str, list[Row]]:
    """Return the rows by natural id; those without one, or not wanted, are counted and left out."""
    name, id_column = table.name, ID_COLUMNS[table.name]
    clean, use = taken(
        table,
        columns,
        report,
        optional=OPTIONAL.get(name, ()),
        id_column=id_column,
    )
    # Repeated files are told one by one, with the file; and several rows of measurements of one
    # core are usual, which differ in columns that nobody reads.
    numbered = (
        enumerate(clean.rows, start=1)
        if name == RAW_MAPPING_TABLE or name in MEASURED
        else once(clean, use, report.problems, id_column=id_column)
    )
    rows = _named(numbered, name, id_column, report)
    if wanted and id_column == DNA_ID:
        selected = [row for row in rows if row[DNA_ID] in wanted]
        use.skip(NOT_SELECTED, len(rows) - len(selected))
        rows = selected
    return grouped(rows, id_column)


def _named(
    numbered: Iterable[tuple[int, Row]], table: str, id_column: str, report: TranslationReport
) -> list[Row]:
    named: list[Row] = []
    nameless: list[int] = []
    for number, row in numbered:
        if row.get(id_column) is None:
            nameless.append(number)
        else:
            named.append(row)
    if nameless:
        report.tables[table].skip("missing_id", len(nameless))
        report.problems.add(
            "missing_id",
            f"table {table}: {len(nameless)} rows have no {id_column}, first row {nameless[0]}",
            table=table,
            column=id_column,
            row=nameless[0],
            count=len(nameless),
        )
    return named
