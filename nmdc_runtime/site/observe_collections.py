"""Look each hour at how much collections hold, whoever has written to them."""

from typing import Final

import dagster as dg

from nmdc_runtime.graph.store import ALLDOCS
from nmdc_runtime.mongo.sizes import sizes_of
from nmdc_runtime.site.asset_events import observation
from nmdc_runtime.site.assets import ALLDOCS_KEY, ONTOLOGY_COLLECTIONS, collection_key
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE, permanent_unless_unavailable
from nmdc_runtime.site.presets import Preset
from nmdc_runtime.wiring import Services

#: Not with `ensure_alldocs`, at the full hour.
CRON: Final = "30 * * * *"


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def measure_collections(
    context: dg.OpExecutionContext, services: dg.ResourceParam[Services]
) -> int:
    """Tell how much each collection and the link graph hold; return how many documents in all.

    MongoDB keeps count of it: nothing is read but the newest key of each collection.
    """
    names = (*services.registry.collection_names, *ONTOLOGY_COLLECTIONS)
    base_url = services.settings.api_host_external
    with permanent_unless_unavailable():
        sizes = sizes_of(services.database, names)
        (graph,) = sizes_of(services.database, [ALLDOCS])
        state = services.graph.find_state()
    for size in sizes:
        link = {}
        if size.name in services.registry.collections:
            link["link"] = dg.MetadataValue.url(f"{base_url}/nmdcschema/{size.name}")
        context.log_event(observation(size, collection_key(size.name), **link))
    if state is not None:
        lag = services.clock() - state.fresh_as_of
        context.log_event(
            observation(
                graph,
                ALLDOCS_KEY,
                behind_seconds=round(lag.total_seconds(), 3),
                fresh_as_of=dg.MetadataValue.timestamp(state.fresh_as_of),
                changes_since_build=state.changes,
            )
        )
    return sum(size.documents for size in sizes)


@dg.graph
def observe_collections() -> None:
    """Tell how much each collection and the link graph hold."""
    measure_collections()


def observe_collections_job(preset: Preset) -> dg.JobDefinition:
    """Return the job ``observe_collections``."""
    return preset.job(observe_collections, name="observe_collections", is_repeatable=True)


def hourly_observe_collections(preset: Preset) -> dg.ScheduleDefinition:
    """Return the schedule of this name."""
    return preset.schedule(
        name="hourly_observe_collections",
        job_name="observe_collections",
        cron=CRON,
        description="Each hour: look how much the collections hold.",
    )
