"""API keys: shown once, stored as a hash, good until they expire or are revoked."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from pymongo.errors import DuplicateKeyError

from nmdc_runtime.allowances.errors import ActionNotAllowed
from nmdc_runtime.api_keys.errors import ApiKeyNotFound, ScopeUnknown
from nmdc_runtime.api_keys.models import ApiKeyIn, NewApiKey
from nmdc_runtime.api_keys.rules import read
from nmdc_runtime.api_keys.service import ApiKeyService
from nmdc_runtime.web.auth import Caller
from nmdc_runtime.wiring import Services, boot, open_services

ADMIN = Caller(username="admin")
SUBMIT = "/metadata/json:submit"


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
        yield services


@pytest.fixture
def keys(services: Services) -> ApiKeyService:
    return services.api_keys


def make(keys: ApiKeyService, *scopes: str, days: int = 90) -> NewApiKey:
    wanted = ApiKeyIn(name="a script", scopes=list(scopes), expires_in_days=days)
    return keys.create(wanted, caller=ADMIN)


def test_a_key_is_recognised_and_only_a_hash_of_it_is_stored(keys, database, time):
    made = make(keys, SUBMIT)
    found = keys.authenticate(made.key)

    assert (found.id, found.owner, found.scopes) == (made.id, "admin", {SUBMIT})
    assert found.expires_at == time() + timedelta(days=90) == made.expires_at
    document = database["_runtime.api_keys"].find_one({"id": made.id})
    _, secret = read(made.key)
    assert secret not in str(document)
    assert document["hashed_secret"] not in repr(found)


def test_another_secret_or_another_id_is_no_key(keys):
    made, other = make(keys), make(keys)
    _, secret = read(made.key)
    assert keys.authenticate(made.key[:-1] + ("A" if made.key[-1] != "A" else "B")) is None
    assert keys.authenticate(f"nmdck_{other.id}_{secret}") is None
    assert keys.authenticate(f"nmdck_{'0' * 16}_{secret}") is None
    assert keys.authenticate("nmdck_junk") is None


def test_a_key_ends_when_it_expires(keys, time):
    made = make(keys, days=1)
    time.moment += timedelta(days=1) - timedelta(seconds=1)
    assert keys.authenticate(made.key) is not None
    time.moment += timedelta(seconds=1)
    assert keys.authenticate(made.key) is None
    assert [each.id for each in keys.list_of("admin")] == [made.id]  # and it can be seen why


def test_a_revoked_key_ends_at_once_and_only_its_owners_key_can_be_revoked(keys):
    made = make(keys)
    with pytest.raises(ApiKeyNotFound):
        keys.revoke(made.id, owner="bob")
    assert keys.authenticate(made.key) is not None
    keys.revoke(made.id, owner="admin")
    assert keys.authenticate(made.key) is None
    assert keys.list_of("admin") == []
    with pytest.raises(ApiKeyNotFound):
        keys.revoke(made.id, owner="admin")


def test_the_last_use_is_noted_at_most_once_a_minute(keys, time):
    made = make(keys)
    assert keys.list_of("admin")[0].last_used_at is None
    first = time()
    keys.authenticate(made.key)
    time.moment += timedelta(seconds=59)
    keys.authenticate(made.key)
    assert keys.list_of("admin")[0].last_used_at == first
    assert not keys.keys.note_use(made.id, at=time(), unless_since=time() - timedelta(minutes=1))
    time.moment += timedelta(seconds=1)
    keys.authenticate(made.key)
    assert keys.list_of("admin")[0].last_used_at == time()


def test_a_wrong_secret_does_not_count_as_use(keys):
    made = make(keys)
    keys.authenticate(f"nmdck_{made.id}_{'x' * 43}")
    assert keys.list_of("admin")[0].last_used_at is None


def test_a_key_is_given_no_more_than_its_owner_has(services, keys, database):
    services.users.ensure_orcid_user("0000-0002-1825-0097")
    caller = Caller(username="0000-0002-1825-0097")
    with pytest.raises(ActionNotAllowed) as refused:
        keys.create(ApiKeyIn(name="k", scopes=[SUBMIT]), caller=caller)
    assert refused.value.facts["missing_permission"] == SUBMIT
    with pytest.raises(ScopeUnknown):
        keys.create(ApiKeyIn(name="k", scopes=["/everything"]), caller=ADMIN)
    assert database["_runtime.api_keys"].count_documents({}) == 0


def test_keys_are_listed_oldest_first_without_their_secrets(keys, time):
    made = []
    for _ in range(3):
        time.moment += timedelta(seconds=1)
        made.append(make(keys))
    listed = keys.list_of("admin")
    assert [each.id for each in listed] == [each.id for each in made]
    assert listed[0].model_dump().keys() == {
        *("id", "name", "scopes", "created_at", "expires_at", "last_used_at")
    }


def test_making_and_revoking_is_on_record_without_the_key(keys, services, database):
    made = make(keys, SUBMIT)
    keys.revoke(made.id, owner="admin")

    created, revoked = services.audit.list_of(f"_runtime.api_keys/{made.id}")
    assert (created.action, revoked.action) == ("create_api_key", "revoke_api_key")
    assert created.details["scopes"] == [SUBMIT]
    _, secret = read(made.key)
    stored = str(list(database["_runtime.audit"].find()))
    assert secret not in stored


def test_an_id_is_given_once_and_expired_keys_go_by_themselves(database):
    indexes = database["_runtime.api_keys"].index_information()
    assert indexes["expires_at_1"]["expireAfterSeconds"] == 30 * 24 * 3600
    database["_runtime.api_keys"].insert_one({"id": "a"})
    with pytest.raises(DuplicateKeyError):
        database["_runtime.api_keys"].insert_one({"id": "a"})
