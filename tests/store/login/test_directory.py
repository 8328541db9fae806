"""The directory of site clients: it follows MongoDB, and says when it does not."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from nmdc_runtime.kernel.recent import RecentChanges
from nmdc_runtime.login.directory import ClientDirectory
from nmdc_runtime.login.store import InvalidatedTokenStore
from nmdc_runtime.sites.models import HashedSecret, SiteClient
from nmdc_runtime.sites.store import CLIENTS, SiteStore

AT = datetime(2026, 11, 23, tzinfo=UTC)
PATIENCE_S = 30.0


async def eventually(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.01)


def a_client(client_id: str, **more) -> SiteClient:
    return SiteClient(id=client_id, site_id="NERSC", secrets=(HashedSecret(hash="h"),), **more)


@pytest.fixture
def changes() -> RecentChanges:
    return RecentChanges()


@pytest.fixture
async def directory(database, async_database, changes) -> AsyncIterator[ClientDirectory]:
    """Yield a directory that follows, and knows one client that was there before."""
    SiteStore(database).add_client(a_client("there"))
    InvalidatedTokenStore(database).add("withdrawn", expires_at=AT)
    followed = ClientDirectory(async_database, changes=changes)
    assert not followed.is_current("there")
    following = asyncio.create_task(followed.follow())
    await eventually(lambda: followed.is_current("there"))
    yield followed
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following


async def test_it_knows_what_was_there_and_hears_what_others_change(directory, database):
    assert directory.find_client("there").site_id == "NERSC"
    assert directory.find_client("nobody") is None
    assert directory.is_any_withdrawn(["good", "withdrawn"])
    assert not directory.is_any_withdrawn(["good"])

    elsewhere = SiteStore(database)
    elsewhere.add_client(a_client("new"))
    await eventually(lambda: directory.find_client("new") is not None)
    InvalidatedTokenStore(database).add("good", expires_at=AT + timedelta(days=1))
    await eventually(lambda: directory.is_any_withdrawn(["good"]))
    database["invalidated_tokens"].delete_one({"_id": "withdrawn"})
    await eventually(lambda: not directory.is_any_withdrawn(["withdrawn"]))
    database[CLIENTS].update_one({"id": "new"}, {"$set": {"revoked_at": AT}})
    await eventually(lambda: directory.find_client("new") is None)
    database[CLIENTS].delete_one({"id": "there"})
    await eventually(lambda: directory.find_client("there") is None)


async def test_it_does_not_answer_for_what_this_process_changes(directory, database, changes):
    here = SiteStore(database, changes=changes)

    here.replace_hash("there", old="h", new="better")
    InvalidatedTokenStore(database, changes=changes).add("token", expires_at=AT)

    assert not directory.is_current("there", "another token")
    assert not directory.is_current("another client", "token")
    assert directory.is_current("another client", "another token")


async def test_a_collection_that_is_replaced_is_read_anew(directory, database):
    database[CLIENTS].drop()
    await eventually(lambda: not directory.is_current("there"))

    SiteStore(database).add_client(a_client("after"))

    await eventually(lambda: directory.is_current("after"))
    await eventually(lambda: directory.find_client("after") is not None)
    assert directory.find_client("there") is None


async def test_more_withdrawn_tokens_than_memory_is_for_are_left_to_mongodb(
    database, async_database, changes, caplog
):
    for name in ("one", "two"):
        InvalidatedTokenStore(database).add(name, expires_at=AT)
    followed = ClientDirectory(async_database, changes=changes, most=1)

    following = asyncio.create_task(followed.follow())
    await eventually(lambda: "more than 1 tokens are withdrawn" in caplog.text)

    assert not followed.is_current("anybody")
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following
