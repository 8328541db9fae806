import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import bcrypt
import pytest
from pydantic import SecretStr
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from nmdc_runtime.audit.service import AuditService
from nmdc_runtime.audit.store import AuditStore
from nmdc_runtime.config import BootstrapSettings
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import ensure_indexes
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.sites.store import SiteStore
from nmdc_runtime.users.errors import UserNotFound
from nmdc_runtime.users.service import UserService
from nmdc_runtime.users.store import INDEXES, UserStore
from nmdc_runtime.web.auth import Caller
from nmdc_runtime.web.secrets import SecretHasher


def bootstrap(*, username: str = "ada", password: str = "pass-of-ada") -> BootstrapSettings:
    return BootstrapSettings(
        admin_username=username,
        admin_password=SecretStr(password),
        site_id="nmdc-runtime",
        site_client_id="own",
        site_client_secret=SecretStr("own-secret"),
    )


@pytest.fixture
def users(
    database: Database[Document], mongo_client: MongoClient[Document], now: datetime
) -> UserService:
    ensure_indexes(database, INDEXES)
    return UserService(
        users=UserStore(database),
        secrets=SecretHasher(),
        transactions=Transactions(mongo_client),
        audit=AuditService(audit=AuditStore(database), clock=lambda: now),
        clock=lambda: now,
        is_client_id=SiteStore(database).has_client,
    )


def test_the_first_administrator_may_administer_users_and_the_own_site(
    users: UserService, database: Database[Document]
) -> None:
    assert users.ensure_admin(bootstrap())

    (document,) = database["users"].find({}, {"_id": 0})
    assert document.pop("hashed_password").startswith("$argon2id$")
    assert document == {
        "username": "ada",
        "site_admin": ["nmdc-runtime", "nmdc-runtime-useradmin"],
    }
    assert users.find_verified("ada", "pass-of-ada") is not None


def test_two_processes_that_boot_at_once_create_one_administrator(
    users: UserService, database: Database[Document]
) -> None:
    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(lambda _: users.ensure_admin(bootstrap()), range(8)))

    assert created.count(True) == 1
    assert database["users"].count_documents({}) == 1


def test_an_existing_user_is_left_as_they_are_at_boot(
    users: UserService, database: Database[Document]
) -> None:
    stored = {"username": "ada", "hashed_password": "h", "site_admin": None, "email": "a@b"}
    database["users"].insert_one(dict(stored))

    assert not users.ensure_admin(bootstrap())

    assert list(database["users"].find({}, {"_id": 0})) == [stored]


@pytest.mark.parametrize("empty", [bootstrap(password=""), bootstrap(username="")])
def test_without_name_or_password_no_administrator_is_created_and_boot_says_so(
    users: UserService,
    database: Database[Document],
    caplog: pytest.LogCaptureFixture,
    empty: BootstrapSettings,
) -> None:
    with caplog.at_level(logging.WARNING):
        assert not users.ensure_admin(empty)
    assert "API_ADMIN_PASS" in caplog.text
    assert database["users"].count_documents({}) == 0


def test_a_password_is_right_for_its_user_only(users: UserService) -> None:
    users.ensure_admin(bootstrap())
    found = users.find_verified("ada", "pass-of-ada")
    assert found is not None
    assert found.username == "ada"
    assert users.find_verified("ada", "pass-of-bob") is None
    assert users.find_verified("bob", "pass-of-ada") is None


def test_a_disabled_user_has_no_right_password(
    users: UserService, database: Database[Document]
) -> None:
    users.ensure_admin(bootstrap())
    assert users.find_verified("ada", "pass-of-ada") is not None
    database["users"].update_one({"username": "ada"}, {"$set": {"disabled": True}})
    assert users.find_verified("ada", "pass-of-ada") is None


def test_a_hash_of_an_older_runtime_is_replaced_at_login(
    users: UserService, database: Database[Document]
) -> None:
    old = bcrypt.hashpw(b"pass", bcrypt.gensalt(4)).decode()
    database["users"].insert_one({"username": "old", "hashed_password": old})

    assert users.find_verified("old", "wrong") is None
    assert database["users"].find_one({"username": "old"})["hashed_password"] == old
    assert users.find_verified("old", "pass") is not None

    stored = database["users"].find_one({"username": "old"})["hashed_password"]
    assert stored.startswith("$argon2id$")
    assert users.find_verified("old", "pass") is not None


def test_a_better_hash_never_undoes_a_change_of_password(
    users: UserService, database: Database[Document]
) -> None:
    database["users"].insert_one({"username": "ada", "hashed_password": "changed meanwhile"})
    assert not users.users.replace_hash("ada", old="seen before", new="better")
    assert database["users"].find_one({})["hashed_password"] == "changed meanwhile"


def test_a_user_without_a_password_cannot_log_in(
    users: UserService, database: Database[Document]
) -> None:
    database["users"].insert_one({"username": "ada"})
    assert users.find_verified("ada", "") is None


def test_who_i_am_shows_only_what_is_stored_and_never_the_hash(
    users: UserService, database: Database[Document]
) -> None:
    database["users"].insert_one(
        {"username": "ada", "hashed_password": "h", "email": None, "password": "", "extra": 1}
    )
    shown = users.who_is(Caller(username="ada"))
    assert shown.model_dump(exclude_unset=True) == {
        "username": "ada",
        "email": None,
        "allowances": [],
        "credential": "token",
    }


def test_a_site_client_is_a_user_of_whom_the_name_and_the_site_are_known(
    users: UserService,
) -> None:
    shown = users.who_is(Caller(username="sys0pf75", site_id="NERSC"), allowances=["x"])
    assert shown.model_dump(exclude_unset=True) == {
        "username": "sys0pf75",
        "site_id": "NERSC",
        "allowances": ["x"],
        "credential": "token",
    }


def test_a_caller_who_was_deleted_meanwhile_is_not_found(users: UserService) -> None:
    with pytest.raises(UserNotFound):
        users.who_is(Caller(username="ghost"))


def test_a_name_is_given_once(users: UserService, database: Database[Document]) -> None:
    users.ensure_admin(bootstrap())
    with pytest.raises(DuplicateKeyError):
        database["users"].insert_one({"username": "ada"})


def test_the_hash_does_not_show_when_an_account_is_logged(users: UserService) -> None:
    users.ensure_admin(bootstrap())
    assert "argon2" not in repr(users.users.find_account("ada"))
