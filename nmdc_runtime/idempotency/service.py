"""How a request that comes again under its key is done once."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter
from pymongo.errors import DuplicateKeyError

from nmdc_runtime.idempotency.errors import IdempotencyKeyReused
from nmdc_runtime.idempotency.store import AnswerStore, StoredAnswer
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.documents import to_json
from nmdc_runtime.mongo.transactions import Transaction, Transactions

#: How long an answer is kept: the retries of known clients end after minutes.
KEPT_FOR: Final = timedelta(days=1)

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyService:
    """Run work once for each key."""

    answers: AnswerStore
    transactions: Transactions
    clock: Clock

    def once(
        self,
        key: str | None,
        *,
        caller: str,
        route: str,
        request: Any,  # noqa: ANN401 (any JSON value)
        work: Callable[[Transaction], Answer],
        model: TypeAdapter[Answer],
    ) -> tuple[Answer, bool]:
        """Run the work in a transaction and return its answer, and False; a repetition's is True.

        Parameters
        ----------
        key
            The client's ``Idempotency-Key``; without one the work always runs.
        caller, route
            Whose key it is, and for what: the same text of another caller is another key.
        request
            What was asked; the same key may not come with anything else.
        work
            Does it, in the transaction that it is given, and may be called more than once.
        model
            Writes and reads the answer.

        Raises
        ------
        IdempotencyKeyReused
            The key came with another request before.
        """
        if key is None:
            return self.transactions.run(work), False
        name = _hash(f"{caller}\0{route}\0{key}".encode())
        request_hash = _hash(to_json(request, sort_keys=True))

        def find() -> Answer | None:
            known = self.answers.find(name)
            if known is None:
                return None
            if known.request_hash != request_hash:
                raise IdempotencyKeyReused(key)
            return model.validate_json(known.answer)

        def work_and_remember(tx: Transaction) -> Answer:
            answer = work(tx)
            stored = StoredAnswer(
                name=name, request_hash=request_hash, answer=model.dump_json(answer).decode()
            )
            self.answers.add(stored, expires_at=self.clock() + KEPT_FOR, tx=tx)
            return answer

        if (known := find()) is not None:
            return known, True
        try:
            return self.transactions.run(work_and_remember), False
        except DuplicateKeyError:
            if (known := find()) is not None:  # the same request was faster
                return known, True
            raise  # it was the work's own


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
