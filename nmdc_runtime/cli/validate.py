"""`nmdc-runtime validate`: what is wrong with files of documents, before anybody submits them."""

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

import click
import orjson

from nmdc_runtime.cli import validate_steps as steps
from nmdc_runtime.cli.examples import examples
from nmdc_runtime.schema.reader import BodyUnreadable
from nmdc_runtime.schema.report import Problem

VALID: Final = 0
INVALID: Final = 1
FAILED: Final = 2


@click.command(
    epilog=examples(
        "nmdc-runtime validate study.json              against the database of the settings",
        "nmdc-runtime validate --offline a.json b.json by themselves: no database is needed",
        "nmdc-runtime validate samples.ndjson.gz       a document a line, compressed",
        "nmdc-runtime validate --collection study_set list.json       a bare list of documents",
        "nmdc-runtime validate --api http://127.0.0.1:8000 study.json ask a hub",
        "nmdc-runtime validate --format problems - < study.json       for programs",
    ),
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--offline", is_flag=True, help="Do not look at what is stored.")
@click.option("--api", metavar="URL", help="Ask the hub at this address, not the database.")
@click.option(
    "--collection",
    metavar="NAME",
    help="The files hold documents of this collection: a list, one document, or lines.",
)
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json", "problems"]),
    default="text",
    show_default=True,
    help="text: for people. json: what POST /metadata/json:validate answers; problems: what it "
    "answers with ?format=problems; one line a file.",
)
def validate(
    files: tuple[str, ...], offline: bool, api: str | None, collection: str | None, output: str
) -> None:
    """Check files of metadata against the schema, and against what is stored.

    A FILE is JSON (an object: names of collections with lists of documents) or NDJSON (a document
    a line), compressed with gzip or zstd or not; - is standard input. Each is judged by itself,
    as if it were submitted alone. Nothing is stored.

    Ends with 0 if all is good, 1 if there are problems, and 2 if a file cannot be read, or the
    database or the hub does not answer.
    """
    if offline and api:
        raise click.UsageError("--offline and --api exclude each other.")
    if files.count(steps.STDIN) > 1:
        raise click.UsageError("Standard input can be read only once.")
    with _judge(offline=offline, api=api) as judge:
        outcomes = []
        for name in files:
            try:
                body = steps.read_body(name, collection=collection)
                judgement = judge(body, steps.Waiting(name))
            except (BodyUnreadable, OSError, steps.NotChecked) as error:
                said = error.strerror if isinstance(error, OSError) else None
                click.echo(f"{click.style('error', fg='red')}: {name}: {said or error}", err=True)
                outcomes.append(FAILED)
                continue
            _show(name, judgement, output, is_alone=len(files) == 1)
            outcomes.append(VALID if judgement.report.is_valid else INVALID)
    sys.exit(max(outcomes))


def _judge(*, offline: bool, api: str | None) -> AbstractContextManager[steps.Judge]:
    if offline:
        return nullcontext(steps.judge_offline)
    return nullcontext(steps.judge_of_hub(api)) if api else steps.judge_of_database()


def _show(name: str, judgement: steps.Judgement, output: str, *, is_alone: bool) -> None:
    if output == "text":
        _show_text(name, judgement)
        return
    members: dict[str, Any] = judgement.published if output == "json" else judgement.problems
    # Of several files each line says which it is about; of one, the line is the hub's answer.
    click.echo(orjson.dumps(members if is_alone else {"file": name, **members}))


def _show_text(name: str, judgement: steps.Judgement) -> None:
    report = judgement.report
    number = judgement.documents
    among = "" if number is None else f" in {number:,} document{'' if number == 1 else 's'}"
    if report.is_valid:
        click.echo(f"{click.style(name, bold=True)}: {click.style('good', fg='green')}{among}")
        return
    count = f"{report.total:,} problem{'' if report.total == 1 else 's'}"
    click.echo(f"{click.style(name, bold=True)}: {click.style(count, fg='red')}{among}")
    for problem in report.problems:
        _show_problem(problem)
    if report.truncated:
        click.echo(f"\n  ... and {report.total - len(report.problems):,} more")
    click.echo()


def _show_problem(problem: Problem) -> None:
    line = f"line {problem.line}  " if problem.line is not None else ""
    place = problem.pointer or ("" if line else problem.collection)
    id_ = f"  {problem.id}" if problem.id else ""
    click.echo(f"\n  {click.style(line + place, fg='cyan')}{click.style(id_, dim=True)}")
    click.echo(f"    {_without_place(problem)}")
    if problem.hint:
        click.echo(f"    {click.style('hint:', fg='yellow')} {problem.hint}")


def _without_place(problem: Problem) -> str:
    """Return the message without the place at its end, which stands above it already."""
    message = problem.message.removesuffix(f" (line {problem.line})")
    for place in (problem.pointer, f"line {problem.line}"):
        message = message.removesuffix(f" in {place}")
    return message.rstrip(",")
