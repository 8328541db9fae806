"""What a run shows of a translation: tables in the UI, all of the report as an object beside it."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import dagster as dg
import orjson

from nmdc_runtime.ingests.models import Ingest
from nmdc_runtime.kernel.audit import SYSTEM
from nmdc_runtime.site.asset_events import drs_materialisation, preview
from nmdc_runtime.site.database_files import JSON, keep, link_of
from nmdc_runtime.site.failures import permanent_unless_unavailable
from nmdc_runtime.translation.database import Database
from nmdc_runtime.translation.planning import Plan
from nmdc_runtime.translation.problems import Severity
from nmdc_runtime.translation.report import TranslationFailed, TranslationReport
from nmdc_runtime.wiring import Services

#: Problems that the UI shows one by one; the stored report has more.
MOST_SHOWN: Final = 100


def brought(
    context: dg.OpExecutionContext,
    services: Services,
    plan: Callable[[], tuple[Plan, TranslationReport]],
    *,
    is_permanent: bool,
    replaces_stored: bool = False,
) -> Database:
    """Return what is new of a plan as documents; store and show the report in any case.

    Parameters
    ----------
    plan
        Raises `TranslationFailed` if there is none: then the step fails for good.
    is_permanent
        Whether new things get ids that are theirs for good; placeholders otherwise.
    """
    bring = services.ingests.prepare if is_permanent else services.ingests.rehearse
    with permanent_unless_unavailable():
        try:
            planned, report = plan()
        except TranslationFailed as failed:
            raise failure_of(context, services, failed) from failed
        made = bring(planned, report, replaces_stored=replaces_stored)
        tell_translation(context, services, made)
    return made.database


def tell_report(
    context: dg.OpExecutionContext, services: Services, report: TranslationReport
) -> None:
    """Store and show the report of a comparison that makes no documents."""
    context.add_output_metadata(
        report_metadata(report) | _stored(context, services, report.source, report.to_dict())
    )


def tell_translation(context: dg.OpExecutionContext, services: Services, made: Ingest) -> None:
    """Store the report of a translation that went well, and show it at the step's output."""
    metadata = report_metadata(made.report)
    metadata["documents"] = table(
        {
            "collection": name,
            "planned": planned,
            "new": len(made.database.get(name, [])),
            "stored_already": made.stored.get(name, 0),
        }
        for name, planned in made.report.documents.items()
    )
    metadata["ids"] = table(
        {"class": name, "new": new, "found_again": made.report.ids_reused.get(name, 0)}
        for name, new in made.report.ids_new.items()
    )
    metadata["new_ids_are"] = "placeholders" if made.is_dry_run else "permanent"
    context.add_output_metadata(
        metadata | _stored(context, services, made.report.source, made.to_dict())
    )


def failure_of(
    context: dg.OpExecutionContext, services: Services, failed: TranslationFailed
) -> dg.Failure:
    """Store the report of a translation that failed, and return the failure that shows it."""
    report = failed.report
    return dg.Failure(
        description=preview(str(failed)),
        metadata=report_metadata(report)
        | _stored(context, services, report.source, report.to_dict()),
        allow_retries=False,
    )


def report_metadata(report: TranslationReport) -> dict[str, Any]:
    """Return what the UI shows of any report: rows, and the first problems of each of the rest."""
    shown = report.problem_table(MOST_SHOWN)
    total = sum(report.problems.by_code.values())
    found: dict[str, Any] = {
        "errors": report.problems.count(Severity.ERROR),
        "warnings": report.problems.count(Severity.WARNING),
        "rows": table(report.table()),
        "problems_by_code": table(
            {"code": code, "count": count}
            for code, count in sorted(report.problems.by_code.items())
        ),
        "problems": table(shown),
    }
    if total > len(shown):
        found["problems_not_shown"] = total - len(shown)
    return found


def table(rows: Iterable[Mapping[str, Any]]) -> dg.MetadataValue[Any]:
    """Return rows as a table of the UI; without any, as words."""
    records = [dg.TableRecord(dict(row)) for row in rows]
    return dg.MetadataValue.table(records) if records else dg.MetadataValue.text("none")


def _stored(
    context: dg.OpExecutionContext, services: Services, source: str, report: Mapping[str, Any]
) -> dict[str, Any]:
    content = orjson.dumps(report, option=orjson.OPT_INDENT_2)
    name = f"translation_report_{source}.json"
    kept = keep(
        services,
        content,
        name=name,
        content_type=JSON,
        description=f"What became of the records of {source}, row by row where it matters",
        username=SYSTEM,
    )
    link = link_of(services, kept)
    context.log_event(
        drs_materialisation(
            kept.id,
            name=name,
            link=link,
            size_bytes=kept.size,
            sha256=hashlib.sha256(content).hexdigest(),
        )
    )
    return {"report_object_id": kept.id, "report": dg.MetadataValue.url(link)}
