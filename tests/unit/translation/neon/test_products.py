"""Translators by name: what was found on reading is told with the rest, whatever happens."""

import pytest

from nmdc_runtime.translation.neon.constants import INSTRUMENT_TABLE
from nmdc_runtime.translation.neon.options import NeonOptions, OnError
from nmdc_runtime.translation.neon.products import FLOWS, read_references
from nmdc_runtime.translation.problems import LIMIT, Problems
from nmdc_runtime.translation.report import TranslationFailed
from nmdc_runtime.translation.tables import Table
from tests.support.neon import Inputs

WORDS = {"neon-soil": "soil", "neon-benthic": "benthic", "neon-surface-water": "surface_water"}


def found_on_reading() -> Problems:
    problems = Problems()
    problems.add("bad_row", "a row of some file has too many cells", table="some_file")
    return problems


@pytest.mark.parametrize("source", sorted(FLOWS))
def test_a_report_begins_with_what_was_found_on_reading(source: str) -> None:
    inputs = Inputs(WORDS[source])
    flow = FLOWS[source]
    found = found_on_reading()
    mappings = {name: inputs.tables[name] for name in flow.mappings}
    references = read_references(flow, mappings, inputs.site_names, found)

    _, report = flow.plan(inputs.neon_tables, references, NeonOptions(), found)

    assert set(inputs.neon_tables) >= set(flow.tables)
    assert report.source == source
    assert report.problems.listed[0].code == "bad_row"
    assert report.problems.by_code["bad_row"] == 1


@pytest.mark.parametrize("source", sorted(FLOWS))
def test_without_any_table_that_is_told_with_what_was_found(source: str) -> None:
    found = found_on_reading()
    references = read_references(FLOWS[source], {}, {}, found)

    with pytest.raises(TranslationFailed, match="missing one of the") as failed:
        FLOWS[source].plan({}, references, NeonOptions(), found)

    by_code = failed.value.report.problems.by_code
    assert by_code["bad_row"] == 1
    assert by_code["missing_table"] > 0


@pytest.mark.parametrize("source", sorted(FLOWS))
def test_without_names_of_sites_that_is_told_once_and_not_of_each_sample(source: str) -> None:
    inputs = Inputs(WORDS[source])
    flow = FLOWS[source]
    problems = Problems()
    mappings = {name: inputs.tables[name] for name in flow.mappings}
    references = read_references(flow, mappings, {}, problems)

    with pytest.raises(TranslationFailed, match="names of NEON's sites were not given") as failed:
        flow.plan(inputs.neon_tables, references, NeonOptions(on_error=OnError.SKIP), problems)

    assert failed.value.report.problems.codes() == {"missing_table"}


def test_a_mapping_that_somebody_has_read_is_checked_like_a_file_and_left_as_it_was() -> None:
    problems = Problems()
    read = Table(
        "https://example.org/map.tsv",
        ("NEON sequencingMethod", "NMDC instrument_set id"),
        [
            {"NEON sequencingMethod": "NextSeq550", "NMDC instrument_set id": "nmdc:inst-14-a1"},
            {"NEON sequencingMethod": "HiSeq", "NMDC instrument_set id": "no id"},
        ],
    )

    sites = {"BLAN": "USA: Virginia, Blandy Experimental Farm"}
    references = read_references(FLOWS["neon-benthic"], {INSTRUMENT_TABLE: read}, sites, problems)

    assert references.instruments is not None
    assert [row["NEON sequencingMethod"] for row in references.instruments.rows] == ["NextSeq550"]
    (problem,) = problems
    assert (problem.code, problem.table, problem.row) == ("bad_mapping_row", INSTRUMENT_TABLE, 2)
    assert len(read.rows) == 2


def test_problems_of_others_are_all_counted_though_not_all_are_listed() -> None:
    many, more = Problems(), Problems()
    for problems in (many, more):
        for number in range(LIMIT - 1):
            problems.add("bad_number", f"number {number}")

    many.extend(more)

    assert many.by_code["bad_number"] == 2 * LIMIT - 2
    assert len(many.listed) == LIMIT
    assert many.truncated
