from datetime import UTC, datetime

import bson
from bson import ObjectId

from nmdc_runtime.mongo.sizes import CollectionSize, sizes_of

NEWEST = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_sizes_are_told_in_the_order_asked_for_with_the_age_that_keys_tell(database) -> None:
    documents = [
        {"_id": ObjectId.from_datetime(NEWEST.replace(day=day)), "text": "x" * 1_000}
        for day in (20, 3, 11)
    ]
    database["things"].insert_many(documents)
    database["named"].insert_one({"_id": "a name"})
    database.create_collection("emptied")
    database.command("create", "a_view", viewOn="things", pipeline=[])

    named, nothing, emptied, view, things = sizes_of(
        database, ["named", "nothing", "emptied", "a_view", "things"]
    )

    assert (named.name, named.documents, named.newest_at) == ("named", 1, None)
    assert nothing == CollectionSize(name="nothing")
    assert view == CollectionSize(name="a_view")
    assert (emptied.documents, emptied.size_bytes, emptied.newest_at) == (0, 0, None)
    assert (things.documents, things.newest_at) == (3, NEWEST)
    assert things.size_bytes == sum(len(bson.encode(each)) for each in documents)
    assert things.stored_bytes > 0
    database["a_view"].drop()  # no test finds it: they are emptied, which a view cannot be
