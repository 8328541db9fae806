"""`nmdcdb-mongoexport` and `nmdcdb-mongodump`: the database as files, for operators to keep.

Nothing else is needed than this package, and no credential stands on a command line: where MongoDB
is, and who asks, is read from MONGO_HOST, MONGO_USERNAME, MONGO_PASSWORD and MONGO_DBNAME.
"""

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
from pymongo.database import Database
from pymongo.errors import PyMongoError

from nmdc_runtime.cli.examples import examples
from nmdc_runtime.config import Settings
from nmdc_runtime.exports.errors import CollectionNotThere, FolderNotEmpty
from nmdc_runtime.exports.extended import write_extended
from nmdc_runtime.exports.rules import time_stamp
from nmdc_runtime.exports.store import ExportStore
from nmdc_runtime.kernel.clock import utc_now
from nmdc_runtime.kernel.errors import NmdcError
from nmdc_runtime.migration.copying import size_of
from nmdc_runtime.migration.dumping import check_folder, dump
from nmdc_runtime.mongo.client import open_client
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.wiring.services import address_of

#: Published: too large to be exported unless they are asked for, and to be dumped at all.
LARGE: Final = frozenset({"functional_annotation_set", "genome_feature_set"})
NOT_DUMPED: Final = LARGE | {"functional_annotation_set_prev", "functional_annotation_agg"}
#: So much of what MongoDB says is told.
MOST_TEXT: Final = 300


class TellingCommand(click.Command):
    """Tells errors that are the user's, or MongoDB's, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 (whatever a command returns)
        """Run the command; a refusal becomes one message and exit status 1."""
        try:
            return super().invoke(ctx)
        except NmdcError as error:
            raise click.ClickException(str(error)) from error
        except PyMongoError as error:
            raise click.ClickException(f"MongoDB: {str(error)[:MOST_TEXT]}") from error


@contextmanager
def opened_database() -> Iterator[Database[Document]]:
    """Yield the database that the settings name."""
    settings = Settings()
    with open_client(address_of(settings)) as client:
        yield client[settings.mongo.database]


@click.command(
    cls=TellingCommand,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "nmdcdb-mongoexport",
        "nmdcdb-mongoexport --just-schema-collections",
        "nmdcdb-mongoexport --collection functional_annotation_set --out /backup/annotations",
    ),
)
@click.option(
    "--just-schema-collections", is_flag=True, help="Only nmdc-schema's collections with ids."
)
@click.option(
    "--collection",
    "named",
    multiple=True,
    help="Only this collection, however large; may be given several times.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="New folder for the files.  [default: ~/mongoexport/TIME/DATABASE]",
)
@click.option("--stats", is_flag=True, help="Print sizes of the collections in KiB; export none.")
def mongoexport(
    *, just_schema_collections: bool, named: tuple[str, ...], out: Path | None, stats: bool
) -> None:
    """Write each collection to COLLECTION.jsonl.gz, a document a line in Extended JSON.

    All that the documents hold is kept, and mongoimport reads it. The files of some collections
    hold hashes of passwords: only their owner may read the folder. Reads MONGO_HOST,
    MONGO_USERNAME, MONGO_PASSWORD and MONGO_DBNAME.
    """
    if just_schema_collections and named:
        raise click.UsageError("--collection and --just-schema-collections exclude each other")
    with opened_database() as database:
        store = ExportStore(database)
        if stats:
            click.echo(json.dumps(store.statistics(), indent=2))
            return
        chosen = _chosen(store, named, just_schema=just_schema_collections)
        folder = out or Path.home() / "mongoexport" / time_stamp(utc_now()) / store.database_name
        _make(folder)
        click.echo(f"{len(chosen)} collections of {store.database_name} to {folder}")
        for name in chosen:
            began = time.monotonic()
            count = write_extended(store, name, folder)
            click.echo(f"{name}: {count} documents in {time.monotonic() - began:.1f} s")


@click.command(
    cls=TellingCommand,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "nmdcdb-mongodump",
        "nmdcdb-mongodump --just-schema-collections --out /backup/nmdc",
        "mongorestore --gzip FOLDER    put it into another MongoDB",
    ),
)
@click.option("--just-schema-collections", is_flag=True, help="Only nmdc-schema's collections.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="New folder for the dump.  [default: ~/nmdcdb-mongodump/TIME]",
)
def mongodump(*, just_schema_collections: bool, out: Path | None) -> None:
    """Dump the database to DATABASE/COLLECTION.bson.gz, as mongorestore reads it.

    Annotations are left out: functional_annotation_set, functional_annotation_agg and their like
    are many times as large as the rest, and can be made again. Reads MONGO_HOST, MONGO_USERNAME,
    MONGO_PASSWORD and MONGO_DBNAME.
    """
    with opened_database() as database:
        there = database.list_collection_names(filter={"type": "collection"})
        schema = frozenset(load_registry().collection_names)
        chosen = sorted(
            name
            for name in there
            if not name.startswith("system.")
            and name not in NOT_DUMPED
            and (name in schema or not just_schema_collections)
        )
        folder = out or Path.home() / "nmdcdb-mongodump" / time_stamp(utc_now())
        check_folder(folder, needed_bytes=size_of(database, chosen))
        dumped = dump(database, chosen, folder, tell=click.echo, while_written=True)
        documents = sum(each.documents for each in dumped)
        click.echo(f"{documents} documents of {len(dumped)} collections in {folder}")


def _chosen(store: ExportStore, named: Iterable[str], *, just_schema: bool) -> list[str]:
    """Return what shall be exported, and say what is left out."""
    wanted = list(dict.fromkeys(named))
    if wanted:
        filled = store.list_filled(wanted)
        for name in wanted:
            if name not in filled:
                raise CollectionNotThere(name, database=store.database_name)
        return filled
    if just_schema:
        filled = store.list_filled(load_registry().collections_with_id)
    else:
        filled = store.list_all()
    for name in sorted(LARGE.intersection(filled)):
        click.echo(f"{name} is left out, it is large: nmdcdb-mongoexport --collection {name}")
    return [name for name in filled if name not in LARGE]


def _make(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderNotEmpty(str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
