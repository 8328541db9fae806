"""Putting new collections in place, wherever that is broken off; and what the records then say."""

from datetime import timedelta

import pytest

from nmdc_runtime.migration import copying, swapping
from nmdc_runtime.migration.errors import (
    IndexesImpossible,
    MigrationUnfinished,
    NoRoom,
    VersionUnknown,
)
from nmdc_runtime.migration.models import EventKind, MigrationState, Phase, Swap, SwapKind
from nmdc_runtime.migration.store import EVENTS, LATEST_VIEW
from nmdc_runtime.plans.errors import WritesLocked

OLD = {"study_set": ["s1", "s2"], "omics_processing_set": ["o1"], "biosample_set": ["b1"]}
NEW = {"study_set": ["s1", "s3"], "data_generation_set": ["o1"], "biosample_set": ["b1", "b2"]}
SWAPS = [
    Swap(collection="study_set", kind=SwapKind.REPLACE),
    Swap(collection="data_generation_set", kind=SwapKind.CREATE),
    Swap(collection="omics_processing_set", kind=SwapKind.REMOVE),
    Swap(collection="biosample_set", kind=SwapKind.REPLACE),
]


def held(database) -> dict[str, list[str]]:
    names = {*OLD, *NEW} & set(database.list_collection_names())
    return {name: sorted(each["id"] for each in database[name].find()) for name in names}


@pytest.fixture
def state() -> MigrationState:
    swaps = [each.model_copy(deep=True) for each in SWAPS]
    return MigrationState(id="m", phase=Phase.SWAPPING, source="10.2", target="11.21", swaps=swaps)


@pytest.fixture
def ready(service, fresh_database, state) -> MigrationState:
    """Make a database in which all waits for the swap."""
    for name, ids in OLD.items():
        fresh_database[name].insert_many([{"id": each, "name": each} for each in ids])
    fresh_database["study_set"].create_index("name", name="ours")
    scratch = copying.make_scratch(service.client, fresh_database.name)
    for name, ids in NEW.items():
        scratch[name].insert_many([{"id": each, "name": each} for each in ids])
    for swap in state.swaps:
        if swap.collection in OLD:
            swap.indexes = copying.index_specs(fresh_database, swap.collection)
        copying.prepare(fresh_database, scratch, swap, service.registry)
    service.store.put_state(state)
    service.guard.lock_writes("a migration")
    assert held(fresh_database) == OLD
    return state


@pytest.mark.parametrize("done", [0, 2, 4])
def test_a_swap_broken_off_anywhere_is_finished_and_can_then_be_undone(
    service, fresh_database, ready, done
):
    swapping.put_in_place(fresh_database, ready.swaps[:done])
    with pytest.raises(MigrationUnfinished):
        service.check_settled()
    with pytest.raises(WritesLocked):
        service.transactions.run(service.guard.hold)

    assert service.resume().phase is Phase.COMPLETED

    assert held(fresh_database) == NEW
    indexes = fresh_database["study_set"].index_information()
    assert "ours" in indexes
    assert indexes["id_1"]["unique"]
    assert service.guard.find_lock() is None
    assert list(fresh_database[LATEST_VIEW].find()) == [{"schema_version": "11.21"}]
    assert service.resume() is None

    assert service.rollback().phase is Phase.UNDONE
    assert held(fresh_database) == OLD
    assert "ours" in fresh_database["study_set"].index_information()


@pytest.mark.parametrize("done", [0, 2, 4])
def test_a_swap_broken_off_anywhere_is_undone_also_in_two_goes(
    service, fresh_database, ready, done
):
    swapping.put_in_place(fresh_database, ready.swaps[:done])
    ready.phase = Phase.UNDOING
    service.store.put_state(ready)
    swapping.put_back(fresh_database, ready.swaps[:2])  # and there the process ended

    assert service.rollback().phase is Phase.UNDONE

    assert held(fresh_database) == OLD
    assert not [each for each in fresh_database.list_collection_names() if "tmp" in each]
    assert service.guard.find_lock() is None
    assert service.store.find_data_version() == "10.2"


def test_documents_that_a_unique_index_refuses_are_never_put_in_place(
    service, fresh_database, state
):
    scratch = copying.make_scratch(service.client, fresh_database.name)
    scratch["study_set"].insert_many([{"id": "s1"}, {"id": "s1"}])
    with pytest.raises(IndexesImpossible, match="id_1"):
        copying.prepare(fresh_database, scratch, state.swaps[0], service.registry)
    copying.drop_scratch(service.client, fresh_database.name)


def test_an_empty_collection_is_copied_and_no_one_elses_database_is_dropped(
    service, fresh_database, mongo_client
):
    fresh_database.create_collection("study_set")
    others = mongo_client[f"{fresh_database.name}_migration_of_somebody"]
    others["x"].insert_one({})
    scratch = copying.make_scratch(service.client, fresh_database.name)
    copying.copy_to_scratch(fresh_database, scratch, "study_set")
    assert "study_set" in scratch.list_collection_names()

    copying.drop_scratch(service.client, fresh_database.name)

    assert scratch.list_collection_names() == []
    assert others["x"].count_documents({}) == 1
    mongo_client.drop_database(others.name)


def test_a_disk_that_is_too_small_is_noticed(fresh_database):
    fresh_database["study_set"].insert_one({})
    copying.check_room(fresh_database, size_bytes=1)
    with pytest.raises(NoRoom, match="MB are free"):
        copying.check_room(fresh_database, size_bytes=1 << 60)


def test_the_version_of_the_data_is_that_of_the_newest_event_that_decides(service, state, now):
    store = service.store
    with pytest.raises(VersionUnknown, match="on record"):
        store.get_data_version()
    for kind, version in (
        (EventKind.LOCKED, None),
        (EventKind.STARTED, None),
        (EventKind.COMPLETED, "11.21"),  # at the same moment: the later one counts
        (EventKind.FAILED, "11.21"),
        (EventKind.ROLLED_BACK, "10.2"),
        (EventKind.STARTED, None),
    ):
        store.add_event(kind, state, now=now)
        assert store.find_data_version() == version
        store.ensure_view()
    assert list(store.database[LATEST_VIEW].find()) == [{"schema_version": None}]
    with pytest.raises(VersionUnknown, match="has not ended"):
        store.get_data_version()
    assert store.database[EVENTS].find_one()["created_at"] == "2026-11-23T12:00:00+00:00"


def test_a_lock_of_a_process_that_died_ends_by_itself(service, fresh_database):
    service.guard.lock_writes("a test", lasts=timedelta(milliseconds=1))
    assert service.guard.find_lock() is None
    assert not service.guard.extend_lock(lasts=timedelta(hours=1))
    assert not service.guard.keep_lock(lambda tx: None)
    service.transactions.run(service.guard.hold)

    service.guard.lock_writes("a test", lasts=timedelta(hours=1))
    assert service.guard.extend_lock(lasts=timedelta(hours=1))
    assert service.guard.keep_lock(lambda tx: None)
    with pytest.raises(WritesLocked, match="a test"):
        service.transactions.run(service.guard.hold)
    service.guard.unlock_writes()
    service.transactions.run(service.guard.hold)
