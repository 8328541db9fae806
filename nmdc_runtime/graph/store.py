"""The state of the graph, and the collections it lies in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bson import ObjectId
from pymongo import ASCENDING, IndexModel
from pymongo.database import Database
from pymongo.errors import OperationFailure

from nmdc_runtime.graph.models import GraphState, Skipped
from nmdc_runtime.graph.rules import ANCESTORS, DOWNSTREAM, LEFT_OUT, UPSTREAM
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction, session_of

ALLDOCS: Final = "alldocs"
GRAPH: Final = "_runtime.graph"
TEMPORARY: Final = "_runtime.tmp.alldocs."

STATE_ID: Final = "alldocs"
BUILDER: Final = "builder"
FOLLOWER: Final = "follower"

NAMESPACE_NOT_FOUND: Final = 26

#: A change stream's resume token.
Token = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the keepers of the graph must know of it."""

    build_id: str | None
    token: Token | None
    #: The new graph that is just being put in place of the old one.
    swapping: Mapping[str, Any] | None


def index_models() -> list[IndexModel]:
    """Return the indexes of the graph: those for links that readers follow, and no more."""
    paths = (
        *(ANCESTORS, f"{UPSTREAM}.id", f"{DOWNSTREAM}.id"),
        *("has_input", "has_output", "was_informed_by", "associated_studies"),
    )
    return [
        IndexModel([("id", ASCENDING)], unique=True),
        *(IndexModel([(path, ASCENDING)]) for path in paths),
        # Nearly no document has it; a document that comes to be asks who might name it unseen.
        IndexModel([(LEFT_OUT, ASCENDING)], sparse=True),
    ]


def state_of(stored: Mapping[str, Any]) -> GraphState | None:
    """Return what readers may know, or None if no build has ever ended."""
    if "build_id" not in stored:
        return None
    return GraphState(
        build_id=stored["build_id"],
        built_at=stored["built_at"].replace(tzinfo=UTC),
        fresh_as_of=stored["fresh_as_of"].replace(tzinfo=UTC),
        documents=stored["documents"],
        skipped=tuple(Skipped(**each) for each in stored["skipped"]),
        skipped_count=stored["skipped_count"],
        changes=stored.get("changes", 0),
    )


class GraphStore:
    """Reads and changes the one document that says what the graph is and who works on it."""

    def __init__(self, database: Database[Document]) -> None:
        self.database = database
        self._graph = database[GRAPH]

    def find(self) -> GraphState | None:
        """Return the state for readers, or None if the graph was never built."""
        stored = self._graph.find_one({"_id": STATE_ID})
        return state_of(stored) if stored else None

    def standing(self) -> Standing:
        """Return what the keepers must know."""
        stored = self._graph.find_one({"_id": STATE_ID}) or {}
        return Standing(
            build_id=stored.get("build_id"),
            token=stored.get("token"),
            swapping=stored.get("swapping"),
        )

    def has_graph(self) -> bool:
        """Say whether the collection of the graph is there."""
        return bool(self.database.list_collection_names(filter={"name": ALLDOCS}))

    def begin(self, role: str, holder: str) -> None:
        """Note who is at work in a role; whoever was before can no longer change anything."""
        self._graph.update_one({"_id": STATE_ID}, {"$set": {role: holder}}, upsert=True)

    def advance(
        self,
        *,
        holder: str,
        build_id: str,
        token: Token,
        fresh_as_of: datetime | None,
        more_documents: int = 0,
        is_change: bool = False,
        tx: Transaction | None = None,
    ) -> bool:
        """Note up to where changes are in the graph; False if we are no longer to say so.

        Unless it is a change, the graph is as it was: results that were kept stay good.
        """
        ours = {
            "_id": STATE_ID,
            FOLLOWER: holder,
            "build_id": build_id,
            "swapping": {"$exists": False},
        }
        noted: Document = {"token": token}
        if fresh_as_of is not None:
            noted["fresh_as_of"] = fresh_as_of
        change = {"$set": noted, "$inc": {"documents": more_documents, "changes": int(is_change)}}
        return bool(self._graph.update_one(ours, change, session=session_of(tx)).matched_count)

    def begin_swap(self, *, holder: str, replacement: Mapping[str, Any]) -> bool:
        """Announce the new graph; from here on nobody changes the old one. False: not ours."""
        ours = {"_id": STATE_ID, BUILDER: holder}
        change = {"$set": {"swapping": dict(replacement)}}
        return bool(self._graph.update_one(ours, change).matched_count)

    def settle_swap(self) -> None:
        """Carry an announced swap out, or see that it was, and make its state ours.

        Safe to call again by anybody: a temporary collection that is gone has been renamed.
        """
        replacement = self.standing().swapping
        if replacement is None:
            return
        state = dict(replacement)
        try:
            self.database[state.pop("collection")].rename(ALLDOCS, dropTarget=True)
        except OperationFailure as error:
            if error.code != NAMESPACE_NOT_FOUND:
                raise
        self._graph.update_one(
            {"_id": STATE_ID, "swapping.build_id": state["build_id"]},
            {"$set": state, "$unset": {"swapping": ""}},
        )

    def drop_temporaries(self, *, older_than: timedelta, now: datetime) -> list[str]:
        """Drop what builds left that died; return the names."""
        dropped = []
        for name in self.database.list_collection_names(
            filter={"name": {"$regex": f"^{TEMPORARY.replace('.', '[.]')}"}}
        ):
            made_of = name.removeprefix(TEMPORARY).partition(".")[0]
            made_at = ObjectId(made_of).generation_time if ObjectId.is_valid(made_of) else None
            if made_at is None or now - made_at > older_than:
                self.database.drop_collection(name)
                dropped.append(name)
        return dropped

    def drop(self, names: Sequence[str]) -> None:
        """Drop collections of a build."""
        for name in names:
            self.database.drop_collection(name)
