"""Secrets of site clients: kept apart, overlapping when rotated, ended when revoked."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import bcrypt
import pytest
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.monitoring import CommandListener

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.sites.credentials import CredentialsService
from nmdc_runtime.sites.errors import NotAdminOfSite, SiteClientNotFound, SiteNotFound
from nmdc_runtime.sites.models import ClientCredentials
from nmdc_runtime.sites.store import SiteStore
from nmdc_runtime.web.auth import Caller, PersonRequired
from nmdc_runtime.wiring import Services, boot, open_services

KEEPER = Caller(username="ada", site_admin=("NERSC",))
DAY = timedelta(days=1)


class Time:
    """A clock that the test moves."""

    def __init__(self, start: datetime) -> None:
        self.moment = start

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def time(now: datetime) -> Time:
    return Time(now)


@pytest.fixture
def services(settings, orchestrator, time: Time, database) -> Iterator[Services]:
    with open_services(settings, clock=time, orchestrator=orchestrator) as services:
        boot(services)
        database["sites"].insert_one({"id": "NERSC", "capability_ids": []})
        yield services


def works(services: Services, credentials: ClientCredentials) -> bool:
    found = services.sites.find_verified_client(credentials.client_id, credentials.client_secret)
    return found is not None and found.site_id == "NERSC"


def version(services: Services, client_id: str) -> int:
    found = services.sites.find_client(client_id)
    assert found is not None
    return found.credentials_version


def rotate(
    services: Services, client_id: str, overlap: timedelta | None = None, caller: Caller = KEEPER
) -> ClientCredentials:
    return services.credentials.rotate("NERSC", client_id, caller=caller, overlap=overlap)


def test_new_credentials_work_and_only_a_hash_is_stored_apart_from_the_site(services, database):
    made = services.credentials.create("NERSC", caller=KEEPER)

    assert made.client_id.startswith("sys0")
    assert ":" not in made.client_id
    assert works(services, made)
    assert "clients" not in database["sites"].find_one({"id": "NERSC"})
    document = database["_runtime.site_clients"].find_one({"id": made.client_id})
    assert document["hashed_secrets"][0]["hash"].startswith("$argon2id$")
    assert made.client_secret not in str(document)


def test_a_rotated_secret_works_beside_the_new_one_until_the_overlap_ends(services, time):
    first = services.credentials.create("NERSC", caller=KEEPER)
    second = rotate(services, first.client_id)

    assert second.old_secret_expires_at == time() + DAY  # the default of the settings
    assert works(services, first)
    assert works(services, second)
    assert version(services, first.client_id) == 0  # running tokens go on
    time.moment += DAY
    assert not works(services, first)
    assert works(services, second)


def test_there_are_never_more_than_two_secrets(services, database):
    first = services.credentials.create("NERSC", caller=KEEPER)
    second = rotate(services, first.client_id)
    third = rotate(services, first.client_id, timedelta(hours=1))

    assert [works(services, each) for each in (first, second, third)] == [False, True, True]
    document = database["_runtime.site_clients"].find_one({"id": first.client_id})
    assert len(document["hashed_secrets"]) == 2


def test_rotating_without_overlap_ends_the_old_secret_and_its_tokens(services):
    first = services.credentials.create("NERSC", caller=KEEPER)
    second = rotate(services, first.client_id, timedelta(0))

    assert not works(services, first)
    assert works(services, second)
    assert version(services, first.client_id) == 1


def test_rotations_at_once_leave_one_current_secret(services, database):
    first = services.credentials.create("NERSC", caller=KEEPER)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: rotate(services, first.client_id), range(4)))

    assert [works(services, each) for each in made].count(True) == 2
    document = database["_runtime.site_clients"].find_one({"id": first.client_id})
    assert [("expires_at" in each) for each in document["hashed_secrets"]] == [False, True]


def test_a_revoked_client_is_gone_and_its_id_stays_taken(services, settings, time, database):
    made = services.credentials.create("NERSC", caller=KEEPER)
    services.credentials.revoke("NERSC", made.client_id, caller=KEEPER)

    assert not works(services, made)
    assert services.sites.find_client(made.client_id) is None
    assert services.credentials.list_of("NERSC", caller=KEEPER) == []
    for again in (
        lambda: services.credentials.revoke("NERSC", made.client_id, caller=KEEPER),
        lambda: rotate(services, made.client_id),
        lambda: services.credentials.set_secret(made.client_id, "another-secret"),
    ):
        with pytest.raises(SiteClientNotFound):
            again()
    assert SiteStore(database).has_client(made.client_id)


def test_boot_does_not_bring_a_revoked_own_client_back(services, settings, caplog):
    own = Caller(username="admin", site_admin=("nmdc-runtime",))
    services.credentials.revoke("nmdc-runtime", "own-client", caller=own)
    services.sites.boot(settings.bootstrap, reserved_ids=())

    assert services.sites.find_verified_client("own-client", "own-client-secret") is None
    assert "API_SITE_CLIENT_ID was revoked" in caplog.text


def test_setting_a_secret_ends_all_others_and_the_tokens(services):
    first = services.credentials.create("NERSC", caller=KEEPER)
    second = rotate(services, first.client_id)

    assert services.credentials.set_secret(first.client_id, "chosen-by-hand")
    assert not services.credentials.set_secret(first.client_id, None)

    third = first.model_copy(update={"client_secret": "chosen-by-hand"})
    assert [works(services, each) for each in (first, second, third)] == [False, False, True]
    assert version(services, first.client_id) == 1


def test_what_is_listed_tells_times_and_no_hash(services, time):
    made = services.credentials.create("NERSC", caller=KEEPER)
    created_at = time()
    time.moment += DAY
    rotate(services, made.client_id, timedelta(hours=2))

    (listed,) = services.credentials.list_of("NERSC", caller=KEEPER)
    assert listed.model_dump() == {
        "client_id": made.client_id,
        "created_at": created_at,
        "last_rotated_at": time(),
        "old_secret_expires_at": time() + timedelta(hours=2),
    }
    time.moment += DAY
    (later,) = services.credentials.list_of("NERSC", caller=KEEPER)
    assert later.old_secret_expires_at is None


CHANGES: list[Callable[[CredentialsService, str, Caller], object]] = [
    lambda credentials, _, caller: credentials.create("NERSC", caller=caller),
    lambda credentials, client, caller: credentials.rotate(
        "NERSC", client, caller=caller, overlap=None
    ),
    lambda credentials, client, caller: credentials.revoke("NERSC", client, caller=caller),
]


@pytest.mark.parametrize("change", CHANGES)
def test_credentials_are_changed_by_people_who_administer_the_site(services, change):
    made = services.credentials.create("NERSC", caller=KEEPER)
    for stranger in (Caller(username="bob", site_admin=("LANL",)), Caller(username="bob")):
        with pytest.raises(NotAdminOfSite, match="You're not registered as an admin"):
            change(services.credentials, made.client_id, stranger)
    key = replace(KEEPER, api_key_id="k", scopes=frozenset({"/admin/site_clients"}))
    with pytest.raises(PersonRequired):
        change(services.credentials, made.client_id, key)
    assert works(services, made)


def test_who_manages_site_clients_may_end_those_of_any_site_but_make_none(services):
    made = services.credentials.create("NERSC", caller=KEEPER)
    admin = Caller(username="admin")

    assert len(services.credentials.list_of("NERSC", caller=admin)) == 1
    with pytest.raises(NotAdminOfSite):
        services.credentials.create("NERSC", caller=admin)
    services.credentials.revoke("NERSC", made.client_id, caller=admin)
    assert not works(services, made)


def test_a_client_of_another_site_is_not_found_through_this_one(services):
    with pytest.raises(SiteClientNotFound):
        rotate(services, "own-client")
    with pytest.raises(SiteNotFound, match="no site with ID 'potato'"):
        services.credentials.list_of("potato", caller=KEEPER)


def embed(database: Database[Document], *client_ids: str) -> str:
    stored = bcrypt.hashpw(b"old-secret", bcrypt.gensalt(4)).decode()
    clients = [{"id": client_id, "hashed_secret": stored} for client_id in client_ids]
    database["sites"].update_one({"id": "NERSC"}, {"$set": {"clients": clients}})
    return stored


def test_boot_moves_the_clients_of_older_runtimes_once_and_they_go_on_working(
    services, settings, database
):
    stored = embed(database, "sys0a", "sys0b")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: services.sites.boot(settings.bootstrap, reserved_ids=()), range(4)))

    assert database["sites"].find_one({"id": "NERSC"})["clients"] == []
    moved = {
        each["id"]: each for each in database["_runtime.site_clients"].find({"site_id": "NERSC"})
    }
    assert moved.keys() == {"sys0a", "sys0b"}
    assert moved["sys0a"]["hashed_secrets"] == [{"hash": stored}]
    old = ClientCredentials(client_id="sys0a", client_secret="old-secret")
    assert works(services, old)
    assert not works(services, old.model_copy(update={"client_secret": "wrong"}))


def test_a_client_that_appears_in_a_site_later_works_and_moves_when_it_logs_in(services, database):
    embed(database, "sys0a")
    assert services.sites.find_client("sys0a").site_id == "NERSC"
    assert [each.client_id for each in services.credentials.list_of("NERSC", caller=KEEPER)] == [
        "sys0a"
    ]
    assert works(services, ClientCredentials(client_id="sys0a", client_secret="old-secret"))
    assert database["sites"].find_one({"id": "NERSC"})["clients"] == []
    document = database["_runtime.site_clients"].find_one({"id": "sys0a"})
    assert document["hashed_secrets"][0]["hash"].startswith("$argon2id$")


def test_a_client_in_a_site_can_be_rotated_and_revoked_like_any_other(services, database):
    embed(database, "sys0a", "sys0b")
    new = rotate(services, "sys0a")
    assert works(services, new)
    assert works(services, new.model_copy(update={"client_secret": "old-secret"}))
    services.credentials.revoke("NERSC", "sys0b", caller=KEEPER)
    assert services.sites.find_client("sys0b") is None


class Finds(CommandListener):
    """Counts what is asked of the server."""

    def __init__(self) -> None:
        self.commands: list[str] = []

    def started(self, event) -> None:
        self.commands.append(event.command_name)

    def succeeded(self, event) -> None:
        """Say nothing."""

    def failed(self, event) -> None:
        """Say nothing."""


def test_checking_a_known_secret_takes_one_query_also_during_an_overlap(
    services, database, mongo_url
):
    first = services.credentials.create("NERSC", caller=KEEPER)
    second = rotate(services, first.client_id)
    finds = Finds()
    with MongoClient(mongo_url, tz_aware=True, event_listeners=[finds]) as client:
        sites = replace(services.sites, sites=SiteStore(client[database.name]))
        for credentials in (first, second):
            assert sites.find_verified_client(credentials.client_id, credentials.client_secret)
        asked = [name for name in finds.commands if not name.startswith("sasl")]
        assert asked == ["find", "find"]
        plan = client[database.name]["_runtime.site_clients"].find({"id": "x"}).explain()
    assert "IXSCAN" in str(plan["queryPlanner"]["winningPlan"])


def test_each_change_is_on_record_without_secrets(services, database):
    made = services.credentials.create("NERSC", caller=KEEPER)
    secrets = [made.client_secret, rotate(services, made.client_id).client_secret]
    services.credentials.set_secret(made.client_id, "chosen-by-hand")
    services.credentials.revoke("NERSC", made.client_id, caller=KEEPER)

    target = f"_runtime.site_clients/{made.client_id}"
    assert [record.action for record in services.audit.list_of(target)] == [
        "create_site_client",
        "rotate_site_client",
        "update_site_client",
        "revoke_site_client",
    ]
    texts = str(list(database["_runtime.audit"].find()))
    for secret in (*secrets, "chosen-by-hand", "$argon2"):
        assert secret not in texts
