"""Build the link graph as a whole; between builds a follower keeps it current."""

import time

import dagster as dg

from nmdc_runtime.graph.store import ALLDOCS
from nmdc_runtime.mongo.sizes import sizes_of
from nmdc_runtime.site import graph_checks
from nmdc_runtime.site.asset_events import log_check, size_metadata
from nmdc_runtime.site.assets import ALLDOCS_KEY
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE, permanent_unless_unavailable
from nmdc_runtime.site.mongo import MongoResource
from nmdc_runtime.site.presets import Preset

CRON = "0 * * * *"


@dg.op(
    ins={"waits_for": dg.In(dg.Nothing)},
    retry_policy=RETRY_UNAVAILABLE,
)
def materialize_alldocs(context: dg.OpExecutionContext, mongo: MongoResource) -> int:
    """Build the graph anew and put it in place of the old one; return how many documents it has.

    It needs no resource but ``mongo``, as is published: scripts call it by hand.
    """
    services = mongo.handle().services
    began = time.monotonic()
    with permanent_unless_unavailable():
        count = services.graph.rebuild()
        seconds = time.monotonic() - began
        state = services.graph.find_state()
        (size,) = sizes_of(services.database, [ALLDOCS])
        findings = list(graph_checks.find_all(services))
    context.log_event(
        dg.AssetMaterialization(
            ALLDOCS_KEY,
            metadata={
                **size_metadata(size),
                "documents": count,
                "skipped": state.skipped_count if state else 0,
                "seconds": round(seconds, 3),
                "documents_per_s": round(count / max(seconds, 0.001), 1),
                **({"fresh_as_of": dg.MetadataValue.timestamp(state.fresh_as_of)} if state else {}),
            },
        )
    )
    for each in findings:
        log_check(
            context,
            ALLDOCS_KEY,
            each.name,
            passed=each.passed,
            metadata=each.metadata,
            description=each.description,
        )
        if not each.passed:
            context.log.warning(each.description)
    return count


@dg.graph
def ensure_alldocs() -> None:
    """Build the link graph as a whole."""
    materialize_alldocs()


def ensure_alldocs_job(preset: Preset) -> dg.JobDefinition:
    """Return the job ``ensure_alldocs``, which may simply run again if its worker died."""
    return preset.job(
        ensure_alldocs, name="ensure_alldocs", exclusive="alldocs", is_repeatable=True
    )


def hourly_ensure_alldocs(preset: Preset) -> dg.ScheduleDefinition:
    """Return the schedule of this name."""
    return preset.schedule(
        name="hourly_ensure_alldocs",
        job_name="ensure_alldocs",
        cron=CRON,
        description="Each hour: build the link graph as a whole.",
    )
