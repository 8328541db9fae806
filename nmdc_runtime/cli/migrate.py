"""`nmdc-runtime migrate`: move all data to another version of nmdc-schema."""

import logging
import sys
from pathlib import Path
from typing import Final

import click

from nmdc_runtime.cli.examples import examples
from nmdc_runtime.config import Settings
from nmdc_runtime.kernel.clock import utc_now
from nmdc_runtime.migration.assembly import open_migrations
from nmdc_runtime.migration.errors import DocumentsUnfit
from nmdc_runtime.migration.interpreter import describe_package
from nmdc_runtime.migration.migrating import prepare_migration
from nmdc_runtime.migration.models import CollectionReport, MigrationReport, MigrationRequest
from nmdc_runtime.migration.service import MigrationService
from nmdc_runtime.schema.load import installed_schema

#: Exit status for documents that do not satisfy the version, so that scripts can tell.
UNFIT: Final = 3


def tell(step: str, text: str) -> None:
    """Say what happens."""
    click.echo(f"{utc_now():%H:%M:%S} {step}: {text}", err=True)


@click.command(
    epilog=examples(
        "nmdc-runtime migrate --to 11.21.0 --from 11.15.1 --dry-run",
        "nmdc-runtime migrate --to 11.21.0 --dump /backup/before-11.21.0",
        "nmdc-runtime migrate --to 11.25 --schema-python schema-venv/bin/python --yes",
        "nmdc-runtime migrate --resume      finish what was interrupted, or clear it away",
        "nmdc-runtime migrate --rollback    put the old collections back",
    ),
)
@click.option("--to", "target", metavar="VERSION", help="Version of nmdc-schema to migrate to.")
@click.option(
    "--from",
    "source",
    metavar="VERSION",
    help="Version of the data, if the database has no record of it.",
)
@click.option(
    "--dry-run", is_flag=True, help="Try everything on a copy and report; change and lock nothing."
)
@click.option("--yes", "-y", is_flag=True, help="Do not ask for confirmation.")
@click.option(
    "--schema-python",
    "python",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Interpreter of an environment with that nmdc-schema, if it is not installed here.",
)
@click.option(
    "--dump",
    type=click.Path(path_type=Path, file_okay=False),
    help="New folder for a dump of the old data.  [default: ./nmdc-dump-<version>-<time>]",
)
@click.option(
    "--no-dump",
    is_flag=True,
    help="Make no dump; the old collections are kept in the database either way.",
)
@click.option(
    "--problems",
    "most_problems",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Problems with documents to list for each collection; all are counted.",
)
@click.option(
    "--report",
    "report_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File for a report in JSON, also of a migration that fails.",
)
@click.option("--resume", is_flag=True, help="Finish an interrupted migration, or clear it away.")
@click.option("--rollback", is_flag=True, help="Undo the last migration.")
@click.option(
    "--lose-writes",
    is_flag=True,
    help="With --rollback: also if documents were written since the migration.",
)
def migrate(
    *,
    target: str | None,
    source: str | None,
    dry_run: bool,
    yes: bool,
    python: Path | None,
    dump: Path | None,
    no_dump: bool,
    most_problems: int,
    report_file: Path | None,
    resume: bool,
    rollback: bool,
    lose_writes: bool,
) -> None:
    """Move all data to another version of nmdc-schema, with its own migrators.

    While writes of metadata wait, the collections are dumped and copied; the migrators run on the
    copy; every document and reference of it is checked; then the new collections take the place of
    the old ones, which are kept. If anything fails, the old data go on serving.

    Reads MONGO_HOST, MONGO_USERNAME, MONGO_PASSWORD and MONGO_DBNAME. Ends with 0 if all went
    well, with 3 if documents do not satisfy the version, and with 1 or 2 if anything else is wrong.
    """
    if sum((target is not None, resume, rollback)) != 1:
        raise click.UsageError("say one of --to VERSION, --resume and --rollback")
    if dump is not None and no_dump:
        raise click.UsageError("--dump and --no-dump contradict each other")
    logging.basicConfig(level=logging.WARNING)
    with open_migrations(Settings(), tell=tell) as service:
        if resume:
            _resume(service)
        elif rollback:
            _confirm("Put the old collections of the last migration back?", yes=yes)
            state = service.rollback(lose_writes=lose_writes)
            click.echo(f"The data satisfy nmdc-schema {state.source} again.")
        else:
            request = MigrationRequest(
                target=target or installed_schema()[0],
                source=source,
                dump=None if no_dump or dry_run else dump or _usual_folder(target or ""),
                is_dry_run=dry_run,
                most_problems=most_problems,
            )
            if not dry_run:
                name = service.database.name
                _confirm(f"Migrate the database {name} to nmdc-schema {target}?", yes=yes)
            _migrate(service, request, python, report_file)


def _confirm(question: str, *, yes: bool) -> None:
    """Ask, if there is somebody to ask; otherwise it must have been said."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("nobody can be asked for confirmation here: say --yes")
    click.confirm(question, abort=True)


def _usual_folder(target: str) -> Path:
    return Path(f"nmdc-dump-before-{target}-{utc_now():%Y%m%dT%H%M%SZ}")


def _resume(service: MigrationService) -> None:
    state = service.resume()
    if state is None:
        click.echo("No migration was interrupted.")
    else:
        click.echo(f"The migration from {state.source} to {state.target} is now: {state.phase}.")


def _migrate(
    service: MigrationService,
    request: MigrationRequest,
    python: Path | None,
    report_file: Path | None,
) -> None:
    report = MigrationReport(
        source=request.source or "?", target=request.target, is_dry_run=request.is_dry_run
    )
    try:
        tell("schema", f"looking for nmdc-schema {request.target}")
        package = describe_package(python)
        prepare_migration(service, request, report, package=package).run()
    except BaseException as error:
        report.reason = f"{type(error).__name__}: {error}"
        if isinstance(error, DocumentsUnfit):
            _show(report)
            click.echo(f"Error: {error}", err=True)
            sys.exit(UNFIT)
        raise
    finally:
        if report_file is not None:
            report_file.write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    _show(report)


def _show(report: MigrationReport) -> None:
    for source, target in report.gaps:
        click.echo(f"nmdc-schema has no migrator from {source} to {target}: none is needed.")
    if report.collections:
        width = max(len(each.collection) for each in report.collections)
        titles = ("documents", "changed", "new", "removed", "problems", "seconds")
        click.echo(f"{'collection':{width}}" + "".join(f"{each:>11}" for each in titles))
        for each in report.collections:
            click.echo(_row(each, width))
    for each in report.collections:
        if each.note:
            click.echo(f"{each.collection}: {each.note}")
        for problem in each.listed:
            click.echo(f"  {problem.rule}: {problem.message}")
    did = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in report.seconds.items())
    click.echo(
        f"From nmdc-schema {report.source} to {report.target}, "
        f"{len(report.modules)} migrators: {report.outcome}." + (f" ({did})" if did else "")
    )
    if report.dump:
        click.echo(f"The dump is in {report.dump}.")


def _row(each: CollectionReport, width: int) -> str:
    numbers = (each.documents, each.changed, each.inserted, each.removed, each.problems)
    counts = "".join(f"{number:>11}" for number in numbers)
    return f"{each.collection:{width}}{counts}{each.seconds:>11.2f}"
