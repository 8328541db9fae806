"""Look through the whole database each night: whether it satisfies the schema, as a whole."""

from typing import Final

import dagster as dg

from nmdc_runtime.checks.models import CheckReport, CollectionCheck, Outcome
from nmdc_runtime.site.asset_events import log_check
from nmdc_runtime.site.assets import collection_key
from nmdc_runtime.site.collection_checks import SATISFIES, facts_of, sentence_of
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE, permanent_unless_unavailable
from nmdc_runtime.site.kinds import Kind
from nmdc_runtime.site.presets import Preset
from nmdc_runtime.wiring import Services

CRON: Final = "30 2 * * *"
#: Problems that are written to the log of a run; the report lists more.
MOST_LOGGED: Final = 20


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def check_all_collections(
    context: dg.OpExecutionContext, services: dg.ResourceParam[Services]
) -> str:
    """Check every document of the schema's collections; return the id of the report.

    A database with problems is no failure of the run: the report tells of them.
    """

    def show(found: CollectionCheck) -> None:
        log_check(
            context,
            collection_key(found.collection),
            SATISFIES,
            passed=found.problems == 0,
            metadata=facts_of(found),
            description=sentence_of(found),
        )

    with permanent_unless_unavailable():
        report = services.upkeep.checks.check(
            run_id=context.run_id, tell=context.log.info, show=show
        )
    context.add_output_metadata(about(report, services))
    if report.outcome is Outcome.PROBLEMS:
        context.log.warning(report.summary)
        listed = [problem for each in report.collections for problem in each.listed]
        for problem in listed[:MOST_LOGGED]:
            context.log.warning(f"{problem.rule}: {problem.message}")
    return report.id


def about(report: CheckReport, services: Services) -> dict[str, dg.MetadataValue]:
    """Return what the page of a run shows of a report."""
    link = f"{services.settings.api_host_external}/admin/checks/{report.id}"
    return {
        "outcome": dg.MetadataValue.text(report.outcome.value),
        "summary": dg.MetadataValue.text(report.summary),
        "report": dg.MetadataValue.url(link),
        **{name: dg.MetadataValue.int(number) for name, number in report.counts.items()},
    }


@dg.graph
def check_nmdcdb() -> None:
    """Check the whole database against the schema."""
    check_all_collections()


def check_nmdcdb_job(preset: Preset) -> dg.JobDefinition:
    """Return the job ``check_nmdcdb``, which reads only."""
    return preset.job(
        check_nmdcdb,
        name="check_nmdcdb",
        kind=Kind.MAINTENANCE,
        exclusive="check-nmdcdb",
        is_repeatable=True,
    )


def nightly_check_nmdcdb(preset: Preset) -> dg.ScheduleDefinition:
    """Return the schedule of this name."""
    return preset.schedule(
        name="nightly_check_nmdcdb",
        job_name="check_nmdcdb",
        cron=CRON,
        description="Each night: check the whole database against the schema.",
    )
