"""What may be done with the audit trail, whoever asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bson import ObjectId

from nmdc_runtime.audit.models import AuditRecord
from nmdc_runtime.audit.rules import digest_of
from nmdc_runtime.audit.store import AuditStore
from nmdc_runtime.kernel.audit import SYSTEM, current_call
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.transactions import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditService:
    """Keep and list records; fills `nmdc_runtime.kernel.audit.AuditTrail`."""

    audit: AuditStore
    clock: Clock

    def record(
        self,
        action: str,
        *targets: str,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        details: Mapping[str, Any] | None = None,
        tx: Transaction | None = None,
    ) -> None:
        """Keep a record of what the current call did; see the Protocol."""
        call = current_call()
        record = AuditRecord(
            id=str(ObjectId()),
            at=self.clock(),
            action=action,
            targets=list(targets),
            username=call.username or SYSTEM,
            site_id=call.site_id,
            api_key_id=call.api_key_id,
            request_id=call.request_id or None,
            before_hash=digest_of(before),
            after_hash=digest_of(after),
            details=dict(details) if details else None,
        )
        self.audit.add(record, tx=tx)

    def list_of(self, target: str) -> list[AuditRecord]:
        """Return what was done to a target (``<collection>/<id>``), oldest first."""
        return self.audit.list_of(target)
