"""A generated database as it would have been under nmdc-schema 11.15.1.

Two releases after that changed documents: 11.16.1 made ``uses_calibration`` a list, and 11.17.0
moved the dates of biosamples and data generations into ``provenance_metadata``, in one form.
"""

from copy import deepcopy
from typing import Any

from pymongo.database import Database

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.schema.load import load_registry
from tests.support.generated import generated

VERSION = "11.15.1"
#: What came later.
NEWER_COLLECTIONS = ("organism_set", "organism_sample_set")
NEWER_CLASSES = ("nmdc:Isolation", "nmdc:Culturing")
#: How dates were written → how the migrator writes them.
DATES = {
    "2021-03-31": "2021-03-31T00:00:00Z",
    "22-MAY-20 06.13.12.927000000 PM": "2020-05-22T18:13:12Z",
}

Documents = dict[str, list[dict[str, Any]]]


def older_data(n: int, *, seed: int = 0) -> tuple[Documents, Documents]:
    """Return the documents as they were, and as they are to be under the installed schema."""
    after = _without_newer(generated(n, seed=seed))
    before = deepcopy(after)
    dates = list(DATES)
    for name in ("biosample_set", "data_generation_set"):
        for number, (old, new) in enumerate(zip(before[name], after[name], strict=True)):
            if number % 3 < 2:
                date = dates[number % 3]
                old["add_date"] = date
                new["provenance_metadata"] = {
                    "type": "nmdc:ProvenanceMetadata",
                    "add_date": DATES[date],
                }
    for old in before["workflow_execution_set"]:
        if "uses_calibration" in old:
            (old["uses_calibration"],) = old["uses_calibration"]
    return before, after


def put(database: Database[Document], documents: Documents) -> None:
    """Store documents; those given keep no key of MongoDB."""
    for name, some in documents.items():
        database[name].insert_many(deepcopy(some))


def stored(database: Database[Document], *, keys: bool = False) -> dict[str, list[Document]]:
    """Return all schema documents, in the order of their ids; with MongoDB's keys if wanted."""
    return {
        name: list(database[name].find({}, None if keys else {"_id": 0}).sort("id"))
        for name in load_registry().collection_names
        if database[name].find_one({}, {"_id": 1})
    }


def in_order(documents: Documents) -> Documents:
    """Return documents as `stored` does."""
    return {
        name: sorted(some, key=lambda each: each["id"]) for name, some in documents.items() if some
    }


def _without_newer(documents: Documents) -> Documents:
    """Leave out what came later, and all that hangs on it."""
    slots = load_registry().reference_slots
    gone: set[str] = set()
    while True:
        lost = {
            each["id"]
            for name, some in documents.items()
            for each in some
            if each["id"] not in gone
            and (
                name in NEWER_COLLECTIONS
                or each["type"] in NEWER_CLASSES
                or any(
                    target in gone
                    for slot, _ in slots.get(each["type"], ())
                    for target in _values(each.get(slot))
                )
            )
        }
        if not lost:
            kept = {
                name: [each for each in some if each["id"] not in gone]
                for name, some in documents.items()
            }
            return {name: some for name, some in kept.items() if some}
        gone |= lost


def _values(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
