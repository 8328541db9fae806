"""Chores of the hub: each when it is due, and none stopped by another."""

import asyncio
from collections import Counter

import pytest
from pymongo.errors import AutoReconnect

from nmdc_runtime.api import housekeeping
from nmdc_runtime.api.housekeeping import Chore, keep_house


@pytest.fixture
def done(monkeypatch):
    """Keep house for a while at a quick tick; return how often each chore was done."""
    monkeypatch.setattr(housekeeping, "TICK_S", 0.01)

    async def run(*chores: Chore, until) -> None:
        task = asyncio.create_task(keep_house(list(chores)))
        while not until():
            await asyncio.sleep(0.01)
        task.cancel()

    return run


async def test_a_chore_that_fails_stops_neither_the_others_nor_itself(done, caplog):
    count = Counter()

    def fail(error):
        count[type(error)] += 1
        raise error

    await done(
        Chore("a", lambda: fail(AutoReconnect("gone")), 0.01),
        Chore("b", lambda: fail(ValueError("a mistake of ours")), 0.01),
        Chore("c", lambda: count.update("c"), 0.01),
        until=lambda: count["c"] >= 3,
    )

    assert count[AutoReconnect] >= 3
    assert count[ValueError] >= 3
    assert {record.getMessage() for record in caplog.records} == {"chore not done", "chore failed"}


async def test_a_chore_is_done_no_more_often_than_it_says(done):
    count = Counter()
    await done(
        Chore("seldom", lambda: count.update("s"), 3_600),
        Chore("often", lambda: count.update("o"), 0.01),
        until=lambda: count["o"] >= 5,
    )

    assert count["s"] == 1
