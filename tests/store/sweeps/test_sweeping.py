"""The sweep: what it finds, what it leaves alone, and that a dry run removes nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from bson import Binary, ObjectId

from nmdc_runtime.audit.store import AUDIT
from nmdc_runtime.checks.models import Outcome
from nmdc_runtime.objects.files import CHUNK_SIZE
from nmdc_runtime.objects.models import StoredFile
from nmdc_runtime.objects.store import CHUNKS, FILES, UPLOADS
from nmdc_runtime.queries.store import RESULTS
from nmdc_runtime.sweeps.store import LEFTOVERS

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=8)
LATELY = NOW - timedelta(days=6)


@pytest.fixture
def sweep(services):
    """Return what sweeps, some days after now, and returns the report."""

    def sweep(*, dry_run: bool = False, days: int = 0):
        sweeps = replace(services.upkeep.sweeps, clock=lambda: NOW + timedelta(days=days))
        return sweeps.sweep(dry_run=dry_run, run_id=None, tell=lambda _: None)

    return sweep


def add_file(database, id_: object, *, at: datetime) -> None:
    facts = {"filename": "f", "chunkSize": CHUNK_SIZE, "length": 3}
    database[FILES].insert_one({"_id": id_, **facts, "uploadDate": at})
    add_chunks(database, id_, at=at)


def add_chunks(database, id_: object, *, at: datetime, count: int = 1) -> None:
    for number in range(count):
        key = ObjectId.from_datetime(at)
        unique = ObjectId(key.binary[:4] + ObjectId().binary[4:])
        chunk = {"files_id": id_, "n": number, "data": Binary(b"abc")}
        database[CHUNKS].insert_one({"_id": unique, **chunk})


def kept(database) -> tuple[set, set]:
    return {each["_id"] for each in database[FILES].find()}, set(
        database[CHUNKS].distinct("files_id")
    )


@pytest.fixture
def gridfs(services, database):
    """Fill GridFS with what nothing leads to, and with what may not go."""
    services.objects.keep(
        "gfs0good",
        StoredFile(name="f", content_type="text/plain", content=b"good"),
        description="",
        username="alice",
    )
    database[FILES].update_one({"_id": "gfs0good"}, {"$set": {"uploadDate": LONG_AGO}})
    add_file(database, "gfs0orphan", at=LONG_AGO)
    odd = ObjectId()
    add_file(database, odd, at=LONG_AGO)
    add_file(database, "gfs0lately", at=LATELY)
    add_chunks(database, "gfs0headless", at=LONG_AGO, count=3)
    add_chunks(database, "gfs0sending", at=LATELY)
    add_chunks(database, "gfs0noted", at=LONG_AGO)
    database[UPLOADS].insert_one({"_id": "gfs0noted", "place": "gridfs", "started_at": LONG_AGO})
    database[CHUNKS].insert_one({"_id": "ageless", "files_id": "gfs0ageless", "n": 0, "data": b""})
    return {"gfs0orphan", odd}, {"gfs0headless"}


def test_orphans_are_counted_by_a_dry_run_and_removed_when_that_is_asked_for(
    sweep, gridfs, database
):
    files, chunks = gridfs
    before = kept(database)

    dry = sweep(dry_run=True)

    assert kept(database) == before
    assert (dry.counts["files"], dry.counts["chunks"]) == (2, 1)
    assert dry.counts["size_bytes"] == 3 + 3 + 9
    assert dry.outcome is Outcome.PROBLEMS
    assert "gfs0orphan: a file without a record, 3 bytes" in dry.notes
    assert database[AUDIT].count_documents({"action": "sweep_gridfs"}) == 0

    done = sweep()

    assert kept(database) == (before[0] - files, before[1] - files - chunks)
    assert (done.counts["files"], done.counts["chunks"]) == (2, 1)
    assert done.outcome is Outcome.GOOD
    (audited,) = database[AUDIT].find({"action": "sweep_gridfs"})
    assert audited["details"]["files"] == 2

    again = sweep()
    assert [again.counts[each] for each in ("files", "chunks", "size_bytes")] == [0, 0, 0]
    assert again.summary.startswith("removed: 0 files without a record")


def test_what_somebody_comes_to_lead_to_is_not_removed(services, gridfs, database):
    orphans = services.upkeep.sweeps.orphans
    found = {each.id: each for each in orphans.find(before=NOW - timedelta(days=7))}
    database["objects"].insert_one({"id": "gfs0orphan"})
    database[FILES].insert_one({"_id": "gfs0headless", "uploadDate": NOW})

    assert not orphans.remove(found["gfs0orphan"])

    assert database[FILES].find_one({"_id": "gfs0orphan"})
    assert database[CHUNKS].find_one({"files_id": "gfs0orphan"})


def test_chunks_of_a_removal_that_died_are_found_again(sweep, gridfs, database):
    database[FILES].delete_one({"_id": "gfs0orphan"})

    assert sweep().counts["chunks"] == 2
    assert database[CHUNKS].count_documents({"files_id": "gfs0orphan"}) == 0


def test_temporary_collections_and_scratch_databases_go_when_seen_twice(
    sweep, database, mongo_client
):
    temporary = database["_runtime.tmp.import.study_set"]
    temporary.insert_one({"id": "half"})
    database["_runtime.tmp.migration.study_set"].insert_one({"id": "needed to go on"})
    scratch = mongo_client[f"{database.name}_migration_0123456789"]
    scratch["study_set"].insert_one({"id": "copy"})
    try:
        first = sweep()
        assert (first.counts["leftovers"], first.counts["leftovers_watched"]) == (0, 2)
        assert sweep(days=6).counts["leftovers"] == 0

        dry = sweep(dry_run=True, days=8)
        assert dry.counts["leftovers"] == 2
        assert temporary.count_documents({}) == 1
        temporary.drop()
        temporary.insert_one({"id": "made anew"})  # by somebody who is at work

        done = sweep(days=8)

        assert (done.counts["leftovers"], done.counts["leftovers_watched"]) == (1, 1)
        assert scratch.name not in mongo_client.list_database_names()
        assert temporary.count_documents({}) == 1
        assert database["_runtime.tmp.migration.study_set"].count_documents({}) == 1
        temporary.drop()
        sweep(days=9)
        assert database[LEFTOVERS].count_documents({}) == 0
    finally:
        mongo_client.drop_database(scratch.name)
        temporary.drop()
        database.drop_collection("_runtime.tmp.migration.study_set")


def test_documents_whose_time_is_over_go_where_mongodb_has_not_removed_them(sweep, database):
    database[RESULTS].insert_many(
        {"result": name, "end": 1, "last_modified": NOW - timedelta(hours=hours)}
        for name, hours in (("old", 3), ("new", 1))
    )

    assert sweep(dry_run=True).counts["expired"] == 1
    done = sweep()

    assert done.counts["expired"] == 1
    assert f"{RESULTS}: 1 documents whose time was over" in done.notes
    assert [each["result"] for each in database[RESULTS].find()] == ["new"]
