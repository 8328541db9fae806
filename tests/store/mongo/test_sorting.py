"""Pages under any sort, read from a real MongoDB: each document once, in the server's own order."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from bson import MaxKey, MinKey, ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nmdc_runtime.mongo.queries import QueryRefused
from nmdc_runtime.mongo.sorting import Place, SortedQuery, SortKeys, read_sorted

MISSING = object()
SCALARS = [None, 0, 1, 2.5, "", "a", "b", True, False, ObjectId("0" * 24), MinKey(), MaxKey()]
VALUES = st.sampled_from([*SCALARS, MISSING, {}, {"x": 1}, {"x": ["b", 1]}]) | st.lists(
    st.sampled_from([*SCALARS, {"x": 2}, [1], []]), max_size=3
)
DIRECTIONS = st.sampled_from([1, -1])
SORTS = st.lists(
    st.tuples(st.sampled_from(["a", "a.x", "b", "type", "a.0"]), DIRECTIONS),
    unique_by=lambda key: key[0],
    max_size=3,
)


def a_document(number: int, values: tuple[Any, Any]) -> dict[str, Any]:
    named = zip(("a", "b"), values, strict=True)
    shown = {name: value for name, value in named if value is not MISSING}
    return {"id": f"nmdc:t-{number:03}", "type": f"t{number % 3}", **shown}


async def walk(collection, sort: SortKeys, size: int, **more: Any) -> list[str]:
    """Return the ids in the order of a walk whose places travel as text."""
    after: Place | None = None
    seen: list[str] = []
    while True:
        query = SortedQuery(sort=sort, size=size, after=after, time_limit_ms=5_000, **more)
        page = await read_sorted(collection, query)
        seen += [each["id"] for each in page.documents]
        if page.next is None:
            return seen
        assert len(page.documents) == size
        after = Place.from_text(page.next.to_text())


def has_two_lists(sort: SortKeys) -> bool:
    """Say whether a document may have lists at two of the paths."""
    return len([path for path, _ in sort if path[0] in "ab"]) > 1


@settings(
    deadline=timedelta(seconds=20),
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example starts it anew
)
@given(
    values=st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=14),
    keys=SORTS,
    direction=DIRECTIONS,
    size=st.integers(min_value=1, max_value=15),
)
async def test_a_walk_yields_every_document_once_in_the_servers_order(  # noqa: PLR0917 (drawn)
    async_database, database, values, keys, direction, size
):
    collection = database["sorted_things"]
    if "id_1" not in collection.index_information():
        collection.create_index("id", unique=True)
    collection.delete_many({})
    collection.insert_many(a_document(n, each) for n, each in enumerate(values))
    sort: SortKeys = (*keys, ("id", direction))
    if has_two_lists(sort):
        with suppress(QueryRefused):  # MongoDB cannot sort by two lists of one document
            assert len(await walk(async_database["sorted_things"], sort, size)) == len(values)
        return
    walked = await walk(async_database["sorted_things"], sort, size)
    assert walked == [each["id"] for each in collection.find().sort(list(sort))]


@pytest.mark.parametrize("keys", [(), (("type", -1),), (("b", 1), ("type", 1))])
async def test_pages_by_number_follow_the_same_order(async_database, database, keys):
    database["sorted_things"].delete_many({})
    database["sorted_things"].insert_many(a_document(n, (n % 4, n % 5)) for n in range(23))
    sort: SortKeys = (*keys, ("id", 1))
    walked = await walk(async_database["sorted_things"], sort, 5)
    for skip in (0, 5, 20, 23, 10_000_000):
        query = SortedQuery(sort=sort, size=5, skip=skip, time_limit_ms=5_000)
        page = await read_sorted(async_database["sorted_things"], query)
        assert [each["id"] for each in page.documents] == walked[skip : skip + 5]
        assert (page.next is None) == (skip + 5 >= 23)


@pytest.mark.parametrize("keys", [(), (("a", 1),), (("a.x", -1), ("type", 1))])
async def test_writes_during_a_walk_neither_repeat_nor_lose_what_was_there(
    async_database, database, keys
):
    collection = database["sorted_things"]
    collection.delete_many({})
    collection.insert_many(
        a_document(n, (["x", n % 3, [n, "y"], MISSING][n % 4], 0)) for n in range(60)
    )
    before = {each["id"] for each in collection.find({}, {"id": 1})}
    done = asyncio.Event()

    async def write() -> None:
        number = 100
        while not done.is_set():
            value = [number % 7, "z", [0, number], MISSING][number % 4]
            await async_database["sorted_things"].insert_one(a_document(number, (value, 0)))
            number += 1

    writing = asyncio.create_task(write())
    try:
        walked = await walk(async_database["sorted_things"], (*keys, ("id", 1)), 4)
    finally:
        done.set()
        await writing
    assert len(walked) == len(set(walked))
    assert before <= set(walked)


async def test_the_place_knows_where_it_was_though_its_document_is_gone(async_database, database):
    collection = database["sorted_things"]
    collection.delete_many({})
    collection.insert_many(a_document(n, (n // 2, 0)) for n in range(8))
    sort: SortKeys = (("a", -1), ("id", 1))
    query = SortedQuery(sort=sort, size=3, time_limit_ms=5_000)
    page = await read_sorted(async_database["sorted_things"], query)
    collection.delete_one({"id": page.documents[-1]["id"]})
    following = SortedQuery(sort=sort, size=9, after=page.next, time_limit_ms=5_000)
    rest = await read_sorted(async_database["sorted_things"], following)
    assert [each["id"][-1] for each in rest.documents] == ["5", "2", "3", "0", "1"]


async def test_a_condition_and_a_projection_hold_on_every_page(async_database, database):
    collection = database["sorted_things"]
    collection.delete_many({})
    collection.insert_many(a_document(n, (n % 4, n)) for n in range(20))
    sort: SortKeys = (("a", 1), ("id", 1))
    kept = await walk(
        async_database["sorted_things"],
        sort,
        3,
        condition={"b": {"$gte": 5}, "id": {"$ne": "nmdc:t-007"}},
        projection={"_id": 0, "id": 1},
    )
    assert sorted(kept) == [f"nmdc:t-{n:03}" for n in range(5, 20) if n != 7]
    query = SortedQuery(sort=sort, size=1, projection={"_id": 0, "b": 1}, time_limit_ms=5_000)
    page = await read_sorted(async_database["sorted_things"], query)
    assert page.documents == [{"b": 0}]
