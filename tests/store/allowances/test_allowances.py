from concurrent.futures import ThreadPoolExecutor

import pytest
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from nmdc_runtime.allowances.errors import ActionNotAllowed
from nmdc_runtime.allowances.models import AllowanceAction
from nmdc_runtime.allowances.service import AllowanceService
from nmdc_runtime.allowances.store import INDEXES, AllowanceStore
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import ensure_indexes

ALLOW, DENY = "_runtime.api.allow", "_runtime.api.deny"


@pytest.fixture
def allowances(database: Database[Document]) -> AllowanceService:
    ensure_indexes(database, INDEXES)
    return AllowanceService(allowances=AllowanceStore(database))


def test_boot_allows_the_configured_administrator_everything(
    allowances: AllowanceService, database: Database[Document]
) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: allowances.boot(admin_username="ada"), range(8)))

    rows = [(row["username"], row["action"]) for row in database[ALLOW].find()]
    assert sorted(rows) == sorted(
        ("ada", action)
        for action in (
            "/metadata/changesheets:submit",
            "/queries:run(query_cmd:DeleteCommand)",
            "/queries:run(query_cmd:AggregateCommand)",
            "/metadata/json:submit",
            "/wf_file_staging",
            "/admin/allowances",
            "/admin/site_clients",
        )
    )


def test_boot_grants_nothing_where_somebody_is_allowed_something(
    allowances: AllowanceService, database: Database[Document]
) -> None:
    allowances.allowances.grant("bob", [AllowanceAction.STAGE_FILES])
    allowances.boot(admin_username="ada")
    assert database[ALLOW].count_documents({}) == 1


def test_boot_grants_nobody_without_a_name_anything(
    allowances: AllowanceService, database: Database[Document]
) -> None:
    allowances.boot(admin_username="")
    assert database[ALLOW].count_documents({}) == 0


def test_an_action_is_allowed_if_granted_and_not_denied(
    allowances: AllowanceService, database: Database[Document]
) -> None:
    action = AllowanceAction.SUBMIT_JSON
    assert not allowances.is_allowed("ada", action)
    allowances.allowances.grant("ada", [action])
    assert allowances.is_allowed("ada", action)
    assert not allowances.is_allowed("bob", action)
    assert not allowances.is_allowed("ada", AllowanceAction.STAGE_FILES)
    database[DENY].insert_one({"username": "ada", "action": action.value})
    assert not allowances.is_allowed("ada", action)


def test_a_refusal_has_the_published_sentence_and_says_what_is_missing(
    allowances: AllowanceService,
) -> None:
    with pytest.raises(ActionNotAllowed, match=r"^Only some may\.$") as refused:
        allowances.check_allowed("ada", AllowanceAction.SUBMIT_JSON, refusal="Only some may.")
    assert refused.value.facts == {
        "username": "ada",
        "missing_permission": "/metadata/json:submit",
        "granted_by": "a user with the permission /admin/allowances",
    }
    allowances.allowances.grant("ada", [AllowanceAction.SUBMIT_JSON])
    allowances.check_allowed("ada", AllowanceAction.SUBMIT_JSON, refusal="Only some may.")


def test_a_permission_is_granted_once(
    allowances: AllowanceService, database: Database[Document]
) -> None:
    for _ in range(2):
        allowances.allowances.grant("ada", [AllowanceAction.STAGE_FILES])
    assert database[ALLOW].count_documents({}) == 1
    with pytest.raises(DuplicateKeyError):
        database[ALLOW].insert_one({"username": "ada", "action": "/wf_file_staging"})
