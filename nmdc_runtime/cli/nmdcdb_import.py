"""`nmdcdb-mongoimport`: documents from a file into the database, checked before they are stored."""

import logging
from pathlib import Path
from typing import Any, Final

import click
import orjson

from nmdc_runtime.cli.examples import examples
from nmdc_runtime.cli.nmdcdb import TellingCommand
from nmdc_runtime.config import Settings
from nmdc_runtime.metadata.errors import MetadataInvalid
from nmdc_runtime.migration.replacing import replace_collections
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.plans.journal_order import LIMITS, is_large
from nmdc_runtime.plans.models import Applied, Cause, PlanKind
from nmdc_runtime.wiring import Services, open_services

#: Problems that are listed; the rest are counted.
MOST_PROBLEMS: Final = 20

Documents = dict[str, list[dict[str, Any]]]


@click.command(
    cls=TellingCommand,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "nmdcdb-mongoimport database.json",
        "nmdcdb-mongoimport --drop --yes database.json",
    ),
)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--drop",
    is_flag=True,
    help="Replace all that the named collections hold; this leaves no history to undo it by.",
)
@click.option("--yes", "-y", is_flag=True, help="With --drop: do not ask for confirmation.")
def mongoimport(file: Path, *, drop: bool, yes: bool) -> None:
    """Store the documents of FILE, a JSON object of collections as nmdc-schema's Database has it.

    All documents are checked first. Without --drop they are added, or replace those of the same
    ids, all or none, and what they refer to must be there; the history of each is kept, as of a
    submission. Reads MONGO_HOST, MONGO_USERNAME, MONGO_PASSWORD and MONGO_DBNAME.
    """
    logging.basicConfig(level=logging.WARNING)
    content = file.read_bytes()
    with open_services(Settings()) as services:
        documents = _documents(content, known=frozenset(services.registry.collections))
        try:
            if drop:
                services.metadata.check_documents(documents)
                name = services.database.name
                what = f"Replace all of {', '.join(documents)} in the database {name}?"
                if not yes:
                    click.confirm(what, abort=True)
                replace_collections(
                    services.database,
                    documents,
                    registry=services.registry,
                    guard=services.plans.guard,
                )
                told = {each: f"{len(some)} documents" for each, some in documents.items()}
            else:
                told = _store(services, content, documents)
        except MetadataInvalid as error:
            raise click.ClickException(_problems(error)) from error
    for each, what in told.items():
        click.echo(f"{each}: {what}")


def _documents(content: bytes, *, known: frozenset[str]) -> Documents:
    """Return what the file holds; the error names what is wrong with it as a whole."""
    try:
        given = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise click.ClickException(f"the file is not JSON: {error}") from error
    if not isinstance(given, dict):
        raise click.ClickException("the file is not a JSON object of collections")
    given.pop("@type", None)
    if unknown := sorted(set(given) - known):
        raise click.ClickException(f"nmdc-schema's Database has no {', '.join(unknown)}")
    if wrong := sorted(name for name, some in given.items() if not isinstance(some, list)):
        raise click.ClickException(f"not a list of documents: {', '.join(wrong)}")
    return given


def _store(services: Services, content: bytes, documents: Documents) -> dict[str, str]:
    """Store the documents as a submission would; tell of each collection what became of it."""
    if is_large(documents, LIMITS):
        raise click.ClickException(
            f"these are more than {LIMITS.documents} documents, or {LIMITS.size_bytes} bytes: "
            "submit them to the hub (POST /metadata/json:submit), or say --drop"
        )
    services.metadata.check(content)
    plan_id = services.ids.mint_internal("plans")
    cause = Cause(plan_id=plan_id, kind=PlanKind.JSON, operation_id=plan_id)

    def store(tx: Transaction) -> Applied:
        plan = services.plans.plan_documents(documents, tx=tx)
        applied = services.plans.apply(plan, cause=cause, tx=tx)
        counts = {name: each.model_dump() for name, each in applied.counts.items()}
        services.audit.record("import_metadata", f"plans/{plan_id}", details=counts, tx=tx)
        return applied

    applied = services.plans.run(store)
    return {
        name: f"{each.inserted} new, {each.replaced} replaced, {each.unchanged} unchanged"
        for name, each in applied.counts.items()
    }


def _problems(error: MetadataInvalid) -> str:
    listed = [str(each["message"]) for each in error.facts["errors"][:MOST_PROBLEMS]]
    total = int(error.facts["total"])
    more = [f"... and {total - len(listed)} more"] if total > len(listed) else []
    return "\n  ".join((f"nothing is stored, there are {total} problems:", *listed, *more))
