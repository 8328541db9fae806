"""Which errors Dagster retries, and when."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import dagster as dg

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError

#: Some four minutes in all: a MongoDB primary is elected in seconds, a pod restarts in a minute.
RETRY_UNAVAILABLE: Final = dg.RetryPolicy(
    max_retries=5, delay=4, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)

#: How often one who says "not so many" is asked again, and how long a run waits for that at most:
#: it keeps its place in the queue meanwhile.
MOST_RETRIES_OF_TOO_MANY: Final = 5
LONGEST_WAIT_S: Final = 600.0
#: When it does not say how long to wait.
USUAL_WAIT_S: Final = 30.0


@contextmanager
def permanent_unless_unavailable() -> Iterator[None]:
    """Let what may work later be tried again; fail for good on any other refusal.

    `UNAVAILABLE` is left to the op's retry policy. `TOO_MANY` is tried again when the one who
    refused wants it (``Retry-After``), whatever the policy. Retrying a refused record only hides
    it.
    """
    try:
        yield
    except NmdcError as error:
        if error.kind is ErrorKind.UNAVAILABLE:
            raise
        if error.kind is ErrorKind.TOO_MANY:
            raise dg.RetryRequested(
                max_retries=MOST_RETRIES_OF_TOO_MANY,
                seconds_to_wait=wanted_wait_s(
                    error.headers.get("Retry-After"), now=datetime.now(UTC)
                ),
            ) from error
        raise dg.Failure(
            description=str(error),
            metadata={"problem": type(error).__name__, "kind": error.kind.value},
            allow_retries=False,
        ) from error


def wanted_wait_s(retry_after: str | None, *, now: datetime) -> float:
    """Return how long to wait: ``Retry-After`` is a number of seconds, or a date of HTTP's."""
    if retry_after is None:
        return USUAL_WAIT_S
    said = retry_after.strip()
    if said.isascii() and said.isdecimal():
        return min(float(said), LONGEST_WAIT_S)
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return USUAL_WAIT_S
    if at.tzinfo is None:  # "-0000": UTC, by a clock that knows no zone
        at = at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), LONGEST_WAIT_S)
