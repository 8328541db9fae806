"""Checks of `alldocs`: told by each build, and again by whoever asks for them in the UI."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

import dagster as dg

from nmdc_runtime.graph.checking import Counted, Dangling
from nmdc_runtime.site.assets import ALLDOCS_KEY
from nmdc_runtime.wiring import Services

COUNTS: Final = "holds_all_documents"
REFERENCES: Final = "no_dangling_references"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The outcome of a check."""

    name: str
    passed: bool
    description: str
    metadata: dict[str, Any]


def of_counts(counted: Counted) -> Finding:
    """Judge whether the graph has a document for each of its sources."""
    total, in_graph = sum(counted.sources.values()), sum(counted.in_graph.values())
    return Finding(
        name=COUNTS,
        passed=counted.is_right,
        description=f"{in_graph} of {total} documents are in the graph; {counted.skipped} cannot "
        "be in it: they have no usable id or type",
        metadata={
            "documents": in_graph,
            "sources": total,
            "skipped": counted.skipped,
            "missing": counted.missing,
        },
    )


def of_dangling(dangling: Dangling) -> Finding:
    """Judge whether each reference leads somewhere."""
    return Finding(
        name=REFERENCES,
        passed=dangling.count == 0,
        description=f"{dangling.count} references name documents that are not there"
        if dangling.count
        else "every reference leads to a document",
        metadata={
            "dangling": dangling.count,
            "first": [asdict(each) for each in dangling.first],
        },
    )


def find_all(services: Services) -> Iterator[Finding]:
    """Yield what both checks find now."""
    yield of_counts(services.graph.compare_counts())
    yield of_dangling(services.graph.find_dangling())


def _result(finding: Finding) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=finding.passed,
        severity=dg.AssetCheckSeverity.WARN,
        description=finding.description,
        metadata=finding.metadata,
    )


@dg.asset_check(
    asset=ALLDOCS_KEY,
    name=COUNTS,
    description="Every document of the schema's collections that can be in the graph is in it.",
)
def holds_all_documents(services: dg.ResourceParam[Services]) -> dg.AssetCheckResult:
    """Compare counts."""
    return _result(of_counts(services.graph.compare_counts()))


@dg.asset_check(
    asset=ALLDOCS_KEY,
    name=REFERENCES,
    description="Every document that another one names is there.",
)
def no_dangling_references(services: dg.ResourceParam[Services]) -> dg.AssetCheckResult:
    """Look for references to nothing."""
    return _result(of_dangling(services.graph.find_dangling()))


GRAPH_CHECKS: Final = (holds_all_documents, no_dangling_references)
