"""A hub with studies, and callers who may run commands."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from nmdc_runtime.queries.running import QueryRunner
from tests.support.documents import a_study

Run = Callable[..., Any]
WRITES = "/queries:run(query_cmd:DeleteCommand)"
AGGREGATES = "/queries:run(query_cmd:AggregateCommand)"
OPERATIONAL = "/queries:run(collections:operational)"


@pytest.fixture
def run(hub, as_admin) -> Run:
    """Return what sends a command, as the administrator, and returns the answer."""

    def send(command: Any, headers: dict[str, str] | None = None, **params: Any) -> Any:
        return hub.post(
            "/queries:run",
            content=json.dumps(command),  # unlike the client's own, it sends half characters
            headers=as_admin if headers is None else headers,
            params=params,
        )

    return send


@pytest.fixture
def use_runner(hub) -> Iterator[Callable[[QueryRunner], None]]:
    """Return what lets the hub use another runner until the test ends."""
    state = hub.app.state
    usual = state.reads

    def use(runner: QueryRunner) -> None:
        state.reads = replace(usual, queries=runner)

    yield use
    state.reads = usual


@pytest.fixture
def six_studies(hub, database) -> list[str]:
    """Store six studies, whose order by name is not that of their keys; return their ids."""
    names = ["d", "a", "f", "c", "b", "e"]
    documents = [{**a_study(f"study{n}"), "name": name} for n, name in enumerate(names)]
    database["study_set"].insert_many(documents)
    return [each["id"] for each in documents]
