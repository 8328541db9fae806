"""The minter's ledger in memory: the same behaviour as on MongoDB, without a server."""

import copy
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import TypeAdapter

from nmdc_runtime.ids.errors import CandidateTaken
from nmdc_runtime.ids.models import NAA, Entity, IdRecord, Minting, Status

Answer = TypeVar("Answer")
Row = Mapping[str, Any]


class MemoryLedger:
    """A `ledger.MinterLedger` that is gone when the process ends."""

    def __init__(self) -> None:
        self.records: dict[str, IdRecord] = {}
        self._typecodes: dict[str, Row] = {}
        self._classes: set[str] = set()
        self._shoulders: dict[str, Row] = {}
        self._services: set[str] = set()
        self._requesters: set[str] = set()
        self._ever_typecodes: set[str] = set()

    def put_tables(
        self,
        *,
        typecodes: Sequence[Row],
        schema_classes: Sequence[Row],
        shoulders: Sequence[Row],
        services: Sequence[Row],
    ) -> None:
        """Write these rows; typecodes and classes that are not among them become inactive."""
        self._typecodes = {row["schema_class"]: row for row in typecodes}
        self._ever_typecodes |= {row["name"] for row in typecodes}
        self._classes = {row["id"] for row in schema_classes}
        self._shoulders |= {row["assigned_to"]: row for row in shoulders}
        self._services |= {row["id"] for row in services}

    def put_requesters(self, site_ids: Iterable[str], *, tx: object = None) -> None:
        """Let these sites mint."""
        self._requesters.update(site_ids)

    def has_service(self, service_id: str) -> bool:
        """Say whether there is a minting service of this id."""
        return service_id in self._services

    def has_requester(self, site_id: str) -> bool:
        """Say whether this site may mint."""
        return site_id in self._requesters

    def find_shoulder(self, service_id: str) -> Row | None:
        """Return the shoulder that is assigned to a service."""
        return self._shoulders.get(service_id)

    def has_class(self, class_id: str | None) -> bool:
        """Say whether the current schema has this class, with ids of its own."""
        return class_id in self._classes

    def find_typecode(self, class_id: str) -> Row | None:
        """Return the typecode of a class of the current schema."""
        return self._typecodes.get(class_id)

    def list_typecodes(self) -> list[str]:
        """Return all typecodes that were ever minted for, e.g. ``bsm``, sorted."""
        return sorted(self._ever_typecodes)

    def issued(self, stem: str, *, at_least: int) -> int:
        """Return how many ids begin so, or below ``at_least`` how many there are of all kinds."""
        count = len(self.records)
        return sum(each.startswith(stem) for each in self.records) if count >= at_least else count

    def find_taken(self, ids: Collection[str], *, tx: object = None) -> set[str]:
        """Return those of the ids that were issued before."""
        return self.records.keys() & set(ids)

    def add_drafts(self, ids: Sequence[str], minting: Minting, *, tx: object) -> None:
        """Record the ids, or raise `CandidateTaken`: then none is recorded."""
        if self.find_taken(ids, tx=tx):
            raise CandidateTaken
        for each in ids:
            self.records[each] = IdRecord(
                id=each,
                name=each,
                typecode=Entity(id=minting.typecode_id),
                shoulder=Entity(id=minting.shoulder_id),
                status=Status.DRAFT,
                minted_by=minting.minted_by,
                minted_at=minting.minted_at,
            )

    def find(self, id_name: str, *, tx: object = None) -> IdRecord | None:
        """Return the record of an id."""
        return copy.deepcopy(self.records.get(id_name))

    def bind_draft(self, id_name: str, bindings: Row, *, tx: object) -> bool:
        """Replace what is bound to the id if it is a draft; say whether it was."""
        if not self._is_draft(id_name):
            return False
        self.records[id_name].bindings = copy.deepcopy(dict(bindings))
        return True

    def remove_draft(self, id_name: str, *, tx: object) -> bool:
        """Delete the record of the id if it is a draft; say whether it was."""
        return self._is_draft(id_name) and bool(self.records.pop(id_name))

    def mark_registered(self, ids: Iterable[str], *, tx: object = None) -> int:
        """Note that documents have these ids; return how many were drafts until now."""
        drafts = {each for each in ids if self._is_draft(each)}
        for each in drafts:
            self.records[each].status = Status.REGISTERED
        return len(drafts)

    def list_drafts(self, typecode: str, *, after: str, limit: int) -> list[str]:
        """Return so many drafts of a typecode in order, beginning behind an id."""
        stem = f"{NAA}:{typecode}-"
        drafts = (each for each in self.records if self._is_draft(each) and each > after)
        return sorted(each for each in drafts if each.startswith(stem))[:limit]

    def _is_draft(self, id_name: str) -> bool:
        record = self.records.get(id_name)
        return record is not None and record.status is Status.DRAFT


class MemoryTransactions:
    """Runs work on a ledger in memory, one at a time: a `ledger.Atomic` and a `ledger.Once`."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger
        self._turn = threading.Lock()
        self._answers: dict[tuple[str, str, str], bytes] = {}

    def run(self, work: Callable[[Any], Answer]) -> Answer:
        """Run the work; if it raises, nothing has happened."""
        with self._turn:
            before = copy.deepcopy(self._ledger.records)
            try:
                return work(self)
            except BaseException:
                self._ledger.records = before
                raise

    def once(
        self,
        key: str | None,
        *,
        caller: str,
        route: str,
        request: object,
        work: Callable[[Any], Answer],
        model: TypeAdapter[Answer],
    ) -> tuple[Answer, bool]:
        """Run the work, or return what it answered to this key before."""
        if key is None:
            return self.run(work), False
        name = (caller, route, key)
        known = self._answers.get(name)
        if known is not None:
            return model.validate_json(known), True
        answer = self.run(work)
        self._answers[name] = model.dump_json(answer)
        return answer, False
