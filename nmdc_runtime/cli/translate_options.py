"""Options that commands share which translate one file or folder of records."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from nmdc_runtime.cli import translate_steps as steps
from nmdc_runtime.translation.planning import Label, Plan
from nmdc_runtime.translation.report import TranslationFailed, TranslationReport

FILE: Final = click.Path(path_type=Path, dir_okay=False, exists=True)
NEW_FILE: Final = click.Path(path_type=Path, dir_okay=False)

#: Where results go, and which ids things have.
RESULTS: Final = (
    click.option("--output", required=True, type=NEW_FILE, help="The file of documents (JSON)."),
    click.option(
        "--report",
        type=NEW_FILE,
        help="The file of what happened.  [default: OUTPUT with .report.json at its end]",
    ),
    click.option(
        "--ids",
        type=FILE,
        help="Ids of things, as --write-ids writes them. Things that are not in it get "
        "placeholders like nmdc:bsm-00-000001.",
    ),
    click.option("--write-ids", type=NEW_FILE, help="Write which thing has which id."),
)
#: What every such command says of itself.
ENDS: Final = """
    Needs no network, no database and no Dagster; nothing is minted. Both files have their names
    when they are complete, and not before.

    Ends with 0 if the documents are written, with 1 if the data cannot be translated (the report
    says why), and with 2 if a file cannot be read or written.
    """


def with_options(
    run: Callable[..., None], options: tuple[Callable[[Any], Any], ...]
) -> Callable[..., None]:
    """Return a function with options, in the order in which help lists them."""
    for option in reversed(options):
        run = option(run)
    return run


def finish(
    plan: Callable[[], tuple[Plan, TranslationReport]],
    results: steps.Results,
    known: dict[Label, str],
    done: Callable[[str], None],
) -> tuple[TranslationReport, dict[str, list[dict[str, Any]]] | None, str]:
    """Plan, and write all files; without documents, say why."""
    try:
        planned, report = plan()
    except TranslationFailed as failed:
        results.write_report(failed.report)
        return failed.report, None, str(failed)
    done("translated")
    documents = results.write(planned, report, known)
    done("written")
    return report, documents, ""


def tell(
    results: steps.Results,
    report: TranslationReport,
    documents: dict[str, list[dict[str, Any]]] | None,
    failure: str,
) -> None:
    """Say what was written, or why nothing was, and end the command so."""
    if documents is None:
        steps.tell_failure(results, failure)
        raise click.exceptions.Exit(steps.FAILED)
    steps.tell(results, report, documents)
