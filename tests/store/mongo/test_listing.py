"""Pages of a collection, read from a real MongoDB."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.errors import ExecutionTimeout

from nmdc_runtime.mongo.filters import ClientFilter, parse_filter
from nmdc_runtime.mongo.listing import After, Listing, PageSpec, read_page
from nmdc_runtime.mongo.projections import WHOLE, parse_projection
from nmdc_runtime.mongo.queries import QueryRefused

COUNT = 23


@pytest.fixture
def things(async_database, database) -> Listing:
    """23 documents, stored in no order, with ids that an index makes unique."""
    database["things"].create_index("id", unique=True)
    database["things"].insert_many(
        {"id": f"nmdc:t-{(number * 7) % COUNT:02}", "number": (number * 7) % COUNT}
        for number in range(COUNT)
    )
    return Listing(collection=async_database["things"], time_limit_ms=5_000)


def filtering(text: str | None) -> ClientFilter | None:
    return parse_filter(text)


async def read_all(listing: Listing, spec: PageSpec) -> tuple[list[dict[str, Any]], After | None]:
    page = await read_page(listing, spec)
    documents = [document async for batch in page.batches() for document in batch]
    return documents, page.next


async def walk(listing: Listing, spec: PageSpec) -> list[list[dict[str, Any]]]:
    """Return the pages that a client gets who follows the tokens to the end."""
    pages = []
    while True:
        documents, following = await read_all(listing, spec)
        pages.append(documents)
        if following is None:
            return pages
        spec = replace(spec, after=following)


@settings(
    deadline=timedelta(seconds=5),
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # the walks only read
)
@given(
    size=st.integers(min_value=-1, max_value=COUNT + 2),
    batch=st.integers(min_value=1, max_value=8),
    chunk=st.integers(min_value=1, max_value=30),
    least=st.integers(min_value=0, max_value=COUNT),
)
async def test_a_walk_yields_every_document_once_in_order(things, size, batch, chunk, least):
    spec = PageSpec(
        size=size,
        batch=batch,
        chunk=max(chunk, batch),
        filter=filtering(f'{{"number": {{"$gte": {least}}}}}'),
    )
    pages = await walk(things, spec)
    assert [each["number"] for page in pages for each in page] == list(range(least, COUNT))
    lengths = [len(page) for page in pages]
    if size < 1:
        assert len(pages) == 1
    else:
        assert all(length == size for length in lengths[:-1])
        assert lengths[-1] > 0 or least == COUNT


@pytest.mark.parametrize(
    "text",
    ['{"id": "nmdc:t-20"}', '{"id": {"$gt": "nmdc:t-19"}}', '{"id": {"$in": ["nmdc:t-20"]}}'],
)
async def test_a_filter_on_the_key_itself_goes_together_with_the_page(things, text):
    spec = PageSpec(size=20, filter=filtering(text), after=After("nmdc:t-05"))
    documents, _ = await read_all(things, spec)
    assert documents[0]["number"] == 20
    behind, _ = await read_all(things, replace(spec, after=After("nmdc:t-22")))
    assert behind == []


async def test_documents_come_without_their_objectid(things):
    documents, _ = await read_all(things, PageSpec(size=1))
    assert documents == [{"id": "nmdc:t-00", "number": 0}]


async def test_a_projection_brings_the_key_along(things):
    spec = PageSpec(size=1, projection=parse_projection("number.x, number, absent") or WHOLE)
    assert (await read_all(things, spec))[0] == [{"id": "nmdc:t-00", "number": 0}]


async def test_a_document_without_the_key_comes_first_and_is_not_repeated(things, database):
    database["things"].insert_one({"number": -1})
    pages = await walk(things, PageSpec(size=1))
    assert [page[0]["number"] for page in pages] == list(range(-1, COUNT))


async def test_keys_of_all_types_are_walked_in_mongodbs_order(async_database, database):
    keys = [None, 1, 2.5, 3, "a", "b", {"x": 1}, ObjectId("0" * 24), ObjectId("f" * 24), True]
    database["mixed"].insert_many({"_id": key, "place": place} for place, key in enumerate(keys))
    mixed = Listing(collection=async_database["mixed"], key="_id", time_limit_ms=5_000)
    for size in (1, 3):
        pages = await walk(mixed, PageSpec(size=size))
        assert [each["place"] for page in pages for each in page] == list(range(len(keys)))


async def test_the_condition_of_the_route_holds_whatever_the_client_asks(things):
    odd = replace(things, condition={"number": {"$mod": [2, 1]}})
    spec = PageSpec(size=0, filter=filtering('{"$or": [{"number": 4}, {"number": 5}]}'))
    assert [each["number"] for each in (await read_all(odd, spec))[0]] == [5]


async def test_a_condition_for_lists_without_a_filter_gives_way_to_any_filter(things):
    odd = replace(things, unless_filtered={"number": {"$mod": [2, 1]}})
    assert (await read_all(odd, PageSpec(size=1)))[0][0]["number"] == 1
    assert (await read_all(odd, PageSpec(size=1, filter=filtering("{}"))))[0][0]["number"] == 0


async def test_hidden_attributes_are_in_no_answer(async_database, database):
    database["sites"].insert_one(
        {"id": "a", "clients": [{"id": "c", "secret": "s"}], "private": 1, "_mgr": {"x": 1, "y": 2}}
    )
    listing = Listing(
        collection=async_database["sites"],
        time_limit_ms=5_000,
        hidden=frozenset({"clients.secret", "private", "_mgr.x"}),
    )
    for text in (None, "clients,private,_mgr", "clients.secret,private,_mgr.x,_mgr.y,clients.id"):
        spec = PageSpec(size=5, projection=parse_projection(text) or WHOLE)
        documents, _ = await read_all(listing, spec)
        assert documents == [{"id": "a", "clients": [{"id": "c"}], "_mgr": {"y": 2}}]


@pytest.mark.parametrize(
    ("filter_text", "projection_text"),
    [
        ('{"a": {"$in": 1}}', None),
        ('{"id": {"$regex": "("}}', None),
        ('{"id": {"$regex": "a", "$options": "z"}}', None),
        ('{"$and": []}', None),
        ('{"$expr": {"$toInt": "$id"}}', None),
        ('{"$expr": {"$size": "$id"}}', None),
        ('{"$expr": {"$gt": [1]}}', None),
        ('{"$jsonSchema": {"foo": 1}}', None),
        (None, "$a"),
        (None, "a..b"),
        (None, "a."),
        (None, ".".join("a" * 300)),
        (None, "a.$.b"),
    ],
)
async def test_what_mongodb_refuses_is_the_clients_mistake(things, filter_text, projection_text):
    spec = PageSpec(
        size=20,
        filter=filtering(filter_text),
        projection=parse_projection(projection_text) or WHOLE,
    )
    with pytest.raises(QueryRefused, match="MongoDB refuses the query: ") as refusal:
        await read_page(things, spec)
    assert "clusterTime" not in str(refusal.value)
    assert "errmsg" not in str(refusal.value)


async def test_a_query_over_its_time_limit_ends(things, database):
    database["things"].insert_many(
        {"id": f"nmdc:u-{number}", "text": "a" * 3_000} for number in range(2_000)
    )
    slow = replace(things, time_limit_ms=1)
    spec = PageSpec(size=0, filter=filtering('{"text": {"$regex": "(a*)*b"}}'))
    with pytest.raises(ExecutionTimeout):
        await read_page(slow, spec)


async def test_a_page_goes_on_when_the_server_loses_its_cursor(things, mongo_client, database):
    page = await read_page(things, PageSpec(size=0, batch=5))
    batches = page.batches()
    seen = [each["number"] for each in await anext(batches)]
    idle = mongo_client.admin.aggregate(
        [
            {"$currentOp": {"idleCursors": True, "allUsers": True}},
            {"$match": {"ns": f"{database.name}.things", "type": "idleCursor"}},
        ]
    )
    ids = [each["cursor"]["cursorId"] for each in idle]
    assert len(ids) == 1
    database.command({"killCursors": "things", "cursors": ids})
    seen += [each["number"] async for batch in batches for each in batch]
    assert seen == list(range(COUNT))


async def test_a_page_that_is_left_unread_leaves_no_cursor_on_the_server(things, database):
    for size in (0, 5, 20):
        page = await read_page(things, PageSpec(size=size, batch=4))
        batches = page.batches()
        await anext(batches)
        await batches.aclose()
    opened = database.client.admin.aggregate(
        [
            {"$currentOp": {"idleCursors": True, "allUsers": True}},
            {"$match": {"ns": f"{database.name}.things", "type": "idleCursor"}},
        ]
    )
    assert list(opened) == []


async def test_fifty_thousand_ids_in_one_filter_work(things):
    ids = [f"nmdc:absent-{number:06}" for number in range(50_000)] + ["nmdc:t-07", "nmdc:t-03"]
    spec = PageSpec(size=0, filter=filtering(json.dumps({"id": {"$in": ids}})))
    assert [each["number"] for each in (await read_all(things, spec))[0]] == [3, 7]


@pytest.mark.parametrize("after", [None, After("nmdc:t-10")])
@pytest.mark.parametrize("text", ["{}", '{"number": {"$gt": 0}}', '{"id": {"$gt": "nmdc:t-05"}}'])
async def test_the_keys_index_gives_the_page_without_a_scan_or_sort(things, database, text, after):
    database.command({"profile": 2})
    await read_page(things, PageSpec(size=2, filter=filtering(text), after=after))
    database.command({"profile": 0})
    (query,) = database["system.profile"].find({"op": "query", "ns": f"{database.name}.things"})
    assert query["planSummary"] == "IXSCAN { id: 1 }"
    assert "hasSortStage" not in query
    assert query["keysExamined"] <= 5


async def test_a_list_of_ids_alone_is_answered_by_the_index_alone(things, database):
    database.command({"profile": 2})
    spec = PageSpec(size=5, projection=parse_projection("id") or WHOLE, after=After("nmdc:t-10"))
    await read_page(things, spec)
    database.command({"profile": 0})
    (query,) = database["system.profile"].find({"op": "query", "ns": f"{database.name}.things"})
    assert query["docsExamined"] == 0
