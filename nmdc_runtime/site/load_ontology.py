"""Load the ontologies whose terms the metadata use: ENVO, UBERON and PO, each once a week."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import dagster as dg
from pydantic import Field

from nmdc_runtime.ids.rules import local_part
from nmdc_runtime.kernel.errors import NmdcError
from nmdc_runtime.mongo.sizes import sizes_of
from nmdc_runtime.objects.service import GRIDFS_SHOULDER
from nmdc_runtime.ontology.models import LoadOutcome, Report
from nmdc_runtime.ontology.store import CLASSES, RELATIONS
from nmdc_runtime.site.asset_events import ROWS, size_metadata
from nmdc_runtime.site.assets import ONTOLOGY_NAMES, collection_key, ontology_key
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE, permanent_unless_unavailable
from nmdc_runtime.site.kinds import ONTOLOGIES_POOL, Kind
from nmdc_runtime.site.presets import Preset
from nmdc_runtime.wiring import Services

#: When each ontology is loaded; one after the other, on Monday mornings.
CRONS: Final[Mapping[str, str]] = MappingProxyType(
    {"envo": "0 7 * * 1", "uberon": "0 8 * * 1", "po": "0 9 * * 1"}
)
REPORTS_FOLDER: Final = "ontology_reports"
CONTENT_TYPE: Final = "text/tab-separated-values"
PART: Final = 1 << 20


class LoadOntology(dg.Config):
    """Which ontology, and where tables of what was done go."""

    source_ontology: str = Field(description="Its name, in lower case, e.g. `envo`.")
    output_directory: str | None = Field(
        default=None, description="Folder of the tables; null: `ontology_reports` here."
    )
    generate_reports: bool = Field(default=True, description="Whether tables are written.")
    allow_vanishing: bool = Field(
        default=False, description="Whether the new file may lack most of the stored terms."
    )


@dg.op(retry_policy=RETRY_UNAVAILABLE, pool=ONTOLOGIES_POOL)
def load_ontology(
    context: dg.OpExecutionContext, config: LoadOntology, services: dg.ResourceParam[Services]
) -> None:
    """Make the stored terms and relations of the ontology what its file says."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) if config.generate_reports else None
        with permanent_unless_unavailable():
            outcome = services.ontologies.load(
                config.source_ontology,
                reports=folder,
                allows_vanishing=config.allow_vanishing,
                tell=context.log.info,
            )
        if outcome.warning:
            context.log.warning(outcome.warning)
        if folder is not None:
            _copy_reports(context, folder, config.output_directory)
        kept = _keep_reports(context, services, outcome)
    context.log_event(
        dg.AssetMaterialization(
            ontology_key(config.source_ontology),
            metadata={
                ROWS: outcome.counts.classes,
                "seconds": round(time.monotonic() - began, 3),
                "terms": outcome.counts.classes,
                "relations": outcome.counts.relations,
                "is_unchanged": outcome.is_unchanged,
                "terms_inserted": outcome.classes_inserted,
                "terms_updated": outcome.classes_updated,
                "terms_marked_obsolete": outcome.classes_marked,
                "relations_inserted": outcome.relations_inserted,
                "relations_removed": outcome.relations_removed,
                "source": outcome.url,
                "sha256": outcome.sha256,
                "reports": dict(kept),
                **({"warning": outcome.warning} if outcome.warning else {}),
            },
        )
    )
    _tell_written(context, services, outcome)


def _tell_written(context: dg.OpExecutionContext, services: Services, outcome: LoadOutcome) -> None:
    """Tell what has changed in the collections that all ontologies share."""
    done = {
        CLASSES: {
            "inserted": outcome.classes_inserted,
            "updated": outcome.classes_updated,
            "marked_obsolete": outcome.classes_marked,
        },
        RELATIONS: {
            "inserted": outcome.relations_inserted,
            "removed": outcome.relations_removed,
        },
    }
    changed = [name for name, counts in done.items() if any(counts.values())]
    for size in sizes_of(services.database, changed):
        context.log_event(
            dg.AssetMaterialization(
                collection_key(size.name),
                metadata={
                    **size_metadata(size),
                    **done[size.name],
                    "ontology": outcome.ontology,
                },
            )
        )


def _copy_reports(context: dg.OpExecutionContext, scratch: Path, wanted: str | None) -> None:
    """Put the tables where the config says.

    A pod may have no place for the folder that nobody named: the stored objects do then.
    """
    folder = Path(wanted) if wanted else Path.cwd() / REPORTS_FOLDER
    try:
        shutil.copytree(scratch, folder, dirs_exist_ok=True)
    except OSError as error:
        reason = f"the tables cannot be written to {folder}: {error}"
        if wanted:
            raise dg.Failure(description=reason, allow_retries=False) from error
        context.log.warning(reason)


def _keep_reports(
    context: dg.OpExecutionContext, services: Services, outcome: LoadOutcome
) -> dict[str, str]:
    """Store each table that has rows as an object; return the objects' addresses by file name.

    What was loaded is loaded: an object storage that is down does not make the run fail, which
    would find nothing left to report on when it is tried again.
    """
    kept: dict[str, str] = {}
    for report in outcome.reports:
        if not report.rows:
            continue
        name = f"{outcome.ontology}_{report.path.name}"
        object_id = local_part(
            services.ids.mint_internal("ontology_reports", shoulder=GRIDFS_SHOULDER)
        )
        try:
            stored = services.objects.keep_parts(
                object_id,
                _parts(report),
                name=name,
                content_type=CONTENT_TYPE,
                description=f"Report of the load of {outcome.ontology}, run {context.run_id}",
                username=services.settings.api_site_id,
            )
        except NmdcError as error:
            context.log.warning(f"{name} was not stored as an object: {error}")
        else:
            kept[report.path.name] = stored.self_uri
    return kept


def _parts(report: Report) -> Iterator[bytes]:
    with report.path.open("rb") as file:
        while part := file.read(PART):
            yield part


@dg.graph
def run_ontology_load() -> None:
    """Load one ontology."""
    load_ontology()


def _job_of(ontology: str) -> Callable[[Preset], dg.JobDefinition]:
    def job(preset: Preset) -> dg.JobDefinition:
        return preset.job(
            run_ontology_load,
            name=f"scheduled_{ontology}_ontology_load",
            kind=Kind.MAINTENANCE,
            ops={"load_ontology": {"config": {"source_ontology": ontology}}},
            exclusive=f"ontology/{ontology}",
            is_repeatable=True,
            description=f"Load the {ONTOLOGY_NAMES[ontology]}: its terms and their relations.",
        )

    return job


def _schedule_of(ontology: str, cron: str) -> Callable[[Preset], dg.ScheduleDefinition]:
    def schedule(preset: Preset) -> dg.ScheduleDefinition:
        return preset.schedule(
            name=f"weekly_load_{ontology}_ontology",
            job_name=f"scheduled_{ontology}_ontology_load",
            cron=cron,
            description=f"Each Monday: load the {ONTOLOGY_NAMES[ontology]}.",
        )

    return schedule


ONTOLOGY_JOBS: Final = tuple(_job_of(ontology) for ontology in CRONS)
ONTOLOGY_SCHEDULES: Final = tuple(_schedule_of(ontology, cron) for ontology, cron in CRONS.items())
