"""Which errors Dagster retries."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import dagster as dg

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError

#: Some two minutes in all: a MongoDB primary is elected in seconds, a pod restarts in a minute.
RETRY_UNAVAILABLE: Final = dg.RetryPolicy(
    max_retries=5, delay=4, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)


@contextmanager
def permanent_unless_unavailable() -> Iterator[None]:
    """Let what may work later through to the retry policy; fail for good on any other refusal.

    Retrying a refused record only hides it.
    """
    try:
        yield
    except NmdcError as error:
        if error.kind is ErrorKind.UNAVAILABLE:
            raise
        raise dg.Failure(
            description=str(error),
            metadata={"problem": type(error).__name__, "kind": error.kind.value},
            allow_retries=False,
        ) from error
