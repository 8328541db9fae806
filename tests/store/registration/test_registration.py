"""A site comes with its administrator and its right to mint, or not at all."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from nmdc_runtime.sites.errors import SiteAlreadyExists
from nmdc_runtime.sites.models import Site
from nmdc_runtime.users.errors import UserNotFound
from nmdc_runtime.web.auth import ADMIN_SITE_ID


def register(services, site_id="NERSC", username="ada"):
    return services.registration.register_site(
        Site(id=site_id, capability_ids=["x"]), username=username
    )


def state(database):
    return {
        name: list(database[name].find({}, {"_id": 0}).sort([("id", 1), ("username", 1)]))
        for name in ("sites", "users", "minter.requesters", "_runtime.audit")
    }


@pytest.fixture
def ada(services, database):
    database["users"].insert_one({"username": "ada", "site_admin": None})


@pytest.mark.usefixtures("ada")
def test_a_site_its_administrator_and_its_right_to_mint_come_together(services, database):
    register(services)

    assert database["sites"].find_one({"id": "NERSC"}, {"_id": 0}) == {
        "id": "NERSC",
        "capability_ids": ["x"],
    }
    assert database["users"].find_one({"username": "ada"})["site_admin"] == ["NERSC"]
    assert database["minter.requesters"].count_documents({"id": "NERSC"}) == 1
    (record,) = services.audit.list_of("sites/NERSC")
    assert (record.action, record.targets) == ("create_site", ["sites/NERSC", "users/ada"])


def test_without_the_user_there_is_no_site_either(services, database):
    before = state(database)
    with pytest.raises(UserNotFound):
        register(services, username="nobody")
    assert state(database) == before


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("site_id", ["nmdc-runtime", ADMIN_SITE_ID])
def test_nobody_becomes_administrator_of_a_site_that_is_there(services, database, site_id):
    before = state(database)
    with pytest.raises(SiteAlreadyExists, match="already exists"):
        register(services, site_id)
    assert state(database) == before


@pytest.mark.usefixtures("ada")
def test_the_site_of_administrators_cannot_be_created_even_after_somebody_removed_it(
    services, database
):
    database["sites"].delete_one({"id": ADMIN_SITE_ID})
    with pytest.raises(SiteAlreadyExists):
        register(services, ADMIN_SITE_ID)
    assert database["sites"].count_documents({"id": ADMIN_SITE_ID}) == 0
    assert database["users"].find_one({"username": "ada"})["site_admin"] is None


def test_of_those_who_create_the_same_site_at_once_one_administers_it(services, database):
    names = [f"user{i}" for i in range(8)]
    database["users"].insert_many({"username": name} for name in names)

    def attempt(name: str) -> bool:
        try:
            register(services, username=name)
        except SiteAlreadyExists:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(attempt, names)).count(True) == 1
    assert database["users"].count_documents({"site_admin": "NERSC"}) == 1
    assert len(services.audit.list_of("sites/NERSC")) == 1


@pytest.mark.usefixtures("ada")
def test_one_user_may_create_many_sites_at_once(services, database):
    site_ids = [f"SITE{i}" for i in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda site_id: register(services, site_id), site_ids))
    assert sorted(database["users"].find_one({"username": "ada"})["site_admin"]) == site_ids
