"""What the public minter asks of its surroundings, so that it runs on any store."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from pydantic import TypeAdapter

from nmdc_runtime.ids.models import IdRecord, Minting

Answer = TypeVar("Answer")
Row = Mapping[str, Any]


class MinterLedger(Protocol):
    """Keeps the minter's tables and the records of issued ids.

    ``tx`` is the transaction that a method takes part in, as `Atomic.run` hands it out.
    """

    def put_tables(
        self,
        *,
        typecodes: Sequence[Row],
        schema_classes: Sequence[Row],
        shoulders: Sequence[Row],
        services: Sequence[Row],
    ) -> None:
        """Write these rows; typecodes and classes that are not among them become inactive."""
        ...

    def put_requesters(self, site_ids: Iterable[str], *, tx: Any = None) -> None:  # noqa: ANN401
        """Let these sites mint."""
        ...

    def has_service(self, service_id: str) -> bool:
        """Say whether there is a minting service of this id."""
        ...

    def has_requester(self, site_id: str) -> bool:
        """Say whether this site may mint."""
        ...

    def find_shoulder(self, service_id: str) -> Row | None:
        """Return the shoulder that is assigned to a service."""
        ...

    def has_class(self, class_id: str | None) -> bool:
        """Say whether the current schema has this class, with ids of its own."""
        ...

    def find_typecode(self, class_id: str) -> Row | None:
        """Return the typecode of a class of the current schema."""
        ...

    def list_typecodes(self) -> list[str]:
        """Return all typecodes that were ever minted for, e.g. ``bsm``, sorted."""
        ...

    def issued(self, stem: str, *, at_least: int) -> int:
        """Return about how many ids begin so; anything below ``at_least`` may be a guess."""
        ...

    def find_taken(self, ids: Collection[str], *, tx: Any = None) -> set[str]:  # noqa: ANN401
        """Return those of the ids that were issued before."""
        ...

    def add_drafts(self, ids: Sequence[str], minting: Minting, *, tx: Any) -> None:  # noqa: ANN401
        """Record the ids in one round trip a batch, or raise `CandidateTaken`: then none is."""
        ...

    def find(self, id_name: str, *, tx: Any = None) -> IdRecord | None:  # noqa: ANN401
        """Return the record of an id."""
        ...

    def bind_draft(self, id_name: str, bindings: Row, *, tx: Any) -> bool:  # noqa: ANN401
        """Replace what is bound to the id if it is a draft; say whether it was."""
        ...

    def remove_draft(self, id_name: str, *, tx: Any) -> bool:  # noqa: ANN401
        """Delete the record of the id if it is a draft; say whether it was."""
        ...

    def mark_registered(self, ids: Iterable[str], *, tx: Any = None) -> int:  # noqa: ANN401
        """Note that documents have these ids; return how many were drafts until now."""
        ...

    def list_drafts(self, typecode: str, *, after: str, limit: int) -> list[str]:
        """Return so many drafts of a typecode in order, beginning behind an id."""
        ...


class DocumentLookup(Protocol):
    """Knows which ids stored documents have."""

    def find_used(self, ids: Iterable[str], *, tx: Any = None) -> set[str]:  # noqa: ANN401
        """Return those of the ids that a document has, be it with a run number behind."""
        ...


class Atomic(Protocol):
    """Runs work so that all of it happens or nothing."""

    def run(self, work: Callable[[Any], Answer]) -> Answer:
        """Run the work, which is given the transaction and may be called more than once."""
        ...


class Once(Protocol):
    """Runs work once for each key of a client's."""

    def once(
        self,
        key: str | None,
        *,
        caller: str,
        route: str,
        request: Any,  # noqa: ANN401 (any JSON value)
        work: Callable[[Any], Answer],
        model: TypeAdapter[Answer],
    ) -> tuple[Answer, bool]:
        """Run the work in a transaction, or return what it answered to this key before."""
        ...
