"""Ids by what a source calls a thing: whoever translates the same source again gets the same ids.

So a second ingest of the same data changes nothing, and one that was broken off goes on where it
stopped, whatever of it was stored.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pymongo.database import Database
from pymongo.errors import BulkWriteError

from nmdc_runtime.ids.minting import MintingService
from nmdc_runtime.ids.store import CHUNK, DUPLICATE_KEY
from nmdc_runtime.mongo.documents import Document

COLLECTION: Final = "_runtime.source_ids"


@dataclass(frozen=True, slots=True, order=True)
class SourceName:
    """What a source calls a thing that becomes one document.

    Parameters
    ----------
    source
        The source and the way it is read, e.g. ``neon-soil``.
    class_id
        The document's class, e.g. ``nmdc:Biosample``.
    key
        What tells the thing from others of its class, e.g. a sample's name.
    """

    source: str
    class_id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcedIds:
    """The ids of what was asked for, and which of them are new."""

    ids: Mapping[SourceName, str]
    new: frozenset[SourceName]


class SourceIdStore:
    """Keeps which id a source's thing has; the name is the key, so a thing never has two."""

    def __init__(self, database: Database[Document]) -> None:
        self._names = database[COLLECTION]

    def find(self, names: Sequence[SourceName]) -> dict[SourceName, str]:
        """Return the ids of those that have one."""
        found: dict[SourceName, str] = {}
        for at in range(0, len(names), CHUNK):
            by_key = {_key(name): name for name in names[at : at + CHUNK]}
            documents = self._names.find({"_id": {"$in": list(by_key)}})
            found.update((by_key[each["_id"]], each["id"]) for each in documents)
        return found

    def add(self, ids: Mapping[SourceName, str]) -> None:
        """Give things their ids; one that has been given one meanwhile keeps it."""
        documents = [{"_id": _key(name), "id": id_} for name, id_ in ids.items()]
        for at in range(0, len(documents), CHUNK):
            try:
                self._names.insert_many(documents[at : at + CHUNK], ordered=False)
            except BulkWriteError as error:
                failures: list[Any] = (error.details or {}).get("writeErrors", [])
                if not failures or any(each["code"] != DUPLICATE_KEY for each in failures):
                    raise


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceIdService:
    """Find the id of each thing, or mint one; for the Runtime's own site.

    Parameters
    ----------
    most_at_once
        How many ids one minting may be asked for.
    """

    store: SourceIdStore
    minting: MintingService
    most_at_once: int

    def find(self, names: Iterable[SourceName]) -> dict[SourceName, str]:
        """Return the ids of those things that have one; mint nothing."""
        return self.store.find(list(dict.fromkeys(names)))

    def find_or_mint(
        self, names: Iterable[SourceName], *, known: Mapping[SourceName, str]
    ) -> SourcedIds:
        """Return the id of each thing; so many are minted as are missing, class by class.

        Of two processes that ask at once, both get the same ids; those that one minted in vain
        stay drafts.

        Parameters
        ----------
        known
            Ids of things whose documents were found otherwise. They are remembered.
        """
        wanted = list(dict.fromkeys(names))
        held = self.store.find(wanted)
        learnt = {name: known[name] for name in wanted if name in known and name not in held}
        missing: dict[str, list[SourceName]] = defaultdict(list)
        for name in wanted:
            if name not in held and name not in learnt:
                missing[name.class_id].append(name)
        given = learnt | {
            name: id_
            for class_id, of_class in missing.items()
            for name, id_ in zip(of_class, self._mint(class_id, len(of_class)), strict=True)
        }
        self.store.add(given)
        stored = held | self.store.find(list(given))
        new = frozenset(
            name
            for of_class in missing.values()
            for name in of_class
            if stored[name] == given[name]
        )
        return SourcedIds(ids=stored, new=new)

    def _mint(self, class_id: str, how_many: int) -> list[str]:
        minted: list[str] = []
        while len(minted) < how_many:
            minted += self.minting.mint(
                class_id=class_id,
                how_many=min(how_many - len(minted), self.most_at_once),
                site_id=self.minting.own_site_id,
            )
        return minted


def _key(name: SourceName) -> str:
    return f"{name.source}|{name.class_id}|{name.key}"
