"""What happens to a user's document when they are created and changed; one record of each."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from pymongo.database import Database

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.users.errors import (
    CurrentPasswordIncorrect,
    PasswordTooShort,
    UserAlreadyExists,
    UsernameRefused,
    UsernameTakenBySiteClient,
    UserNotFound,
)
from nmdc_runtime.users.models import PasswordChange, User, UserIn, UserUpdate
from nmdc_runtime.wiring import Services

PASSWORD = "correct horse"


def a_user(services: Services, username: str = "ada", **fields: object) -> User:
    return services.users.create(
        UserIn.model_validate({"username": username, "password": PASSWORD, **fields})
    )


def stored(database: Database[Document], username: str = "ada") -> Document:
    document = database["users"].find_one({"username": username}, {"_id": 0})
    assert document is not None
    return document


def update(services: Services, **fields: object) -> User:
    return services.users.update(UserUpdate.model_validate({"username": "ada", **fields}))


def records(services: Services, username: str = "ada") -> list[str]:
    return [record.action for record in services.audit.list_of(f"users/{username}")]


def test_a_new_user_is_stored_as_published_with_a_hash_and_no_password(services, database):
    a_user(services, email="a@b")

    document = stored(database)
    assert document.pop("hashed_password").startswith("$argon2id$")
    assert document == {
        "username": "ada",
        "email": "a@b",
        "full_name": None,
        "site_admin": [],
        "disabled": False,
    }
    assert services.users.find_verified("ada", PASSWORD).username == "ada"
    assert records(services) == ["create_user"]


def test_of_those_who_create_the_same_user_at_once_one_succeeds(services, database):
    def create(_: int) -> bool:
        try:
            a_user(services)
        except UserAlreadyExists:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(create, range(8))).count(True) == 1
    assert database["users"].count_documents({"username": "ada"}) == 1
    assert records(services) == ["create_user"]


@pytest.mark.parametrize("name", ["sys0pf75", "SYS0zz36", " ada", "ada\n", "a\x00b"])
def test_a_name_that_a_site_client_may_have_or_nobody_can_type_is_refused(services, database, name):
    with pytest.raises(UsernameRefused):
        a_user(services, name)
    assert database["users"].count_documents({"username": name}) == 0


def test_the_name_of_a_site_client_is_refused_also_of_a_revoked_or_an_embedded_one(
    services, database
):
    database["sites"].insert_one({"id": "OLD", "clients": [{"id": "old-client"}]})
    database["_runtime.site_clients"].insert_one(
        {"id": "gone", "site_id": "OLD", "revoked_at": services.clock()}
    )
    for name in ("own-client", "old-client", "gone"):
        with pytest.raises(UsernameTakenBySiteClient):
            a_user(services, name)


def test_what_is_not_sent_stays_and_null_or_an_empty_list_clears(services, database):
    full = {"email": "a@b", "full_name": "Ada", "site_admin": ["NERSC"], "disabled": True}
    a_user(services, **full)
    before = stored(database)

    assert update(services).model_dump() == {"username": "ada", **full}
    assert stored(database) == before

    update(services, email=None, site_admin=[])
    changed = stored(database)
    assert (changed["email"], changed["site_admin"]) == (None, [])
    assert (changed["full_name"], changed["disabled"]) == ("Ada", True)

    update(services, full_name=None, site_admin=None, disabled=None)
    cleared = stored(database)
    assert (cleared["full_name"], cleared["site_admin"], cleared["disabled"]) == (None, [], False)


def test_a_new_password_replaces_the_hash_and_ends_tokens(services, database, now):
    a_user(services)
    update(services, password="another horse")

    document = stored(database)
    assert document["credentials_version"] == 1
    assert document["password_changed_at"] == now
    assert services.users.find_account("ada").credentials_version == 1
    assert services.users.find_verified("ada", PASSWORD) is None
    assert services.users.find_verified("ada", "another horse") is not None


@pytest.mark.parametrize("password", ["", None])
def test_an_empty_password_leaves_the_hash_and_is_never_stored(services, database, password):
    a_user(services)
    before = stored(database)
    update(services, password=password)
    assert stored(database) == before


def test_a_password_that_an_older_runtime_stored_in_clear_goes_with_the_next_change(
    services, database
):
    database["users"].insert_one({"username": "ada", "hashed_password": "h", "password": ""})
    update(services, email="a@b")
    assert "password" not in stored(database)


def test_a_short_new_password_is_refused_and_nothing_changes(services, database):
    a_user(services)
    before = stored(database)
    with pytest.raises(PasswordTooShort):
        update(services, password="1234567", email="x")
    assert stored(database) == before


def test_tokens_of_before_do_not_come_back_when_a_disabled_user_does(services, database):
    a_user(services)
    update(services, disabled=True)
    assert services.users.find_account("ada").credentials_version == 0  # refused as disabled
    update(services, disabled=False)
    assert services.users.find_account("ada").credentials_version == 1
    update(services, disabled=False)
    assert services.users.find_account("ada").credentials_version == 1


def test_an_unknown_user_is_not_found_and_not_created(services, database):
    with pytest.raises(UserNotFound):
        update(services, email="a@b", password="another horse")
    assert database["users"].count_documents({"username": "ada"}) == 0
    assert records(services) == []


def test_a_change_says_what_changed_and_holds_neither_password_nor_hash(services, database):
    a_user(services)
    update(services, password="another horse", email="a@b")

    created, updated = services.audit.list_of("users/ada")
    assert (created.action, updated.action) == ("create_user", "update_user")
    assert updated.details == {"changed": ["email", "password"]}
    assert updated.before_hash != updated.after_hash
    texts = str(list(database["_runtime.audit"].find()))
    for secret in (PASSWORD, "another horse", "$argon2", stored(database)["hashed_password"]):
        assert secret not in texts


def test_who_knows_the_current_password_may_choose_another(services, database):
    a_user(services)
    change = {"current_password": PASSWORD, "new_password": "another horse"}
    services.users.change_own_password("ada", PasswordChange(**change))

    assert services.users.find_verified("ada", "another horse") is not None
    assert services.users.find_account("ada").credentials_version == 1
    assert records(services) == ["create_user", "change_password"]


@pytest.mark.parametrize("username", ["ada", "nobody"])
def test_who_does_not_know_the_current_password_changes_nothing(services, database, username):
    a_user(services)
    before = stored(database)
    change = {"current_password": "a guess", "new_password": "another horse"}
    with pytest.raises(CurrentPasswordIncorrect):
        services.users.change_own_password(username, PasswordChange(**change))
    assert stored(database) == before


def test_of_two_changes_of_a_password_at_once_one_happens(services, database):
    a_user(services)

    def change(new: str) -> bool:
        wanted = PasswordChange(current_password=PASSWORD, new_password=new)
        try:
            services.users.change_own_password("ada", wanted)
        except CurrentPasswordIncorrect:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(change, [f"another horse {i}" for i in range(4)]))
    assert done.count(True) == 1
    assert stored(database)["credentials_version"] == 1


def test_an_orcid_user_is_created_once_with_nothing_but_a_password_nobody_knows(services, database):
    orcid = "0000-0002-1825-0097"
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: services.users.ensure_orcid_user(orcid), range(4)))

    assert {user.username for user in found} == {orcid}
    assert stored(database, orcid).keys() == {"username", "hashed_password"}
    assert records(services, orcid) == ["create_user"]
    assert services.users.ensure_orcid_user(orcid).username == orcid
    assert records(services, orcid) == ["create_user"]


@pytest.mark.parametrize("sites", [None, [], ["LANL"], ["NERSC"]])
def test_a_user_administers_a_site_once_also_if_the_list_was_null(services, database, sites):
    database["users"].insert_one({"username": "ada", "site_admin": sites})
    for _ in range(2):
        services.transactions.run(lambda tx: services.users.add_site_admin("ada", "NERSC", tx=tx))
    assert sorted(stored(database)["site_admin"]) == sorted({*(sites or []), "NERSC"})


def test_a_site_id_that_looks_like_an_expression_is_only_a_text(services, database):
    database["users"].insert_one({"username": "ada", "email": "a@b"})
    services.transactions.run(lambda tx: services.users.add_site_admin("ada", "$email", tx=tx))
    assert stored(database)["site_admin"] == ["$email"]
