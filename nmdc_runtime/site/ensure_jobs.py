"""Create NMDC jobs that are wanted and not there yet."""

from typing import Any

import dagster as dg
from pydantic import Field

from nmdc_runtime.jobs.models import Job
from nmdc_runtime.site.assets import job_key
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE, permanent_unless_unavailable
from nmdc_runtime.site.presets import Preset
from nmdc_runtime.wiring import Services


class WorkflowOfJob(dg.PermissiveConfig):
    """Which workflow a job runs."""

    id: str


class BaseJob(dg.PermissiveConfig):
    """A job to be: its workflow and the workflow's configuration."""

    workflow: WorkflowOfJob
    config: dict[str, Any]


class ConstructJobs(dg.Config):
    """The jobs that are wanted."""

    base_jobs: list[BaseJob] = Field(default_factory=list)


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def construct_jobs(config: ConstructJobs, services: dg.ResourceParam[Services]) -> list[Job]:
    """Give each wanted job an id and a time; nothing is stored yet."""
    with permanent_unless_unavailable():
        return [
            services.jobs.prepare(workflow_id=base.workflow.id, config=dict(base.config))
            for base in config.base_jobs
        ]


@dg.op(retry_policy=RETRY_UNAVAILABLE)
def maybe_post_jobs(
    context: dg.OpExecutionContext, services: dg.ResourceParam[Services], jobs: list[Job]
) -> int:
    """Store the jobs whose workflow has none for the same object; return how many."""
    posted, base_url = 0, services.settings.api_host_external
    for job in jobs:
        with permanent_unless_unavailable():
            stored, is_new = services.jobs.ensure(job)
        object_id = stored.config.get("object_id")
        if not is_new:
            context.log.info(f"{job.workflow.id} has the job {stored.id} for {object_id} already")
            continue
        posted += 1
        context.log_event(
            dg.AssetMaterialization(
                job_key(job.workflow.id),
                metadata={
                    "object_id": str(object_id),
                    "job_id": stored.id,
                    "job": dg.MetadataValue.url(f"{base_url}/jobs/{stored.id}"),
                },
            )
        )
    context.log.info(f"{posted} of {len(jobs)} jobs are new")
    return posted


@dg.graph
def ensure_jobs() -> None:
    """Create NMDC jobs that are wanted and not there yet."""
    maybe_post_jobs(construct_jobs())


def ensure_jobs_job(preset: Preset) -> dg.JobDefinition:
    """Return the job ``ensure_jobs``."""
    return preset.job(ensure_jobs, name="ensure_jobs")
