"""Boot: a database is brought up to date, at every start and by several processes at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr

from nmdc_runtime.allowances.models import AllowanceAction
from nmdc_runtime.wiring import all_indexes, boot, open_services


@pytest.fixture
def fresh_settings(settings, fresh_database):
    return settings.model_copy(update={"mongo_dbname": fresh_database.name})


def state_of(database):
    """Return the documents and indexes of a database, without what differs by nature."""
    unlike = {"_id", "hashed_password", "hashed_secret"}
    documents = {
        name: sorted(
            str({key: value for key, value in document.items() if key not in unlike - {"clients"}})
            for document in database[name].find({}, {"_id": 0, "clients.hashed_secret": 0})
        )
        for name in database.list_collection_names()
    }
    indexes = {
        name: {index: facts["key"] for index, facts in database[name].index_information().items()}
        for name in database.list_collection_names()
    }
    return documents, indexes


def test_boot_makes_every_index_and_every_built_in_row(fresh_settings, fresh_database):
    with open_services(fresh_settings) as services:
        assert boot(services) == []
        expected = {(i.collection, i.index_name) for i in all_indexes(services.registry)}

    made = {
        (name, index)
        for name in fresh_database.list_collection_names()
        for index in fresh_database[name].index_information()
    }
    assert expected <= made
    counts = {
        name: fresh_database[name].count_documents({})
        for name in ("workflows", "capabilities", "object_types", "triggers", "minter.typecodes")
    }
    assert counts == {
        "workflows": 19,
        "capabilities": 19,
        "object_types": 34,
        "triggers": 14,
        "minter.typecodes": 38,
    }
    allowed = fresh_database["_runtime.api.allow"].distinct("action", {"username": "admin"})
    assert set(allowed) == set(AllowanceAction)


def test_a_second_boot_changes_nothing(fresh_settings, fresh_database):
    with open_services(fresh_settings) as services:
        boot(services)
        before = state_of(fresh_database)

        boot(services)

    assert state_of(fresh_database) == before


def test_several_processes_may_boot_at_once(fresh_settings, fresh_database):
    def boot_one(_: int) -> list[str]:
        with open_services(fresh_settings) as services:
            return boot(services)

    with ThreadPoolExecutor(4) as pool:
        problems = list(pool.map(boot_one, range(4)))

    assert problems == [[], [], [], []]
    assert fresh_database["users"].count_documents({}) == 1
    assert fresh_database["workflows"].count_documents({}) == 19
    assert fresh_database["_runtime.site_clients"].count_documents({"site_id": "nmdc-runtime"}) == 1


def test_duplicates_in_the_data_are_reported_and_do_not_stop_the_hub(
    fresh_settings, fresh_database
):
    fresh_database["biosample_set"].insert_many(
        [{"id": "same", "name": "a"}, {"id": "same", "name": "b"}]
    )

    with open_services(fresh_settings) as services:
        (problem,) = boot(services)

    assert "biosample_set.id_1" in problem


def test_an_older_index_that_is_not_unique_is_replaced(fresh_settings, fresh_database):
    fresh_database["study_set"].create_index("id")

    with open_services(fresh_settings) as services:
        assert boot(services) == []

    assert fresh_database["study_set"].index_information()["id_1"]["unique"] is True


def test_an_operators_password_change_survives_boot(fresh_settings, fresh_database):
    with open_services(fresh_settings) as services:
        boot(services)
    before = fresh_database["users"].find_one({"username": "admin"})

    other = fresh_settings.model_copy(update={"api_admin_pass": SecretStr("another")})
    with open_services(other) as services:
        boot(services)

    assert fresh_database["users"].find_one({"username": "admin"}) == before
