"""See that runs reach MongoDB."""

import dagster as dg

from nmdc_runtime.site.failures import RETRY_UNAVAILABLE
from nmdc_runtime.wiring import Services


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def mongo_stats(context: dg.OpExecutionContext, services: dg.ResourceParam[Services]) -> list[str]:
    """Return the names of the collections of the database."""
    names = sorted(services.database.list_collection_names())
    context.log.info(f"{len(names)} collections: {', '.join(names)}")
    return names


@dg.graph
def hello_mongo() -> list[str]:
    """Return the names of the collections of the database."""
    names: list[str] = mongo_stats()
    return names
