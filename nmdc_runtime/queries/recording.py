"""What is kept of every change by a command: before images, the log of writes, the audit trail."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from pydantic import BaseModel

from nmdc_runtime.kernel.audit import SYSTEM, AuditTrail, current_call
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.metadata.store import MetadataStore
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.queries.store import BeforeImageStore, ImageContext

#: What one audit record names at most; the before images have all.
MOST_TARGETS: Final = 1_000
MOST_COMMAND_TEXT: Final = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRecorder:
    """Records one kind of change: deletions, or updates.

    Parameters
    ----------
    kind
        ``delete`` or ``update``.
    time_key
        Under which published name an image says when it was taken.
    kept_for
        How long images are kept; None is for ever.
    """

    kind: str
    time_key: str
    images: BeforeImageStore
    log: MetadataStore
    audit: AuditTrail
    clock: Clock
    kept_for: timedelta | None

    def prepare(self, collection: str) -> None:
        """Get ready, before the transaction."""
        self.images.prepare(collection)

    def keep(self, collection: str, documents: Sequence[Document], *, tx: Transaction) -> None:
        """Keep documents as they are before the change."""
        call, now = current_call(), self.clock()
        context = ImageContext(
            time_key=self.time_key,
            time=now,
            by=call.username or SYSTEM,
            request_id=call.request_id or None,
            expires_at=now + self.kept_for if self.kept_for else None,
        )
        self.images.add(collection, documents, context, tx=tx)

    def note(
        self,
        collection: str,
        ids: Iterable[str],
        command: BaseModel,
        *,
        counts: Mapping[str, Any],
        tx: Transaction,
    ) -> None:
        """Write down which documents were changed, and by which command."""
        changed = sorted(set(ids))
        self.log.log_writes(
            collection,
            changed,
            operation_id=current_call().request_id or "queries:run",
            time=self.clock(),
            kind=self.kind,
            tx=tx,
        )
        text = command.model_dump_json(by_alias=True, exclude_unset=True)
        targets = [f"{collection}/{each}" for each in changed[:MOST_TARGETS]] or [collection]
        self.audit.record(
            f"{self.kind}_by_query",
            *targets,
            details={**counts, "command": text[:MOST_COMMAND_TEXT]},
            tx=tx,
        )


def chunks(documents: Iterable[Document], size: int) -> Iterator[list[Document]]:
    """Yield the documents in lists of this length; the last one may be shorter."""
    chunk: list[Document] = []
    for each in documents:
        chunk.append(each)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
