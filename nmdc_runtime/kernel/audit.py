"""Who does what now, and the Protocol by which a use case puts what it did on record."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final, Protocol

#: Who acts where no caller does.
SYSTEM: Final = "_system"


@dataclass(slots=True, kw_only=True)
class Call:
    """One request (or one run of an op) and who makes it, known once they are authenticated."""

    request_id: str = ""
    username: str | None = None
    site_id: str | None = None
    api_key_id: str | None = None


#: Changed in place, so that what one thread finds out is seen by all that serve the request.
_current: ContextVar[Call | None] = ContextVar("nmdc_runtime.call", default=None)


def current_call() -> Call:
    """Return the call that is being served, or an empty one where nobody calls."""
    return _current.get() or Call()


@contextmanager
def serving(call: Call) -> Iterator[Call]:
    """Let `current_call` return this call while the block runs."""
    token = _current.set(call)
    try:
        yield call
    finally:
        _current.reset(token)


class AuditTrail(Protocol):
    """Keeps one record of each change of state."""

    def record(
        self,
        action: str,
        *targets: str,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        details: Mapping[str, Any] | None = None,
        tx: Any = None,  # noqa: ANN401 (the transaction of a layer above)
    ) -> None:
        """Put on record that the current call did something.

        Parameters
        ----------
        action
            Verb and noun of the use case, e.g. ``claim_job``.
        targets
            What was changed, as ``<collection>/<id>``.
        before, after
            What was there; only hashes of them are kept.
        details
            Small facts that anybody who may read the trail may know; never a secret.
        tx
            The transaction of the change: both happen, or neither.
        """
        ...
