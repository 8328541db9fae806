"""Small worlds of linked documents, the graph they should have, and what changes them."""

import random
from collections import Counter
from typing import Any

from bson import ObjectId
from pymongo.database import Database

from nmdc_runtime.graph.store import ALLDOCS
from nmdc_runtime.mongo.documents import Document

COLLECTION_OF = {
    "sty": "study_set",
    "bsm": "biosample_set",
    "dgns": "data_generation_set",
    "wf": "workflow_execution_set",
    "dobj": "data_object_set",
}
TYPE_OF = {
    "sty": "nmdc:Study",
    "bsm": "nmdc:Biosample",
    "dgns": "nmdc:NucleotideSequencing",
    "wf": "nmdc:ReadQcAnalysis",
    "dobj": "nmdc:DataObject",
}


def kind_of(id_: str) -> str:
    return id_.removeprefix("nmdc:").partition("-")[0]


def document(id_: str, **slots: Any) -> Document:
    return {"id": id_, "type": TYPE_OF[kind_of(id_)], "name": id_, **slots}


def collection_of(id_: str) -> str:
    return COLLECTION_OF[kind_of(id_)]


def put(database: Database[Document], *documents: Document) -> None:
    for each in documents:
        name = collection_of(each["id"])
        database[name].replace_one({"id": each["id"]}, each, upsert=True)


def chain() -> list[Document]:
    """Return a study, its biosample, what was made of that, and a reference to nowhere."""
    return [
        document("nmdc:sty-11-a"),
        document("nmdc:bsm-11-a", associated_studies=["nmdc:sty-11-a"]),
        document(
            "nmdc:dgns-11-a",
            has_input=["nmdc:bsm-11-a"],
            has_output=["nmdc:dobj-11-a"],
            associated_studies=["nmdc:sty-11-a"],
            instrument_used=["nmdc:inst-11-gone"],
        ),
        document("nmdc:dobj-11-a", was_generated_by="nmdc:dgns-11-a"),
        document("nmdc:wf-11-a", has_input=["nmdc:dobj-11-a"], was_informed_by=["nmdc:dgns-11-a"]),
    ]


def stored(database: Database[Document]) -> dict[str, Document]:
    """Return the graph by id, with arrays in one order, and no id twice."""
    found = list(database[ALLDOCS].find())
    by_id = {each["id"]: each for each in found}
    assert len(by_id) == len(found)
    for each in found:
        for array in ("_upstream", "_downstream"):
            if array in each:
                each[array] = sorted(each[array], key=lambda entry: (entry["id"], entry["type"]))
    return by_id


def neighbours(document: Document) -> tuple[Counter[str], Counter[str]]:
    up, down = (document.get(array, []) for array in ("_upstream", "_downstream"))
    return Counter(each["id"] for each in up), Counter(each["id"] for each in down)


class Scribbler:
    """Writes at random: what comes, goes, is linked anew, moves, and changes its type or id."""

    def __init__(self, database: Database[Document], seed: int, *, ids: int = 6) -> None:
        self._database = database
        self._random = random.Random(seed)
        self._ids = {
            kind: [f"nmdc:{kind}-11-{number}" for number in range(ids)] for kind in COLLECTION_OF
        }

    def write(self) -> None:
        kind = self._random.choice(list(COLLECTION_OF))
        id_ = self._random.choice(self._ids[kind])
        collection = self._database[COLLECTION_OF[kind]]
        match self._random.randrange(10):
            case 0 | 1:
                collection.delete_one({"id": id_})
            case 2:
                collection.update_one({"id": id_}, {"$set": {"description": str(ObjectId())}})
            case 3:
                collection.update_one({"id": id_}, {"$set": {"type": self._type(kind)}})
            case 4:
                other = self._random.choice(self._ids[kind])
                if collection.find_one({"id": other}) is None:
                    collection.update_one({"id": id_}, {"$set": {"id": other}})
            case _:
                slots = self._slots(kind)
                # A unique index wants names of biosamples to differ.
                written = {"id": id_, "type": self._type(kind), "name": str(ObjectId()), **slots}
                collection.replace_one({"id": id_}, written, upsert=True)

    def _type(self, kind: str) -> str:
        if self._random.random() < 0.05:
            return "nmdc:NoSuchThing"
        if kind == "wf" and self._random.random() < 0.5:
            return "nmdc:MetagenomeAnnotation"
        return TYPE_OF[kind]

    def _slots(self, kind: str) -> dict[str, Any]:
        def some(of: str) -> list[str]:
            return self._random.sample(self._ids[of], self._random.randrange(3))

        slots: dict[str, Any]
        match kind:
            case "sty":
                slots = {"part_of": some("sty")}
            case "bsm":
                slots = {"associated_studies": some("sty")}
            case "dgns":
                slots = {
                    "has_input": some("bsm"),
                    "has_output": some("dobj"),
                    "associated_studies": some("sty"),
                }
            case "wf":
                slots = {
                    "has_input": some("dobj"),
                    "has_output": some("dobj"),
                    "was_informed_by": some("dgns"),
                    "superseded_by": self._random.choice(self._ids["wf"]),
                }
            case _:
                slots = {"was_generated_by": self._random.choice(self._ids["wf"])}
        return {slot: value for slot, value in slots.items() if value != [] or slot == "has_input"}
