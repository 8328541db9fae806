"""Migrations from an older version of the schema to the one that is installed."""

import gzip
import json

import bson
import pytest
from bson import json_util

from nmdc_runtime.graph.store import ALLDOCS
from nmdc_runtime.migration.errors import (
    DocumentsUnfit,
    MigratorFailed,
    NothingToUndo,
    SomebodyWrote,
    VersionsDisagree,
    VersionUnknown,
    WritesWouldBeLost,
)
from nmdc_runtime.migration.models import Phase
from nmdc_runtime.migration.store import EVENTS, LATEST_VIEW, TXN_LOG
from nmdc_runtime.plans.errors import WritesLocked
from tests.store.migration.conftest import migrate
from tests.support.older_data import VERSION, in_order, stored


def events(database) -> list[str]:
    return [each["event"] for each in database[EVENTS].find().sort("_id")]


def private_names(database) -> set[str]:
    return {
        name
        for name in database.list_collection_names()
        if name.startswith(("_before_", "_runtime.tmp."))
    }


def index_names(database) -> dict[str, set[str]]:
    return {
        name: set(database[name].index_information())
        for name in database.list_collection_names()
        if name.endswith("_set")
    }


def try_to_write(service) -> None:
    with pytest.raises(WritesLocked, match="being migrated"):
        service.transactions.run(service.guard.hold)


def test_all_data_are_migrated_with_dump_record_and_graph_and_go_back(
    service, fresh_database, older, told, tmp_path
):
    fresh_database["biosample_set"].create_index("habitat", name="an operator's own")
    old = stored(fresh_database, keys=True)
    told.at["migrators"] = lambda: try_to_write(service)

    report = migrate(service, source=VERSION, dump=tmp_path / "dump")

    assert [each.listed[:2] for each in report.collections if each.listed] == []
    assert report.outcome == "migrated"
    assert report.problems == 0
    assert [each for each in report.modules if "11_16_1" in each] == [
        "migrator_from_11_15_1_to_11_16_1",
        "migrator_from_11_16_1_to_11_17_0",
    ]
    assert stored(fresh_database) == in_order(older)
    changed = {each.collection: each.changed for each in report.collections if each.is_different}
    assert set(changed) == {"biosample_set", "data_generation_set", "workflow_execution_set"}
    assert changed["biosample_set"] == 8  # of twelve
    assert private_names(fresh_database) == {f"_before_{name}" for name in changed}
    # The keys of MongoDB stay, and so do its indexes.
    new_keys = stored(fresh_database, keys=True)
    for name, documents in old.items():
        assert [each["_id"] for each in new_keys[name]] == [each["_id"] for each in documents]
    biosample_indexes = fresh_database["biosample_set"].index_information()
    assert "an operator's own" in biosample_indexes
    assert biosample_indexes["id_1"]["unique"]
    # What happened is on record, and says which version the data have.
    assert events(fresh_database) == [
        "MIGRATION_WRITES_LOCKED",
        "MIGRATION_DUMPED",
        "MIGRATION_TRANSFORMED",
        "MIGRATION_VALIDATED",
        "MIGRATION_STARTED",
        "MIGRATION_COMPLETED",
    ]
    completed = fresh_database[EVENTS].find_one({"event": "MIGRATION_COMPLETED"})
    assert completed["from_schema_version"] == VERSION
    assert completed["to_schema_version"] == service.registry.version
    assert completed["created_at"].endswith("+00:00")
    assert list(fresh_database[LATEST_VIEW].find()) == [{"schema_version": report.target}]
    # The dump has the old documents, in the form of mongodump.
    place = tmp_path / "dump" / fresh_database.name
    for entry in json.loads((tmp_path / "dump" / "manifest.json").read_text())["collections"]:
        packed = (place / f"{entry['name']}.bson.gz").read_bytes()
        assert len(packed) == entry["size_bytes"]
        dumped = bson.decode_all(gzip.decompress(packed))
        assert sorted(dumped, key=lambda each: each["id"]) == old[entry["name"]]
        assert entry["documents"] == len(dumped)
    metadata = json_util.loads(
        gzip.decompress((place / "biosample_set.metadata.json.gz").read_bytes())
    )
    assert {each["name"] for each in metadata["indexes"]} == {"_id_", "an operator's own"}
    assert fresh_database[ALLDOCS].count_documents({}) == sum(map(len, older.values()))
    assert service.guard.find_lock() is None

    assert migrate(service).outcome == "nothing to do"
    with pytest.raises(VersionsDisagree):
        migrate(service, source="11.17.0")

    fresh_database[TXN_LOG].insert_one(
        {"tgt": {"id": "x", "c": "biosample_set"}, "ts": service.clock()}
    )
    with pytest.raises(WritesWouldBeLost, match="1 writes"):
        service.rollback()
    assert service.guard.find_lock() is None
    assert service.rollback(lose_writes=True).phase is Phase.UNDONE
    assert stored(fresh_database, keys=True) == old
    assert private_names(fresh_database) == set()
    assert list(fresh_database[LATEST_VIEW].find()) == [{"schema_version": VERSION}]
    assert "an operator's own" in fresh_database["biosample_set"].index_information()
    assert service.guard.find_lock() is None
    with pytest.raises(NothingToUndo):
        service.rollback()


def test_a_rehearsal_reports_and_changes_nothing(service, fresh_database, older, told):
    old, old_indexes = stored(fresh_database, keys=True), index_names(fresh_database)
    told.at["migrators"] = lambda: service.transactions.run(service.guard.hold)
    with pytest.raises(VersionUnknown, match="--from"):
        migrate(service, is_dry_run=True)

    report = migrate(service, source=VERSION, is_dry_run=True)

    assert report.outcome == "would be migrated"
    assert sum(each.changed for each in report.collections) > 8
    assert told.steps == ["copy", "migrators", "check"]
    assert stored(fresh_database, keys=True) == old
    assert index_names(fresh_database) == old_indexes
    assert events(fresh_database) == []
    assert private_names(fresh_database) == set()


def check_old_data_serve(service, database, old) -> None:
    assert stored(database, keys=True) == old
    assert private_names(database) == set()
    assert service.guard.find_lock() is None
    assert events(database)[-1] == "MIGRATION_FAILED"
    assert service.store.find_data_version() is None
    service.transactions.run(service.guard.hold)  # writers may go on


def test_a_migrator_that_fails_leaves_the_old_data_serving(service, fresh_database, older):
    fresh_database["biosample_set"].update_one({}, {"$set": {"add_date": "last spring"}})
    old = stored(fresh_database, keys=True)

    with pytest.raises(MigratorFailed, match=r"11_16_1_to_11_17_0 failed: ValueError.*last spring"):
        migrate(service, source=VERSION)

    check_old_data_serve(service, fresh_database, old)


def test_documents_that_do_not_fit_are_all_reported_and_nothing_is_changed(
    service, fresh_database, older
):
    biosamples = fresh_database["biosample_set"]
    ids = [each["id"] for each in biosamples.find({}, {"id": 1}).limit(5)]
    biosamples.update_one({"id": ids[0]}, {"$set": {"ecosystem": 5}})
    biosamples.update_one({"id": ids[1]}, {"$set": {"no_such_slot": "x"}})
    biosamples.update_one({"id": ids[2]}, {"$set": {"associated_studies": ["nmdc:sty-99-none"]}})
    biosamples.update_one({"id": ids[3]}, {"$set": {"ecosystem": service.clock()}})
    twin = biosamples.find_one({"id": ids[4]}, {"_id": 0})
    biosamples.insert_one(twin | {"name": "another name"})
    fresh_database["private_notes_set"].insert_one({"id": "x"})
    old = stored(fresh_database, keys=True)

    with pytest.raises(DocumentsUnfit) as failed:
        migrate(service, source=VERSION, most_problems=3)

    report = {each.collection: each for each in failed.value.report.collections}
    found = report["biosample_set"]
    assert found.rules == {
        "type": 2,
        "additionalProperties": 1,
        "reference": 1,
        "unique_id": 1,
    }
    assert found.problems == 5
    assert len(found.listed) == 3
    assert report["private_notes_set"].note.endswith("left as it is")
    assert sum(each.problems for each in report.values()) == 5
    check_old_data_serve(service, fresh_database, old)


def test_who_writes_past_the_lock_stops_the_migration(service, fresh_database, older, told):
    someone_elses = {"id": "nmdc:bsm-99-late", "type": "nmdc:Biosample"}
    told.at["prepare"] = lambda: fresh_database["biosample_set"].insert_one(someone_elses)

    with pytest.raises(SomebodyWrote, match="biosample_set"):
        migrate(service, source=VERSION)

    check_old_data_serve(service, fresh_database, stored(fresh_database, keys=True))
    assert fresh_database["biosample_set"].find_one({"id": someone_elses["id"]})
