"""Whatever stands in the tables of waters, a sound graph comes out, or a report of why not."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nmdc_runtime.translation.neon.options import OnError
from nmdc_runtime.translation.problems import Severity
from nmdc_runtime.translation.report import TranslationFailed
from tests.support.neon import HELPERS, Inputs, used_and_skipped_add_up
from tests.support.neon_waters import PLANS, translated

PLACES = {
    product: [
        (name, number, column)
        for name, table in sorted(Inputs(product).tables.items())
        if name not in HELPERS
        for number in range(len(table.rows))
        for column in table.columns
    ]
    for product in PLANS
}
ODD = ["", " ", "NA", "NaN", "inf", "-1", "1e400", "2020-02-30", "Fail", "\x00", "x" * 300, "ü|🧪"]


def patch_of(product: str, at: int, odd: str | None) -> list[dict[str, Any]]:
    """Return what writes a value into one cell, and repeats the row with it."""
    table, number, column = PLACES[product][at % len(PLACES[product])]
    where = {"uid": Inputs(product).tables[table].rows[number]["uid"]}
    values = {column: odd}
    if column == "uid":
        return []
    op = "append_copy" if at % 3 == 0 else "set"
    return [{"table": table, "op": op, "where": where, "values": values}]


@pytest.mark.parametrize("product", sorted(PLANS))
@pytest.mark.parametrize("on_error", [OnError.FAIL, OnError.SKIP])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    changes=st.lists(
        st.tuples(st.integers(0, 10**4), st.sampled_from([None, *ODD])), min_size=1, max_size=6
    )
)
def test_odd_cells_never_make_a_graph_that_does_not_hold(
    product: str, on_error: OnError, changes: list[tuple[int, str | None]]
) -> None:
    patches = [each for at, odd in changes for each in patch_of(product, at, odd)]
    try:
        # it checks schema, references and the counts of rows
        report, failed = translated(product, patches, on_error=on_error)[1], False
    except TranslationFailed as failure:
        report, failed = failure.report, True

    assert used_and_skipped_add_up(report)
    assert failed == report.fails(on_error=on_error)
    assert not failed or report.problems.count(Severity.ERROR)
