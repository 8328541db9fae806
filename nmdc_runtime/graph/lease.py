"""Leases in MongoDB: of several processes, one at a time does a piece of work.

The server's clock decides. A holder that dies is followed by another when its lease expires; one
that merely slept finds out when it renews, and its writes are refused by `store`, which knows who
is at work.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from pymongo import ReturnDocument
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError, PyMongoError

from nmdc_runtime.graph.errors import LeaseLost
from nmdc_runtime.mongo.documents import Document

logger = logging.getLogger(__name__)

#: How often somebody who waits for a lease asks again.
POLL_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Hold:
    """A lease that is ours until it is lost."""

    holder: str
    lost: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raise `LeaseLost` if it is no longer ours."""
        if self.lost.is_set():
            raise LeaseLost("another process does this now")


class Lease:
    """One piece of work of which there must be one doer."""

    def __init__(self, leases: Collection[Document], name: str, *, lasts: timedelta) -> None:
        self._leases = leases
        self._name = name
        self._lasts = lasts

    @contextmanager
    def held(self, *, gives_up: Callable[[], bool]) -> Iterator[Hold | None]:
        """Yield the lease once it is ours, renewed until the end; None if the caller gave up."""
        hold = Hold(f"{self._name}:{secrets.token_hex(8)}")
        while not self._take(hold.holder):
            if gives_up():
                yield None
                return
            time.sleep(POLL_S)
        ended = threading.Event()
        keeper = threading.Thread(target=self._renew, args=(hold, ended), daemon=True)
        keeper.start()
        try:
            yield hold
        finally:
            ended.set()
            keeper.join()
            self._release(hold.holder)

    def is_held(self) -> bool:
        """Say whether anybody holds it."""
        live = {"_id": self._name, "$expr": {"$gt": ["$expires_at", "$$NOW"]}}
        return self._leases.find_one(live, {"_id": 1}) is not None

    def _take(self, holder: str) -> bool:
        # What is not there comes before any date, and so counts as expired.
        free = {"$lte": ["$expires_at", "$$NOW"]}
        taken = {
            name: {"$cond": [free, value, f"${name}"]}
            for name, value in self._extended(holder)[0]["$set"].items()
        }
        try:
            lease = self._leases.find_one_and_update(
                {"_id": self._name},
                [{"$set": taken}],
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError:  # somebody else has just made it
            return False
        return lease is not None and lease["holder"] == holder

    def _extended(self, holder: str) -> list[Document]:
        until = {"$add": ["$$NOW", self._lasts // timedelta(milliseconds=1)]}
        return [{"$set": {"holder": {"$literal": holder}, "expires_at": until}}]

    def _renew(self, hold: Hold, ended: threading.Event) -> None:
        period_s = self._lasts.total_seconds() / 4
        good_until = time.monotonic() + self._lasts.total_seconds()
        while not ended.wait(period_s):
            began = time.monotonic()
            try:
                ours = {"_id": self._name, "holder": hold.holder}
                renewed = self._leases.update_one(ours, self._extended(hold.holder))
            except PyMongoError as error:
                logger.warning("lease not renewed", extra={"reason": str(error)[:200]})
                if time.monotonic() < good_until:
                    continue
            else:
                if renewed.matched_count:
                    good_until = began + self._lasts.total_seconds()
                    continue
            logger.error("lease lost", extra={"lease": self._name, "holder": hold.holder})
            hold.lost.set()
            return

    def _release(self, holder: str) -> None:
        try:
            self._leases.delete_one({"_id": self._name, "holder": holder})
        except PyMongoError as error:  # it expires by itself
            logger.warning("lease not released", extra={"reason": str(error)[:200]})
