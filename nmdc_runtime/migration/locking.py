"""The lock on writes while a migration is at work: it lives as long as its owner does."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from pymongo.errors import PyMongoError

from nmdc_runtime.migration.errors import LockLost
from nmdc_runtime.mongo.transactions import Transaction
from nmdc_runtime.plans.guard import WriteGuard

logger = logging.getLogger(__name__)

#: After so long without a sign of life of its owner writes go on.
LASTS: Final = timedelta(seconds=20)


class WriteLock:
    """Writes of schema documents are locked."""

    def __init__(self, guard: WriteGuard, reason: str) -> None:
        self._guard = guard
        self._reason = reason
        self._ended = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self.stays = False
        guard.lock_writes(reason, lasts=LASTS)
        self._keeper.start()

    def stay(self, also: Callable[[Transaction], None]) -> None:
        """Let the lock stay until it is taken away, whatever becomes of this process.

        In the same transaction do what makes somebody take it away. Raise `LockLost` if it has
        ended in between, so that somebody may have written.
        """
        self.stop()
        if not self._guard.keep_lock(also):
            raise LockLost
        self.stays = True

    def stop(self) -> None:
        """Give no further signs of life."""
        self._ended.set()
        self._keeper.join()

    def _keep(self) -> None:
        while not self._ended.wait(LASTS.total_seconds() / 5):
            try:
                if not self._guard.extend_lock(lasts=LASTS):
                    return  # `stay` will find out
            except PyMongoError as error:
                logger.warning("lock not extended", extra={"reason": str(error)[:200]})


@contextmanager
def writes_locked(guard: WriteGuard, reason: str) -> Iterator[WriteLock]:
    """Lock writes for as long as the block runs, or until it is said that the lock stays."""
    lock = WriteLock(guard, reason)
    try:
        yield lock
    finally:
        lock.stop()
        if not lock.stays:
            guard.unlock_writes()
