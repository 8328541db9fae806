"""Soil: whatever stands in the tables, the result holds together or the run says why not."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nmdc_runtime.schema.validator import load_validator
from nmdc_runtime.translation.minting import mint_all, placeholder_minter
from nmdc_runtime.translation.neon.constants import (
    ENVO_TABLE,
    INSTRUMENT_TABLE,
    RAW_MAPPING_TABLE,
    SOIL,
)
from nmdc_runtime.translation.neon.options import NeonOptions, OnError
from nmdc_runtime.translation.neon.soil import plan_soil
from nmdc_runtime.translation.neon.soil_tables import COLUMNS, REFERENCE_COLUMNS
from nmdc_runtime.translation.problems import FATAL
from nmdc_runtime.translation.report import TranslationFailed
from tests.support.neon import Inputs, dangling, used_and_skipped_add_up
from tests.support.neon_samples import soil_samples

SEQUENCERS = {"nmdc:inst-14-xz5tb342", "nmdc:inst-14-79zxap02"}
PLACES = [
    (table, column)
    for table, columns in (COLUMNS | REFERENCE_COLUMNS).items()
    if table not in {ENVO_TABLE, INSTRUMENT_TABLE}  # a bad map of these is a mapping's problem
    for column in columns
]
WORDS = st.sampled_from(
    (
        *("", "NA", "nan", "0", "-1", "1e308", "1e400", "<0.1", "2020-02-30", "2020-07-13T14:34Z"),
        *("Warning", "marker gene and metagenomics", "M", "HiSeq", "Illumina", "BLAN", "|", "a|b|"),
        *("BLAN_00000-M-20200713-COMP-DNA1", "BLAN_00000-M-0-0-20200713", "_R1.fastq.gz"),
        soil_samples(1).tables[RAW_MAPPING_TABLE].rows[0]["rawDataFilePath"],
    )
)
CELLS = st.none() | WORDS | st.text(max_size=12)
EDITS = st.lists(
    st.tuples(
        st.sampled_from(PLACES),
        st.sampled_from(["set", "copy", "delete"]),
        st.integers(0, 11),
        CELLS,
    ),
    max_size=12,
)


def edited(edits) -> Inputs:
    """Return the tables of four samples after random edits of cells and rows."""
    inputs = soil_samples(4, dirty=0)
    for (table, column), what, at, cell in edits:
        rows = inputs.tables[table].rows
        if not rows:
            continue
        row = rows[at % len(rows)]
        if what == "delete":
            rows.remove(row)
            continue
        if what == "copy":
            row = dict(row)
            rows.append(row)
        row[column] = cell
    return inputs


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits=EDITS)
def test_a_result_has_no_dangling_reference_and_nothing_that_the_schema_lacks(edits) -> None:
    inputs = edited(edits)
    try:
        plan, report = plan_soil(
            inputs.neon_tables, inputs.references, NeonOptions(on_error=OnError.SKIP)
        )
    except TranslationFailed as failure:
        refused = failure.report
    else:
        database = plan.emit(mint_all(plan, placeholder_minter()))
        assert load_validator().validate_documents(database).problems == ()
        assert dangling(database, external={SOIL.study_id, *SEQUENCERS}) == set()
        assert "NaN" not in json.dumps(database)
        assert "Infinity" not in json.dumps(database)
        assert used_and_skipped_add_up(report)
        runs = [each for each in database["data_generation_set"] if "has_output" in each]
        outputs = [target for run in runs for target in run["has_output"]]
        assert len(outputs) == len(set(outputs)) == len(database.get("data_object_set", ()))
        return
    assert refused.problems.codes() & FATAL


def test_the_tables_of_which_these_are_edits_are_translated_without_a_word() -> None:
    inputs = edited([])
    plan, report = plan_soil(inputs.neon_tables, inputs.references)
    assert report.problems.listed == []
    assert plan.counts()["biosample_set"] == 12
    assert RAW_MAPPING_TABLE in report.tables
