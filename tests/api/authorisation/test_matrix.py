"""Every route is asked for by every kind of caller, and the table says what becomes of it."""

import logging
import re
from collections.abc import Iterator
from typing import Any, Final
from uuid import uuid4

import pytest

from nmdc_runtime.api.app import create_app
from nmdc_runtime.audit.store import AUDIT
from nmdc_runtime.config import Settings
from tests.api.authorisation.bodies import BODIES
from tests.api.authorisation.requests import Json, body_for, path_for, query_for
from tests.api.authorisation.seeds import SEEDS, plant
from tests.api.authorisation.table import (
    ACCESS,
    CALLERS,
    CHANGE_NOTHING,
    IN,
    ROUTES,
    SHOW_A_SECRET,
)
from tests.api.authorisation.world import World, build, settings_of

OPENAPI: Final[Json] = create_app(Settings()).openapi()
METHODS: Final = {"get", "post", "put", "patch", "delete", "options"}
SERVED: Final = {
    (method.upper(), path): operation
    for path, operations in OPENAPI["paths"].items()
    for method, operation in operations.items()
    if method in METHODS
}
LEAKS: Final = re.compile(r"\$argon2|\$2b\$|hashed_|Traceback|nmdck_[a-z0-9]+_|File \"/")


@pytest.fixture(scope="module")
def world(mongo_url, indexed_database) -> Iterator[World]:
    """Yield the hub with all callers, on an empty database; the callers stay for all routes."""
    for name in indexed_database.list_collection_names():
        indexed_database[name].delete_many({})
    with build(settings_of(mongo_url, indexed_database.name), indexed_database) as world:
        yield world


def test_every_route_is_in_the_table_and_no_other() -> None:
    assert ROUTES.keys() == SERVED.keys()


def test_every_kind_of_access_says_what_becomes_of_every_caller() -> None:
    assert all(outcomes.keys() == set(CALLERS) for outcomes in ACCESS.values())


def gate(status: int, body: Any) -> str:
    """Return what the answer says about the caller, who got in if it says nothing."""
    if status == 400 and isinstance(body, dict) and body.get("detail") == "Inactive user":
        return "400"
    return str(status) if status in {401, 403} else IN


@pytest.mark.parametrize(("method", "path"), sorted(ROUTES), ids=str)
def test_the_route_lets_in_whom_the_table_says(
    world: World, caplog: pytest.LogCaptureFixture, method: str, path: str
) -> None:
    operation = SERVED[method, path]
    outcomes = ACCESS[ROUTES[method, path]]
    plant(world.database)
    content: dict[str, Any] = {"params": query_for(operation, OPENAPI)}
    if (method, path) in BODIES:
        content |= BODIES[method, path]
    elif described := body_for(operation, OPENAPI):
        media_type, body = described
        content["data" if "form" in media_type else "json"] = body
    caplog.set_level(logging.DEBUG, logger="nmdc_runtime")
    found: dict[str, str] = {}
    recorded = 0
    # Who is refused comes first: who gets in may remove what the others would be refused.
    for caller in sorted(CALLERS, key=lambda each: outcomes[each] == IN):
        request_id = uuid4().hex
        answer = world.hub.request(
            method,
            path_for(path, SEEDS),
            headers={**world.headers[caller], "X-Request-ID": request_id},
            follow_redirects=False,
            **content,
        )
        records = records_of(world, request_id)
        assert records <= answer.is_success, "a record of what did not happen, or two"
        recorded += records
        is_json = answer.content and "json" in answer.headers.get("content-type", "")
        found[caller] = gate(answer.status_code, answer.json() if is_json else None)
        if found[caller] != IN and outcomes[caller] == found[caller]:
            assert isinstance(answer.json()["detail"], str)
            if found[caller] in {"401", "403"}:
                assert answer.json()["missing_permission"]
                assert answer.json()["granted_by"]
        assert answer.status_code != 500, answer.text
        if not (answer.is_success and (method, path) in SHOW_A_SECRET):
            check_nothing_leaks(answer.text, world)

    assert found == outcomes
    changes = method not in {"GET", "OPTIONS"} and (method, path) not in CHANGE_NOTHING
    assert (recorded > 0) == changes, "a change leaves a record, and nothing else does"
    check_nothing_leaks(caplog.text, world)


def records_of(world: World, request_id: str) -> int:
    """Return how many records a request left, none of which holds a secret."""
    records = list(world.database[AUDIT].find({"request_id": request_id}))
    for record in records:
        check_nothing_leaks(str(record), world)
    return len(records)


def check_nothing_leaks(text: str, world: World) -> None:
    """Assert that no secret, hash or traceback is in an answer or in the log."""
    leak = LEAKS.search(text)
    assert not leak, text[max(0, leak.start() - 200) : leak.end() + 50]
    for secret in world.secrets:
        assert secret not in text
    for headers in world.headers.values():
        for credential in headers.values():
            assert credential.removeprefix("Bearer ") not in text
