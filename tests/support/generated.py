"""Generated databases for tests: as many biosamples as wanted, with all that is made of them."""

from collections import Counter
from typing import Any

from pymongo.database import Database

from nmdc_runtime.cli.generated.database import generate_database
from nmdc_runtime.cli.generated.writing import write_mongo
from nmdc_runtime.mongo.documents import Document


def fill(
    database: Database[Document], n: int, *, seed: int = 0, annotations: int = 0
) -> "Counter[str]":
    """Write a generated database of so many biosamples; return how many each collection got."""
    return write_mongo(generate_database(n, seed=seed, annotations=annotations), database)


def generated(n: int, *, seed: int = 0, annotations: int = 0) -> dict[str, list[dict[str, Any]]]:
    """Return a generated database of so many biosamples: collection name → documents."""
    database: dict[str, list[dict[str, Any]]] = {}
    for name, documents in generate_database(n, seed=seed, annotations=annotations):
        database.setdefault(name, []).extend(documents)
    return database
