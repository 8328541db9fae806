"""What the hub does by itself, beside answering: chores that end what nobody else would.

Every hub does all of them; each is safe when several do it at once.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import anyio.to_thread
from pymongo.errors import PyMongoError

from nmdc_runtime.kernel.errors import NmdcError
from nmdc_runtime.wiring import Services

logger = logging.getLogger(__name__)

#: How often the hub looks whether a chore is due, in s.
TICK_S: Final = 5.0
MINUTE_S: Final = 60.0
HOUR_S: Final = 3_600.0


@dataclass(slots=True)
class Chore:
    """Something to be done every so often."""

    name: str
    do: Callable[[], object]
    every_s: float
    due_at: float = 0.0


def chores_of(services: Services) -> list[Chore]:
    """Return all chores; what somebody waits for comes first."""
    return [
        # Accepted submissions whose process died before it could hand them to Dagster.
        Chore("resume submissions", services.submissions.resume_abandoned, TICK_S),
        # Large submissions whose process died in the middle.
        Chore("resume large submissions", services.submissions.applier.resume_large, TICK_S),
        # Runs that ended, or were lost, without anybody telling.
        Chore("reconcile runs", services.run_reconciler.reconcile, MINUTE_S),
        Chore("end silent submissions", services.submissions.launcher.end_silent, MINUTE_S),
        # Transactions of processes that died, which would block others until their time limit.
        Chore("end transactions", services.transactions.end_abandoned, TICK_S),
        Chore("expire claims", services.jobs.expire_claims, TICK_S),
        Chore("sweep uploads", services.objects.sweep, MINUTE_S),
        # Documents may come by other ways than a hub.
        Chore("reconcile identifiers", services.minting.reconcile, HOUR_S),
    ]


async def keep_house(chores: list[Chore]) -> None:
    """Do each chore when it is due, until cancelled; one that fails stops none of the others."""
    while True:
        for chore in _due(chores, time.monotonic()):
            try:
                await anyio.to_thread.run_sync(chore.do)
            except (PyMongoError, NmdcError) as error:
                # A server that does not answer now: the next time will do.
                reason = f"{type(error).__name__}: {str(error)[:200]}"
                logger.warning("chore not done", extra={"chore": chore.name, "reason": reason})
            except Exception:
                logger.exception("chore failed", extra={"chore": chore.name})
        await asyncio.sleep(TICK_S)


def _due(chores: list[Chore], now: float) -> Iterator[Chore]:
    """Yield the chores whose time has come, and set their next."""
    for chore in chores:
        if now >= chore.due_at:
            chore.due_at = now + chore.every_s
            yield chore
