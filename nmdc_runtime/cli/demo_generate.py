"""`nmdc-runtime demo generate`: a database of as many biosamples as wanted."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from nmdc_runtime.cli.examples import examples
from nmdc_runtime.cli.generated import writing
from nmdc_runtime.cli.generated.database import TooManyAnnotations, generate_database
from nmdc_runtime.cli.generated.drafts import LARGEST_SEED, Batch
from nmdc_runtime.cli.stack.commands import folder_option
from nmdc_runtime.cli.stack.folder import StackFolder
from nmdc_runtime.config import Settings
from nmdc_runtime.mongo.client import open_client
from nmdc_runtime.mongo.indexes import ensure_indexes
from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.wiring import all_indexes
from nmdc_runtime.wiring.services import address_of

#: For the progress bar only.
DOCUMENTS_A_BIOSAMPLE: Final = 8.4


@click.command(
    epilog=examples(
        "nmdc-runtime demo generate 100 --output database.json",
        "nmdc-runtime demo generate 100 --output - | jq '.study_set[].name'",
        "nmdc-runtime demo generate 10000 --mongo",
        "nmdc-runtime demo generate 10000 --annotations 1000000 --seed 2 --mongo --add",
    ),
)
@click.argument("biosamples", metavar="N", type=click.IntRange(min=1))
@click.option(
    "--seed",
    type=click.IntRange(min=0, max=LARGEST_SEED),
    default=0,
    show_default=True,
    help="Another seed gives other ids and values; the same gives the same.",
)
@click.option(
    "--annotations",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Rows of functional_annotation_agg to make as well.",
)
@click.option(
    "--output",
    type=click.File("wb"),
    help="Write one JSON object of collections to this file; - is the standard output.",
)
@click.option("--mongo", "into_mongo", is_flag=True, help="Write into the stack's MongoDB.")
@click.option("--add", is_flag=True, help="With --mongo: even if documents are there already.")
@folder_option
def generate(
    *,
    biosamples: int,
    seed: int,
    annotations: int,
    output: IO[bytes] | None,
    into_mongo: bool,
    add: bool,
    folder: Path,
) -> None:
    """Make a database of N biosamples, with studies, processes, workflow executions and files.

    Documents are valid by nmdc-schema, about eight for each biosample, and all their references
    lead somewhere. --mongo takes the address from MONGO_HOST and its companions, and what they
    do not say from the local stack's folder.
    """
    if (output is not None) is into_mongo:
        raise click.UsageError("say where to: either --output FILE, or --mongo")
    if add and not into_mongo:
        raise click.UsageError("--add goes with --mongo")
    try:
        batches = generate_database(biosamples, seed=seed, annotations=annotations)
    except TooManyAnnotations as error:
        raise click.BadParameter(str(error), param_hint="--annotations") from error
    console = Console(stderr=True)
    shown = _shown(batches, int(biosamples * DOCUMENTS_A_BIOSAMPLE) + annotations, console)
    if output is not None:
        counts = writing.write_json(shown, output)
    else:
        registry, settings = load_registry(), Settings(_env_file=_env_file(folder))
        with open_client(address_of(settings)) as client:
            database = client[settings.mongo_dbname]
            writing.check_room(database, registry, seed=seed, add=add)
            ensure_indexes(database, all_indexes(registry))
            counts = writing.write_mongo(shown, database)
        # Without the user and password that the address may have.
        host = urlsplit(settings.mongo_host).netloc.rpartition("@")[2]
        console.print(f"Written into {settings.mongo_dbname} at {host}.", soft_wrap=True)
    table = Table("collection", "documents", box=None)
    for name, count in sorted(counts.items()):
        table.add_row(name, f"{count:,}")
    table.add_row("all", f"{counts.total():,}")
    console.print(table)


def _env_file(folder: Path) -> Path:
    return StackFolder(folder.absolute()).env_file


def _shown(batches: Iterator[Batch], expected: int, console: Console) -> Iterator[Batch]:
    """Pass the batches on, and show how far that is."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("documents", total=expected)
        for name, documents in batches:
            yield name, documents
            progress.advance(task, len(documents))
