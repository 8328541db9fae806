"""Requests are put on record behind their backs, and none is lost without being counted."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pymongo import AsyncMongoClient, WriteConcern

from nmdc_runtime.web.analytics import ANALYTICS, BATCH, MOST_WAITING, Analytics
from nmdc_runtime.web.context import Served


def a_request(path: str = "/jobs/1", *, host: str = "hub.example:8000", **more: Any) -> Served:
    headers = [(b"host", host.encode()), (b"user-agent", b"a client")]
    scope = {"path": path, "headers": headers, "client": ("192.0.2.1", 1), **more}
    return Served(scope, "GET", "/jobs/{job_id}", 200, 0.0126)


@pytest.fixture
def notes(now) -> Analytics:
    return Analytics(clock=lambda: now, lifetime=timedelta(days=30))


async def test_a_record_has_the_published_fields_and_a_date_by_which_it_goes(
    notes, async_database, database, now
):
    async with notes.writing_to(async_database):
        notes.ended(a_request())
        assert notes.waiting == 1

    [record] = database[ANALYTICS].find({}, {"_id": 0})
    assert record == {
        "hostname": "hub.example",
        "ip_address": "192.0.2.1",
        "path": "/jobs/1",
        "user_agent": "a client",
        "method": "GET",
        "status": 200,
        "response_time": 13,
        "created_at": "2026-11-23T12:00:00.000000",
        "source": "FastAPI",
        "route": "/jobs/{job_id}",
        "at": now,
        "expires_at": now + timedelta(days=30),
    }
    assert (notes.written, notes.dropped, notes.failures) == (1, 0, 0)


def test_mongodb_removes_records_when_their_time_has_come(database):
    indexes = database[ANALYTICS].index_information()

    assert indexes["expires_at_1"]["expireAfterSeconds"] == 0
    assert indexes["at_1"]["key"] == [("at", 1)]


@pytest.mark.parametrize(
    ("host", "hostname"),
    [("HUB.example", "hub.example"), ("[::1]:8000", "::1"), ("", ""), ("a:1:2", "a")],
)
async def test_the_host_is_told_without_its_port(notes, async_database, database, host, hostname):
    notes.ended(a_request(host=host))
    await notes.flush(async_database)

    assert database[ANALYTICS].find_one()["hostname"] == hostname


async def test_what_clients_make_up_is_cut_and_never_stops_the_others(
    notes, async_database, database
):
    notes.ended(a_request("/" + "x" * 60_000))
    notes.ended(a_request("/null\0byte", client=None))
    await notes.flush(async_database)

    lengths = sorted(len(each["path"]) for each in database[ANALYTICS].find())
    assert lengths == [10, 2_000]
    assert notes.written == 2


async def test_a_record_that_mongodb_cannot_hold_is_dropped_and_counted(
    notes, async_database, database
):
    notes.ended(a_request("/\ud800"))
    await notes.flush(async_database)
    notes.ended(a_request("/fine"))
    await notes.flush(async_database)

    assert [each["path"] for each in database[ANALYTICS].find()] == ["/fine"]
    assert (notes.written, notes.dropped, notes.failures) == (1, 1, 1)


@pytest.fixture
async def away(mongo_url, database):
    """Return the database as it is after its client was closed: nothing reaches it."""
    client = AsyncMongoClient(mongo_url)
    await client.close()
    return client[database.name]


async def test_records_wait_while_they_cannot_be_written_and_are_written_once(
    notes, away, async_database, database
):
    for number in range(3):
        notes.ended(a_request(f"/{number}"))
    await notes.flush(away)
    assert (notes.waiting, notes.failures, notes.dropped) == (3, 1, 0)

    await notes.flush(async_database)

    assert [each["path"] for each in database[ANALYTICS].find()] == ["/0", "/1", "/2"]
    assert (notes.waiting, notes.written, notes.dropped) == (0, 3, 0)


async def test_a_write_of_which_nobody_knows_whether_it_holds_is_written_once(
    notes, async_database, database
):
    notes.ended(a_request())
    await notes.flush(async_database.with_options(write_concern=WriteConcern(w=9)))
    assert (notes.waiting, notes.failures) == (1, 1)

    await notes.flush(async_database)

    assert database[ANALYTICS].count_documents({}) == 1
    assert (notes.waiting, notes.written, notes.dropped) == (0, 1, 0)


async def test_a_batch_of_which_a_part_was_written_already_is_completed(
    notes, away, async_database, database
):
    for number in range(4):
        notes.ended(a_request(f"/{number}"))
    await notes.flush(away)
    database[ANALYTICS].insert_one(dict(notes._unwritten[1]))  # the answer to this write was lost

    await notes.flush(async_database)

    paths = sorted(each["path"] for each in database[ANALYTICS].find())
    assert paths == ["/0", "/1", "/2", "/3"]
    assert (notes.waiting, notes.written, notes.dropped) == (0, 4, 0)


async def test_the_queue_is_bounded_and_what_is_lost_is_counted(notes):
    for number in range(MOST_WAITING + 5):
        notes.ended(a_request(f"/{number}"))

    assert (notes.waiting, notes.dropped) == (MOST_WAITING, 5)


async def test_more_than_a_batch_is_written_at_the_end(notes, async_database, database):
    async with notes.writing_to(async_database):
        for number in range(BATCH + 7):
            notes.ended(a_request(f"/{number}"))

    assert database[ANALYTICS].count_documents({}) == BATCH + 7


async def test_an_end_without_a_database_loses_records_and_says_how_many(notes, away, caplog):
    async with notes.writing_to(away):
        notes.ended(a_request())

    assert (notes.waiting, notes.dropped) == (0, 1)
    assert "analytics not written at the end" in caplog.text


async def test_records_are_written_while_the_hub_runs(now, async_database, database):
    notes = Analytics(clock=lambda: now, lifetime=timedelta(days=1), flush_every_s=0.01)
    async with notes.writing_to(async_database):
        notes.ended(a_request())
        async with asyncio.timeout(30):
            while not notes.written:
                await asyncio.sleep(0.01)
        assert database[ANALYTICS].count_documents({}) == 1
