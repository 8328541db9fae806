"""The reference files of the translators, checked when they are read.

Each reader takes the bytes (or the path) of a file with tabs between its cells, or the table that
somebody has made of it, and returns what can be used of it. Each row that cannot is a
``bad_mapping_row`` that names file, row and column, and is left out or loses that one cell; the
rest of the file goes on working. A file that lacks a column that is read is of no use:
``missing_columns``, an error.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from nmdc_runtime.translation.neon.constants import (
    ENVO_TABLE,
    INSTRUMENT_TABLE,
    RAW_MAPPING_TABLE,
)
from nmdc_runtime.translation.neon.lookups import INSTRUMENT_ID, INSTRUMENT_KEY
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.tables import MISSING_WORDS, Row, Table, read_csv

ENVIRONMENT_TABLE: Final = "aquatic_environments"
ENVIRONMENT_SLOTS: Final = frozenset({"env_broad_scale", "env_local_scale", "env_medium"})

_ENVO: Final = re.compile(r"ENVO:\d{7,8}")
_INSTRUMENT: Final = re.compile(r"nmdc:inst-\d+-[a-z0-9]+")
_MD5: Final = re.compile(r"[0-9a-fA-F]{32}")
_ADDRESS: Final = re.compile(r"https?://[^\s/]+/\S+")
_ENVIRONMENTS: Final = Path(__file__).with_name("aquatic_environments.tsv")

Source = bytes | str | Path | Table
#: Says what is wrong with a row: the column and a sentence. None: nothing.
_Check = Callable[[Row], tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class Term:
    """A class of the environment ontology."""

    envo_id: str
    label: str


@dataclass(frozen=True, slots=True)
class Environments:
    """Which term stands for NEON's words about waters.

    Parameters
    ----------
    rules
        By product, slot and word: what a location's name must contain (empty: anything) and the
        term, in the order in which they are tried.
    """

    rules: Mapping[tuple[str, str, str], tuple[tuple[str, Term], ...]]

    def knows(self, product: str, slot: str, word: str) -> bool:
        """Tell whether there is any rule for the word, whatever the location."""
        return (product, slot, word) in self.rules

    def find(self, product: str, slot: str, word: str, location: str = "") -> Term | None:
        """Return the term; upper and lower case differ, as they do at NEON."""
        tried = self.rules.get((product, slot, word), ())
        return next((term for part, term in tried if part in location), None)


def read_envo_mapping(source: Source, problems: Problems) -> Table:
    """Return NEON's land cover classes and their terms; a class may have none.

    ``biome_id`` is not read: a spreadsheet damaged it.
    """

    def check(row: Row) -> tuple[str, str] | None:
        envo_id = row.get("envo_id")
        if not row.get("neon_nlcd_value"):
            return "neon_nlcd_value", "names no land cover class"
        if envo_id and not _ENVO.fullmatch(str(envo_id)):
            return "envo_id", f"{envo_id!r} is no id of ENVO"
        if envo_id and not row.get("envo_label"):
            return "envo_label", f"{envo_id} has no label"
        return None

    columns = ("neon_nlcd_value", "envo_id", "envo_label")
    table = _read(source, ENVO_TABLE, columns, problems)
    return _unique(_checked(table, check, problems), ("neon_nlcd_value",), problems)


def read_instrument_mapping(source: Source, problems: Problems) -> Table:
    """Return NEON's instrument models and the ids of instruments."""

    def check(row: Row) -> tuple[str, str] | None:
        instrument_id = row.get(INSTRUMENT_ID)
        if not row.get(INSTRUMENT_KEY):
            return INSTRUMENT_KEY, "names no instrument model"
        if not instrument_id or not _INSTRUMENT.fullmatch(str(instrument_id)):
            return INSTRUMENT_ID, f"{instrument_id!r} is no id of an instrument"
        return None

    table = _read(source, INSTRUMENT_TABLE, (INSTRUMENT_KEY, INSTRUMENT_ID), problems)
    return _unique(_checked(table, check, problems), (INSTRUMENT_KEY,), problems)


def read_raw_file_mapping(source: Source, problems: Problems) -> Table:
    """Return the raw files of soil samples.

    A file may be listed more than once, which the translator tells; a checksum that is none is
    left out, the row stays.
    """

    def check(row: Row) -> tuple[str, str] | None:
        path = row.get("rawDataFilePath")
        if not row.get("dnaSampleID"):
            return "dnaSampleID", "names no sample"
        if not path or not _ADDRESS.fullmatch(str(path)):
            return "rawDataFilePath", f"{path!r} is no address of a file"
        return None

    columns = ("dnaSampleID", "rawDataFilePath", "checkSum")
    table = _read(source, RAW_MAPPING_TABLE, columns, problems, optional=("sequencerRunID",))
    for number, row in enumerate(table.rows, start=1):
        checksum = row.get("checkSum")
        if checksum and checksum not in MISSING_WORDS and not _MD5.fullmatch(str(checksum)):
            _bad(problems, table.name, number, "checkSum", f"{checksum!r} is no MD5 checksum")
            row["checkSum"] = None
    return _checked(table, check, problems)


def read_environments(source: Source, problems: Problems) -> Environments:
    """Return the terms for waters.

    Read: ``product`` (``neon-benthic`` or ``neon-surface-water``), ``slot``, ``neon_value``,
    ``location_contains`` (of ``namedLocation``; empty: any), ``envo_id``, ``envo_label``. Of
    several rows for a value the first whose location fits counts.
    """

    def check(row: Row) -> tuple[str, str] | None:
        for column in ("product", "neon_value", "envo_label"):
            if not row.get(column):
                return column, "is empty"
        if row.get("slot") not in ENVIRONMENT_SLOTS:
            return "slot", f"{row.get('slot')!r} is none of {', '.join(sorted(ENVIRONMENT_SLOTS))}"
        if not _ENVO.fullmatch(str(row.get("envo_id"))):
            return "envo_id", f"{row.get('envo_id')!r} is no id of ENVO"
        return None

    key = ("product", "slot", "neon_value", "location_contains")
    table = _read(source, ENVIRONMENT_TABLE, (*key, "envo_id", "envo_label"), problems)
    table = _unique(_checked(table, check, problems), key, problems)
    rules: dict[tuple[str, str, str], tuple[tuple[str, Term], ...]] = {}
    for row in table.rows:
        word = (str(row["product"]), str(row["slot"]), str(row["neon_value"]))
        rule = (
            str(row["location_contains"] or ""),
            Term(str(row["envo_id"]), str(row["envo_label"])),
        )
        rules[word] = (*rules.get(word, ()), rule)
    return Environments(rules)


@lru_cache
def default_environments() -> Environments:
    """Return the terms that come with this package."""
    problems = Problems()
    found = read_environments(_ENVIRONMENTS, problems)
    if problems.listed:
        raise ValueError(problems.listed[0].message)
    return found


def _read(
    source: Source,
    name: str,
    columns: Collection[str],
    problems: Problems,
    *,
    optional: Collection[str] = (),
) -> Table:
    if isinstance(source, Table):
        table = Table(name, source.columns, [dict(row) for row in source.rows])
    else:
        table = read_csv(
            source, name=name, separator="\t", columns={*columns, *optional}, problems=problems
        )
    absent = [column for column in columns if column not in table.columns]
    if absent:
        problems.add(
            "missing_columns",
            f"the mapping file {name} lacks the columns {', '.join(absent)}: is it another file, "
            "or not divided by tabs?",
            table=name,
            column=absent[0] if len(absent) == 1 else None,
        )
        return Table(name, tuple(columns))
    return table


def _checked(table: Table, check: _Check, problems: Problems) -> Table:
    """Return the table without rows that are wrong."""
    rows = []
    for number, row in enumerate(table.rows, start=1):
        wrong = check(row)
        if wrong is None:
            rows.append(row)
        else:
            _bad(problems, table.name, number, *wrong)
    return Table(table.name, table.columns, rows)


def _unique(table: Table, key: Collection[str], problems: Problems) -> Table:
    """Return the table with the first row of each key; a later one that says else is a problem."""
    first: dict[tuple[object, ...], Row] = {}
    for row in table.rows:
        found = tuple(row.get(column) for column in key)
        if first.setdefault(found, row) != row:
            said = " ".join(str(word) for word in found if word)
            problems.add(
                "bad_mapping_row",
                f"the mapping file {table.name} says two things of {said!r}; the first is taken",
                table=table.name,
                natural_id=said,
            )
    return Table(table.name, table.columns, list(first.values()))


def _bad(problems: Problems, table: str, number: int, column: str, what: str) -> None:
    problems.add(
        "bad_mapping_row",
        f"the mapping file {table}, row {number}, column {column}: {what}",
        table=table,
        column=column,
        row=number,
    )
