"""Who may do what: granted and not denied, to the one whose name it is."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from nmdc_runtime.allowances.errors import (
    ActionNotAllowed,
    AllowanceAlreadyExists,
    AllowanceNotFound,
)
from nmdc_runtime.allowances.models import ADDED_ACTIONS, Allowance, AllowanceAction, Effect
from nmdc_runtime.allowances.service import AllowanceService
from nmdc_runtime.allowances.store import INDEXES, AllowanceStore
from nmdc_runtime.audit.service import AuditService
from nmdc_runtime.audit.store import AuditStore
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import ensure_indexes
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.sites.store import SiteStore
from nmdc_runtime.web.auth import ADMIN_SITE_ID, Caller

ALLOW, DENY = "_runtime.api.allow", "_runtime.api.deny"
SUBMIT = AllowanceAction.SUBMIT_JSON
ADA = Caller(username="ada")


@pytest.fixture
def allowances(
    database: Database[Document], mongo_client: MongoClient[Document], now: datetime
) -> AllowanceService:
    ensure_indexes(database, INDEXES)
    return AllowanceService(
        allowances=AllowanceStore(database),
        transactions=Transactions(mongo_client),
        audit=AuditService(audit=AuditStore(database), clock=lambda: now),
        clock=lambda: now,
        is_client_id=SiteStore(database).has_client,
    )


def held_by(database: Database[Document], username: str) -> set[str]:
    return set(database[ALLOW].distinct("action", {"username": username}))


def test_boot_allows_the_configured_administrator_everything(allowances, database):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: allowances.boot(admin_username="ada"), range(8)))

    assert held_by(database, "ada") == {action.value for action in AllowanceAction}
    assert database[ALLOW].count_documents({}) == len(AllowanceAction)


def test_boot_grants_nobody_without_a_name_anything(allowances, database):
    allowances.boot(admin_username="")
    assert database[ALLOW].count_documents({}) == 0


def test_administrators_of_an_older_runtime_get_the_new_actions_once(allowances, database):
    allowances.allowances.grant("admin", [AllowanceAction.MANAGE_ALLOWANCES])
    allowances.allowances.grant("bob", [AllowanceAction.STAGE_FILES])
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: allowances.boot(admin_username="ada"), range(4)))

    assert held_by(database, "admin") == {
        AllowanceAction.MANAGE_ALLOWANCES,
        *(action for actions in ADDED_ACTIONS.values() for action in actions),
    }
    assert held_by(database, "bob") == {AllowanceAction.STAGE_FILES}
    assert held_by(database, "ada") == set()

    allowances.remove(Effect.ALLOW, Allowance(username="admin", action="/admin/users"))
    allowances.boot(admin_username="ada")
    assert AllowanceAction.MANAGE_USERS not in held_by(database, "admin")


def test_a_step_that_a_database_has_had_is_not_taken_again_with_the_next(allowances, database):
    first, *later = ADDED_ACTIONS
    allowances.allowances.grant("admin", [AllowanceAction.MANAGE_ALLOWANCES])
    allowances.transactions.run(
        lambda tx: allowances.allowances.mark_done(first, at=allowances.clock(), tx=tx)
    )

    allowances.boot(admin_username="ada")

    assert held_by(database, "admin") == {
        AllowanceAction.MANAGE_ALLOWANCES,
        *(action for step in later for action in ADDED_ACTIONS[step]),
    }


def test_an_action_is_allowed_if_granted_and_not_denied(allowances):
    assert not allowances.is_allowed(ADA, SUBMIT)
    allowances.add(Effect.ALLOW, Allowance(username="ada", action=SUBMIT))
    assert allowances.is_allowed(ADA, SUBMIT)
    assert not allowances.is_allowed(Caller(username="bob"), SUBMIT)
    assert not allowances.is_allowed(ADA, AllowanceAction.STAGE_FILES)
    allowances.add(Effect.DENY, Allowance(username="ada", action=SUBMIT))
    assert not allowances.is_allowed(ADA, SUBMIT)
    assert allowances.list_allowed(ADA) == []
    allowances.remove(Effect.DENY, Allowance(username="ada", action=SUBMIT))
    assert allowances.list_allowed(ADA) == [SUBMIT]


def test_a_refusal_has_the_published_sentence_and_says_what_is_missing(allowances):
    with pytest.raises(ActionNotAllowed, match=r"^Only some may\.$") as refused:
        allowances.check_allowed(ADA, SUBMIT, refusal="Only some may.")
    assert refused.value.facts == {
        "username": "ada",
        "missing_permission": "/metadata/json:submit",
        "granted_by": "a user with the permission /admin/allowances",
    }
    allowances.allowances.grant("ada", [SUBMIT])
    allowances.check_allowed(ADA, SUBMIT, refusal="Only some may.")


def test_an_api_key_may_do_what_its_scopes_and_its_owner_may(allowances):
    allowances.allowances.grant("ada", [SUBMIT, AllowanceAction.STAGE_FILES])
    key = Caller(username="ada", scopes=frozenset({SUBMIT, "/admin/users"}), api_key_id="k")
    assert allowances.is_allowed(key, SUBMIT)
    assert not allowances.is_allowed(key, AllowanceAction.STAGE_FILES)
    assert not allowances.is_allowed(key, AllowanceAction.MANAGE_USERS)
    assert allowances.list_allowed(key) == [SUBMIT]


def test_a_user_named_like_a_site_client_inherits_nothing_of_it(allowances, database):
    """D-7: users and clients share the published key, but not each other's rights."""
    database["_runtime.site_clients"].insert_one({"id": "sys0pf75", "site_id": "NERSC"})
    allowances.allowances.grant("sys0pf75", [SUBMIT])

    assert allowances.is_allowed(Caller(username="sys0pf75", site_id="NERSC"), SUBMIT)
    assert not allowances.is_allowed(Caller(username="sys0pf75"), SUBMIT)
    assert allowances.list_allowed(Caller(username="sys0pf75")) == []


def test_who_administers_users_as_of_old_may_manage_them_and_no_more(allowances):
    old = Caller(username="ada", site_admin=("LANL", ADMIN_SITE_ID))
    assert allowances.list_allowed(old) == [AllowanceAction.MANAGE_USERS]
    assert allowances.is_allowed(old, AllowanceAction.MANAGE_USERS)
    assert not allowances.is_allowed(old, AllowanceAction.MANAGE_ALLOWANCES)
    reader = Caller(username="ada", site_admin=(ADMIN_SITE_ID,), scopes=frozenset())
    assert not allowances.is_allowed(reader, AllowanceAction.MANAGE_USERS)
    allowances.add(Effect.DENY, Allowance(username="ada", action="/admin/users"))
    assert not allowances.is_allowed(old, AllowanceAction.MANAGE_USERS)


@pytest.mark.parametrize("effect", list(Effect))
def test_of_those_who_add_a_row_at_once_one_succeeds(allowances, database, effect):
    row = Allowance(username="ada", action=SUBMIT)

    def add(_: int) -> bool:
        try:
            allowances.add(effect, row)
        except AllowanceAlreadyExists:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(add, range(8))).count(True) == 1
    name = {Effect.ALLOW: ALLOW, Effect.DENY: DENY}[effect]
    assert database[name].count_documents({}) == 1
    with pytest.raises(DuplicateKeyError):
        database[name].insert_one({"username": "ada", "action": SUBMIT.value})


def test_each_change_is_on_record_and_a_refused_one_is_not(allowances, database):
    row = Allowance(username="ada", action=SUBMIT)
    allowances.add(Effect.ALLOW, row)
    allowances.add(Effect.DENY, row)
    allowances.remove(Effect.DENY, row)
    with pytest.raises(AllowanceNotFound):
        allowances.remove(Effect.DENY, row)
    with pytest.raises(AllowanceAlreadyExists):
        allowances.add(Effect.ALLOW, row)

    found = database["_runtime.audit"].find().sort("_id")
    assert [(record["action"], record["targets"], record["details"]) for record in found] == [
        ("add_allowance", [f"{ALLOW}/ada"], {"action": SUBMIT.value}),
        ("add_denial", [f"{DENY}/ada"], {"action": SUBMIT.value}),
        ("remove_denial", [f"{DENY}/ada"], {"action": SUBMIT.value}),
    ]


def test_rows_of_another_runtime_with_actions_unknown_here_are_listed(allowances, database):
    database[ALLOW].insert_one({"username": "ada", "action": "/new:thing"})
    assert [row.action for row in allowances.list_rows(Effect.ALLOW)] == ["/new:thing"]
    assert allowances.list_allowed(ADA) == []
