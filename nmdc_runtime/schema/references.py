"""Do the ids that documents name exist? One query per target collection can say."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from nmdc_runtime.schema.registry import SchemaRegistry
from nmdc_runtime.schema.report import LIMIT, Problem, ProblemList, ValidationReport, pointer_to

#: Where a document names another one: collection, index, id, slot, and position if it is a list.
#: A plain tuple, because there may be 200,000: the garbage collector leaves those alone.
_Use = tuple[str, int, str, str, int | None]
#: Returns collection → those of the ids that it has.
Locate = Callable[[Collection[str]], Mapping[str, Collection[str]]]


class References:
    """The references of submitted documents.

    A reference is good if its target is submitted with it, or stored, in one of the collections
    that the schema allows for the source's class and slot. Documents of no known class, and values
    that are not text, are passed over: they are the validator's to refuse.
    """

    def __init__(self, registry: SchemaRegistry) -> None:
        self._slots_of = dict(registry.reference_slots)
        self._submitted: dict[str, set[str]] = {name: set() for name in registry.collections}
        # (legal target collections) → target id → where it is named
        self._uses: dict[tuple[str, ...], dict[str, list[_Use]]] = {}

    def add(self, collection: str, documents: Sequence[Any], *, first: int = 0) -> None:
        """Gather the references of documents, the first of which has this index."""
        submitted = self._submitted.get(collection)
        if submitted is None:
            return
        for index, document in enumerate(documents, first):
            if not isinstance(document, dict):
                continue
            id_ = document.get("id")
            if isinstance(id_, str):
                submitted.add(id_)
            type_ = document.get("type")
            for slot, targets in self._slots_of.get(type_, ()) if isinstance(type_, str) else ():
                value = document.get(slot)
                if value is None:
                    continue
                uses = self._uses.setdefault(targets, {})
                for position, target in _values(value):
                    use = (collection, index, id_ if isinstance(id_, str) else "", slot, position)
                    uses.setdefault(target, []).append(use)

    @property
    def wanted(self) -> dict[str, set[str]]:
        """Collection → the ids to look for in it: those that are not submitted themselves."""
        wanted: dict[str, set[str]] = {}
        for targets, target, _ in self._unsubmitted():
            for collection in targets:
                wanted.setdefault(collection, set()).add(target)
        return wanted

    def broken(
        self,
        found: Mapping[str, Collection[str]],
        *,
        limit: int = LIMIT,
        locate: Locate | None = None,
    ) -> ValidationReport:
        """Report the references to nothing.

        Parameters
        ----------
        found
            Of the ids `wanted`, those that exist: collection → ids.
        limit
            How many problems to list; the rest is counted.
        locate
            Says where else ids are stored; asked only for those of references to nothing.
        """
        lost = [
            (use, target, targets)
            for targets, target, uses in self._unsubmitted()
            if not any(target in found.get(name, ()) for name in targets)
            for use in uses
        ]
        lost.sort(key=lambda each: (each[0][0], each[0][1], each[0][3]))
        problems = ProblemList(limit)
        homes = self._homes({target for _, target, _ in lost[:limit]}, locate)
        for use, target, targets in lost[:limit]:
            problems.add(_problem(use, target, targets, homes.get(target)))
        problems.count(len(lost[limit:]))
        return problems.report()

    def _homes(self, targets: set[str], locate: Locate | None) -> dict[str, str]:
        """Return where the targets are that nothing may name from where they are named."""
        homes = {target: name for name, ids in self._submitted.items() for target in targets & ids}
        if locate and targets - homes.keys():
            for name, ids in locate(targets - homes.keys()).items():
                homes |= dict.fromkeys(ids, name)
        return homes

    def _unsubmitted(self) -> Iterator[tuple[tuple[str, ...], str, list[_Use]]]:
        for targets, named in self._uses.items():
            for target, uses in named.items():
                if not any(target in self._submitted[name] for name in targets):
                    yield targets, target, uses


def collect_references(database: Mapping[str, Any], registry: SchemaRegistry) -> References:
    """Gather the references of a map of collection name → list of documents."""
    references = References(registry)
    for collection, documents in database.items():
        if isinstance(documents, list):
            references.add(collection, documents)
    return references


def _values(value: object) -> list[tuple[int | None, str]]:
    if isinstance(value, str):
        return [(None, value)]
    if isinstance(value, list):
        return [(at, each) for at, each in enumerate(value) if isinstance(each, str)]
    return []


def _problem(use: _Use, target: str, targets: tuple[str, ...], home: str | None) -> Problem:
    collection, index, id_, slot, position = use
    path: tuple[str | int, ...] = (collection, index, slot)
    return Problem(
        collection=collection,
        index=index,
        id=id_ or None,
        pointer=pointer_to(path if position is None else (*path, position)),
        rule="reference",
        expected=f"the id of a document in {' or '.join(targets)}",
        found=repr(target),
        hint=f"{target} is in {home}, which {slot!r} may not name here" if home else None,
        message=(
            f"Document '{id_}' in collection '{collection}' has a field '{slot}' that references "
            f"a document having id '{target}', but the latter document does not exist in any of "
            "the collections the NMDC Schema says it can exist in."
        ),
    )
