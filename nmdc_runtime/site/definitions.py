"""What the workspace offers, by concern, in the mode of the deployment; assembly only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import dagster as dg

from nmdc_runtime.site.apply_changesheet import apply_changesheet_job
from nmdc_runtime.site.apply_metadata_in import apply_metadata_in_job
from nmdc_runtime.site.assets import asset_specs
from nmdc_runtime.site.backup_nmdcdb import (
    backup_nmdcdb_job,
    daily_backup_nmdcdb,
    restore_drill_job,
    weekly_restore_drill,
)
from nmdc_runtime.site.check_nmdcdb import check_nmdcdb_job, nightly_check_nmdcdb
from nmdc_runtime.site.claims import (
    apply_metadata_in_sensed_job,
    claim_and_run_apply_changesheet_jobs,
    claim_and_run_metadata_in_jobs,
)
from nmdc_runtime.site.collection_checks import collection_checks
from nmdc_runtime.site.database_stitching import STITCHING_JOBS
from nmdc_runtime.site.ensure_alldocs import ensure_alldocs_job, hourly_ensure_alldocs
from nmdc_runtime.site.ensure_jobs import ensure_jobs_job
from nmdc_runtime.site.export_nmdcdb import export_nmdcdb_job, monthly_export_nmdcdb
from nmdc_runtime.site.export_study_biosamples import export_study_biosamples_metadata_job
from nmdc_runtime.site.gold_study import gold_study_to_database
from nmdc_runtime.site.graph_checks import GRAPH_CHECKS
from nmdc_runtime.site.hello import hello_job
from nmdc_runtime.site.housekeeping import housekeeping_job, housekeeping_weekly
from nmdc_runtime.site.load_ontology import ONTOLOGY_JOBS, ONTOLOGY_SCHEDULES
from nmdc_runtime.site.ncbi_export import nmdc_study_to_ncbi_submission_export_job
from nmdc_runtime.site.neon_ingest import NEON_JOBS
from nmdc_runtime.site.object_puts import (
    create_objects_from_site_object_puts_job,
    done_object_put_ops,
)
from nmdc_runtime.site.observe_collections import (
    hourly_observe_collections,
    observe_collections_job,
)
from nmdc_runtime.site.presets import Preset, current_preset
from nmdc_runtime.site.purging import nightly_purge_old_runs, purge_old_runs_job
from nmdc_runtime.site.run_outcomes import on_run_canceled, on_run_fail
from nmdc_runtime.site.show_version_info import show_version_info
from nmdc_runtime.site.submission_ingest import SUBMISSION_JOBS
from nmdc_runtime.site.sweep_gridfs import sweep_gridfs_job, weekly_sweep_gridfs
from nmdc_runtime.site.triggers import ensure_job_triggered_job, process_workflow_job_triggers


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """What one published repository holds; each definition is made for a mode."""

    jobs: tuple[Callable[[Preset], dg.JobDefinition], ...] = ()
    sensors: tuple[Callable[[Preset], dg.SensorDefinition], ...] = ()
    schedules: tuple[Callable[[Preset], dg.ScheduleDefinition], ...] = ()
    #: What the jobs of all repositories work on stands in one, so that lineage is in one piece.
    assets: Callable[[], tuple[dg.AssetSpec, ...]] = tuple
    checks: Callable[[], tuple[dg.AssetChecksDefinition, ...]] = tuple


#: By the published names of the repositories. The hub finds Dagster jobs by name alone, so a
#: name stands in one concern only.
CONCERNS: Final[Mapping[str, Concern]] = MappingProxyType(
    {
        "repo": Concern(
            jobs=(
                *(hello_job, show_version_info, ensure_jobs_job, apply_metadata_in_job),
                *(apply_changesheet_job, ensure_alldocs_job),
                *(ensure_job_triggered_job, apply_metadata_in_sensed_job, housekeeping_job),
                *(create_objects_from_site_object_puts_job, purge_old_runs_job),
                *ONTOLOGY_JOBS,
                export_study_biosamples_metadata_job,
                *(check_nmdcdb_job, backup_nmdcdb_job, restore_drill_job, sweep_gridfs_job),
                observe_collections_job,
            ),
            sensors=(
                *(on_run_fail, on_run_canceled, process_workflow_job_triggers),
                *(claim_and_run_metadata_in_jobs, claim_and_run_apply_changesheet_jobs),
                done_object_put_ops,
            ),
            schedules=(
                *(hourly_ensure_alldocs, housekeeping_weekly, nightly_purge_old_runs),
                *ONTOLOGY_SCHEDULES,
                *(nightly_check_nmdcdb, daily_backup_nmdcdb),
                *(weekly_restore_drill, weekly_sweep_gridfs),
                hourly_observe_collections,
            ),
            assets=asset_specs,
            checks=lambda: (*GRAPH_CHECKS, *collection_checks()),
        ),
        "biosample_submission_ingest": Concern(
            jobs=(gold_study_to_database, *SUBMISSION_JOBS, *NEON_JOBS)
        ),
        "biosample_export": Concern(
            jobs=(export_nmdcdb_job, nmdc_study_to_ncbi_submission_export_job),
            schedules=(monthly_export_nmdcdb,),
        ),
        "database_records_stitching": Concern(jobs=STITCHING_JOBS),
    }
)


def repository_of(name: str, preset: Preset) -> dg.RepositoryDefinition:
    """Return the repository of this name, in the given mode."""
    concern = CONCERNS[name]
    return dg.create_repository_using_definitions_args(
        name,
        jobs=[make(preset) for make in concern.jobs],
        sensors=[make(preset) for make in concern.sensors],
        schedules=[make(preset) for make in concern.schedules],
        assets=concern.assets(),
        asset_checks=concern.checks(),
        # Of checks that somebody asks for: a process of their own would import everything again.
        executor=dg.in_process_executor,
        resources=dict(preset.resources),
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Return all concerns as one code location, in the mode of the deployment."""
    preset = current_preset()
    return dg.Definitions(
        jobs=[make(preset) for concern in CONCERNS.values() for make in concern.jobs],
        sensors=[make(preset) for concern in CONCERNS.values() for make in concern.sensors],
        schedules=[make(preset) for concern in CONCERNS.values() for make in concern.schedules],
        assets=[spec for concern in CONCERNS.values() for spec in concern.assets()],
        asset_checks=[check for concern in CONCERNS.values() for check in concern.checks()],
        executor=dg.in_process_executor,
        resources=dict(preset.resources),
    )
