"""Measures: medians beside the bare work in the same run, printed as one table at the end."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest


@dataclass
class Ledger:
    """What was measured."""

    rows: list[tuple[str, str, str, str]] = field(default_factory=list)

    def add(
        self,
        what: str,
        measured: float,
        unit: str,
        *,
        bar: float | None = None,
        bare: float | None = None,
    ) -> None:
        """Note a figure, the bar it should stay under, and the same of the bare work."""
        verdict = "" if bar is None else f"{bar:g} {unit} {'met' if measured < bar else 'MISSED'}"
        ratio = "" if bare is None else f"{measured / bare:.2f} x {bare:.3g} {unit}"
        self.rows.append((what, f"{measured:.3g} {unit}", verdict, ratio))


LEDGER = Ledger()


@pytest.fixture
def ledger() -> Ledger:
    """Return where figures are noted."""
    return LEDGER


def median_s(work: Callable[[], object], *, times: int = 5) -> float:
    """Return the median of the seconds that the work takes, after one round that does not count."""
    work()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    if not LEDGER.rows:
        return
    terminalreporter.section("bars")
    widths = [max(len(row[column]) for row in LEDGER.rows) for column in range(4)]
    for row in LEDGER.rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        terminalreporter.write_line("  ".join(cells))
