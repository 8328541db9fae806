"""Objects whose upload a site reports by ending its operation, instead of registering them.

The operation's result then says what the object is. Each is registered once, and its operation says
under which id, or why not; one that is refused keeps none of the others from being registered.
"""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from nmdc_runtime.drs.errors import UploadWithoutObject
from nmdc_runtime.kernel.audit import AuditTrail, Call, serving
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.kernel.errors import ErrorKind, NmdcError
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.objects.errors import ChecksumTaken
from nmdc_runtime.objects.models import DrsObject, DrsObjectIn
from nmdc_runtime.objects.service import ObjectService
from nmdc_runtime.operations.models import OBJECT_PUT_MODEL, Operation
from nmdc_runtime.operations.service import OperationService

#: What an operation says of an upload that was cancelled, or not registered in time.
CAME_TO_NOTHING = "the operation ended without an object"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisedObjects:
    """Registers what was promised by `DrsService.put_object`."""

    objects: ObjectService
    operations: OperationService
    transactions: Transactions
    audit: AuditTrail
    clock: Clock

    def settle(self, operation_id: str) -> str:
        """Register the object that the operation has brought, and return its id.

        Asking again returns the same id and registers nothing. An object that is there already,
        under the id that was issued or with one of these checksums, is the one. Raise a refusal,
        which the operation then tells of; `UNAVAILABLE` ones leave it for another time.
        """
        operation = self.operations.get(operation_id)
        known = operation.facts.get("registered_object_id")
        if known is not None:
            return str(known)
        with serving(Call(site_id=operation.site_id)):
            try:
                return self.transactions.run(lambda tx: self._settle(operation_id, tx=tx))
            except ChecksumTaken as taken:
                if (object_id := taken.facts.get("object_id")) is None:
                    raise  # another process was faster: it is found the next time
                return self.transactions.run(
                    lambda tx: self._note(operation_id, {"registered_object_id": object_id}, tx=tx)
                )
            except NmdcError as refusal:
                if refusal.kind is not ErrorKind.UNAVAILABLE:
                    said = {"registration_error": str(refusal)}
                    self.transactions.run(lambda tx: self._note(operation_id, said, tx=tx))
                raise

    def note_registered(self, operation_id: str, object_id: str, *, tx: Transaction) -> None:
        """Record that the object is registered: nobody has to look at the operation any more."""
        self._note(operation_id, {"registered_object_id": object_id}, tx=tx)

    def _settle(self, operation_id: str, *, tx: Transaction) -> str:
        operation = self.operations.get(operation_id, tx=tx)
        object_id, record = self._promised(operation)
        if not self.objects.objects.list_of([object_id], tx=tx):
            document = self.objects.register(record, site_id=str(operation.site_id), tx=tx)
            self.objects.objects.end_upload(object_id, tx=tx)
            self.audit.record(
                "register_object",
                f"objects/{object_id}",
                f"operations/{operation_id}",
                after=document,
                tx=tx,
            )
        return self._note(operation_id, {"registered_object_id": object_id}, tx=tx)

    def _promised(self, operation: Operation) -> tuple[str, DrsObject]:
        """Return the object that the operation's result tells of, under the id that was issued."""
        object_id, result = operation.facts.get("object_id"), operation.result
        is_upload = operation.facts.get("model") == OBJECT_PUT_MODEL and object_id is not None
        given_up = operation.facts.get("cancelled") or operation.has_expired
        if not (is_upload and operation.done and not given_up and isinstance(result, dict)):
            raise UploadWithoutObject(operation.id, CAME_TO_NOTHING)
        try:
            told = DrsObjectIn.model_validate(result).model_dump(exclude_none=True)
            uri = f"drs://{self.objects.drs_host}/{object_id}"
            return str(object_id), DrsObject(**told, id=str(object_id), self_uri=uri)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "result"
            raise UploadWithoutObject(operation.id, f"{where}: {first['msg']}") from error

    def _note(self, operation_id: str, said: dict[str, Any], *, tx: Transaction) -> str:
        operation = self.operations.get(operation_id, tx=tx)
        facts = {**operation.facts, **said, "settled_at": self.clock()}
        self.operations.change(operation_id, {"metadata": facts}, tx=tx)
        return str(said.get("registered_object_id"))
