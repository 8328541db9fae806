"""Checks of collections: told each night, and again of those that somebody asks for in the UI."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import dagster as dg

from nmdc_runtime.checks.models import CollectionCheck
from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.site.assets import collection_key
from nmdc_runtime.site.failures import permanent_unless_unavailable
from nmdc_runtime.wiring import Services

SATISFIES: Final = "satisfies_schema"
DESCRIPTION: Final = (
    "Every document satisfies nmdc-schema, what it names is there, and none takes what another has."
)
#: Problems that are told one by one; the nightly report lists more.
MOST_NAMED: Final = 20


def facts_of(found: CollectionCheck) -> dict[str, Any]:
    """Return what the outcome of a check shows, problems by rule among it."""
    return {
        "documents": found.documents,
        "problems": found.problems,
        "seconds": found.seconds,
        **{f"problems {rule}": number for rule, number in found.rules.items()},
        "first": [each.model_dump() for each in found.listed[:MOST_NAMED]],
    }


def sentence_of(found: CollectionCheck) -> str:
    """Return the outcome of a check in words."""
    return f"{found.problems or 'no'} problems in {found.documents} documents"


@cache
def collection_checks() -> tuple[dg.AssetChecksDefinition, ...]:
    """Return the checks of all collections, of which a run may do some."""
    names = load_registry().collection_names
    specs = [
        dg.AssetCheckSpec(SATISFIES, asset=collection_key(name), description=DESCRIPTION)
        for name in names
    ]

    @dg.multi_asset_check(
        name="check_collections",
        description="Check the chosen collections against the schema.",
        specs=specs,
        can_subset=True,
    )
    def check_collections(
        context: dg.AssetCheckExecutionContext, services: dg.ResourceParam[Services]
    ) -> Iterator[dg.AssetCheckResult]:
        for name in names:
            key = collection_key(name)
            if dg.AssetCheckKey(key, SATISFIES) not in context.selected_asset_check_keys:
                continue
            with permanent_unless_unavailable():
                found = services.upkeep.checks.check_collection(name, tell=context.log.info)
            yield dg.AssetCheckResult(
                asset_key=key,
                check_name=SATISFIES,
                passed=found.problems == 0,
                severity=dg.AssetCheckSeverity.WARN,
                description=sentence_of(found),
                metadata=facts_of(found),
            )

    return (check_collections,)
