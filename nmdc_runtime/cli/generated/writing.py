"""Where generated documents go: a file, or a MongoDB."""

import re
import shutil
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import orjson
from pymongo.database import Database

from nmdc_runtime.cli.generated.drafts import Batch, id_prefix
from nmdc_runtime.kernel.errors import ErrorKind, NmdcError
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.schema.registry import SchemaRegistry


class DatabaseNotEmpty(NmdcError):
    """There are documents already."""

    kind = ErrorKind.CONFLICT
    title = "Database not empty"

    def __init__(self, name: str, collections: list[str]) -> None:
        super().__init__(
            f"the database {name!r} has documents in {', '.join(collections)}; "
            "give --add to add to them"
        )


class AlreadyGenerated(NmdcError):
    """Documents of this seed are there already."""

    kind = ErrorKind.CONFLICT
    title = "Already generated"

    def __init__(self, seed: int) -> None:
        super().__init__(f"documents of seed {seed} are there already: give another --seed")


def write_json(batches: Iterable[Batch], target: IO[bytes]) -> "Counter[str]":
    """Write one JSON object, a list for each collection; return how many documents each has.

    Batches of the collections come in turns, therefore each is gathered in a file of its own
    first: memory stays small however large the database.
    """
    counts: Counter[str] = Counter()
    with TemporaryDirectory() as folder, ExitStack() as files:
        lists: dict[str, IO[bytes]] = {}
        for name, documents in batches:
            if name in lists:
                lists[name].write(b",\n")
            else:
                lists[name] = files.enter_context((Path(folder) / name).open("w+b"))
            lists[name].write(b",\n".join(map(orjson.dumps, documents)))
            counts[name] += len(documents)
        target.write(b"{")
        for at, (name, gathered) in enumerate(sorted(lists.items())):
            target.write(b",\n" if at else b"\n")
            target.write(orjson.dumps(name) + b": [\n")
            gathered.seek(0)
            shutil.copyfileobj(gathered, target)
            target.write(b"\n]")
        target.write(b"\n}\n")
    return counts


def check_room(
    database: Database[Document], registry: SchemaRegistry, *, seed: int, add: bool
) -> None:
    """Raise if documents of this seed, or (unless they are to be added to) any others are there.

    Raises
    ------
    DatabaseNotEmpty
        If a collection of the schema holds a document, and ``add`` was not said.
    AlreadyGenerated
        If a database of the same seed was written here: its ids would come again.
    """
    if not add:
        names = registry.collection_names
        held = [name for name in names if database[name].find_one({}, {"_id": 1})]
        if held:
            raise DatabaseNotEmpty(database.name, held)
    # Every generated database has files.
    ids = f"^{re.escape(id_prefix(registry.classes['DataObject'], seed))}"
    if database["data_object_set"].find_one({"id": {"$regex": ids}}, {"_id": 1}):
        raise AlreadyGenerated(seed)


def write_mongo(batches: Iterable[Batch], database: Database[Document]) -> "Counter[str]":
    """Insert the documents; return how many each collection got."""
    counts: Counter[str] = Counter()
    for name, documents in batches:
        database[name].insert_many(documents, ordered=False)
        counts[name] += len(documents)
    return counts
