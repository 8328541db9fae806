"""What update commands do to a document, as MongoDB does it, without MongoDB.

Documents that go in are not changed: what comes out shares with them what did not change, so an
attribute that is not the same object as before has been touched.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from nmdc_runtime.changesheets.actions import Action, Update
from nmdc_runtime.changesheets.comparing import is_identical, key_of

Document = dict[str, Any]

#: MongoDB's codes.
BAD_VALUE: Final = 2
TYPE_MISMATCH: Final = 14
PATH_NOT_VIABLE: Final = 28

_NAMES: Final = {
    str: "string",
    bool: "bool",
    int: "int",
    float: "double",
    dict: "object",
    list: "array",
    type(None): "null",
}


@dataclass(frozen=True, slots=True)
class WriteError:
    """Why MongoDB would refuse an update; the code is the server's."""

    index: int  # of the update among those of the document
    code: int
    errmsg: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A document after its updates: after those before the first that is refused."""

    document: Document
    matched: int
    modified: int
    error: WriteError | None = None

    @property
    def update_info(self) -> dict[str, Any]:
        """What MongoDB would answer to the command."""
        info: dict[str, Any] = {"n": self.matched, "nModified": self.modified, "ok": 1.0}
        if self.error:
            error = self.error
            info["writeErrors"] = [
                {"index": error.index, "code": error.code, "errmsg": error.errmsg}
            ]
        return info


class _Refusal(Exception):
    def __init__(self, code: int, errmsg: str) -> None:
        super().__init__(errmsg)
        self.code = code


def apply_updates(document: Document, updates: Sequence[Update]) -> Outcome:
    """Apply updates one after the other; stop at the first that MongoDB would refuse."""
    work = _Work(dict(document))
    modified = 0
    for index, update in enumerate(updates):
        try:
            modified += work.apply(update)
        except _Refusal as refusal:
            error = WriteError(index, refusal.code, str(refusal))
            return Outcome(work.document if modified else document, index, modified, error)
    return Outcome(work.document if modified else document, len(updates), modified)


@dataclass(slots=True)
class _Work:
    """A document in change: containers that are its own are changed in place, others copied."""

    document: Document
    own: dict[int, Any] = field(default_factory=dict)  # identity → container, kept alive
    #: path → list and the keys of its elements: 10,000 inserts into one list look each up once.
    members: dict[str, tuple[list[Any], set[Hashable]]] = field(default_factory=dict)

    def apply(self, update: Update) -> bool:
        """Apply one update; say whether it changed anything."""
        match update.action:
            case Action.SET:
                return self._set(update.path, update.value)
            case Action.UNSET:
                return self._unset(update.path)
            case Action.ADD:
                return self._add(update.path, update.value)
            case Action.PULL:
                return self._pull(update.path, update.value)

    def _set(self, path: str, value: object) -> bool:
        parent, name = self._parent(path), path.rpartition(".")[2]
        if parent is not None and name in parent and is_identical(parent[name], value):
            return False
        self._owned(path)[name] = value
        return True

    def _unset(self, path: str) -> bool:
        parent, name = self._parent(path, is_lenient=True), path.rpartition(".")[2]
        if parent is None or name not in parent:
            return False
        del self._owned(path)[name]
        return True

    def _add(self, path: str, values: object) -> bool:
        if not isinstance(values, list):
            raise _Refusal(
                TYPE_MISMATCH,
                "The argument to $each in $addToSet must be an array but it was of type "
                f"{_name(values)}",
            )
        parent, name = self._parent(path), path.rpartition(".")[2]
        current = parent.get(name) if parent else None
        is_there = parent is not None and name in parent
        if is_there and not isinstance(current, list):
            raise _Refusal(
                BAD_VALUE,
                f"Cannot apply $addToSet to non-array field. Field named '{name}' has non-array "
                f"type {_name(current)}",
            )
        held = current if isinstance(current, list) else []
        known = self._members(path, held)
        fresh = []
        for value in values:
            key = key_of(value)
            if key not in known:
                known.add(key)
                fresh.append(value)
        if is_there and not fresh:
            return False
        owner = self._owned(path)
        if id(held) not in self.own or not is_there:
            held = list(held)
            self.own[id(held)] = held
            owner[name] = held
        held.extend(fresh)
        self.members[path] = (held, known)
        return True

    def _pull(self, path: str, values: object) -> bool:
        if not isinstance(values, list):
            raise _Refusal(BAD_VALUE, "$in needs an array")
        parent, name = self._parent(path), path.rpartition(".")[2]
        if parent is None or name not in parent:
            return False
        current = parent[name]
        if not isinstance(current, list):
            raise _Refusal(BAD_VALUE, "Cannot apply $pull to a non-array value")
        wanted = {key_of(value) for value in values}
        left = [each for each in current if not _matches(each, wanted)]
        if len(left) == len(current):
            return False
        self._owned(path)[name] = left
        return True

    def _members(self, path: str, held: list[Any]) -> set[Hashable]:
        known = self.members.get(path)
        if known and known[0] is held:
            return known[1]
        return {key_of(each) for each in held}

    def _parent(self, path: str, *, is_lenient: bool = False) -> Document | None:
        """Return what holds the last name of the path; None if it is not there (yet).

        A path through something else than objects is refused, unless that does not matter.
        """
        current: Any = self.document
        names = path.split(".")
        for name, below in pairwise(names):
            if name not in current:
                return None
            current = current[name]
            if not isinstance(current, dict):
                if is_lenient:
                    return None
                raise _Refusal(
                    PATH_NOT_VIABLE,
                    f"Cannot create field '{below}' in element {{{name}: {_name(current)}}}",
                )
        parent: Document = current
        return parent

    def _owned(self, path: str) -> Document:
        """Return what holds the last name of the path, made or copied for this work."""
        current = self.document
        *above, _ = path.split(".")
        for name in above:
            inner = current.get(name)
            if inner is None or id(inner) not in self.own:
                inner = dict(inner or {})
                self.own[id(inner)] = inner
                current[name] = inner
            current = inner
        return current


def _matches(element: object, wanted: set[Hashable]) -> bool:
    if key_of(element) in wanted:
        return True
    return isinstance(element, list) and any(key_of(each) in wanted for each in element)


def _name(value: object) -> str:
    return _NAMES.get(type(value), type(value).__name__)
