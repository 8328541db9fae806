"""The bars of flows: from an event to the start of the run that it sets off, on the whole stack.

The stack stands as people start it: sensors look as often as by default. There is no bare work to
compare with: what takes time is waiting for the next look.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.bench.conftest import Ledger
from tests.support.documents import a_study
from tests.support.flows import Desk, desk_at
from tests.support.live_stack import eventually, live_stack

EVENTS = 5
#: Between two looks of a sensor, by default: events come at any moment of it.
BETWEEN_LOOKS_S = 10
START_TIME = """query($tags: [ExecutionTag!]) { runsOrError(filter: {tags: $tags}, limit: 1) {
    ... on Runs { results { startTime } } } }"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder: Path = tmp_path_factory.mktemp("flows")
    with live_stack(folder / ".local") as stack, desk_at(stack, folder) as desk:
        run_id = desk.submit({"study_set": [a_study("warm")]})
        eventually(lambda: desk.status(run_id) == "COMPLETE", what="a first run")
        yield desk


def start_of_run(desk: Desk, tag: str, value: str) -> float:
    """Return when the run that carries the tag started, in s since 1970."""
    asked = {"query": START_TIME, "variables": {"tags": [{"key": tag, "value": value}]}}
    found: list[float] = []

    def has_started() -> bool:
        url = f"{desk.stack.variables['DAGIT_HOST']}/graphql"
        answer = requests.post(url, json=asked, timeout=30).json()
        found.extend(
            run["startTime"] for run in answer["data"]["runsOrError"]["results"] if run["startTime"]
        )
        return bool(found)

    eventually(has_started, what=f"a run of {value} starts")
    return found[0]


def waits(event: Callable[[int], float]) -> list[float]:
    """Let events happen at moments that nobody has chosen; return how long each took."""
    taken = []
    for number in range(EVENTS):
        time.sleep(random.uniform(0, BETWEEN_LOOKS_S))
        taken.append(event(number))
    return taken


def test_from_a_submission_to_its_run(desk: Desk, ledger: Ledger):
    def submit(number: int) -> float:
        began = time.time()
        run_id = desk.submit({"study_set": [a_study(f"hub{number}")]})
        return start_of_run(desk, "nmdc/run_id", run_id) - began

    taken = waits(submit)
    ledger.add("from a submission to its run, median", statistics.median(taken), "s", bar=6)
    ledger.add("the same, the slowest", max(taken), "s", bar=6)


def test_from_a_type_on_an_object_to_its_run(desk: Desk, ledger: Ledger):
    def tag(number: int) -> float:
        body = b'{"study_set": []}' + b" " * number  # no two objects have the same bytes
        object_id = desk.upload(f"tagged{number}.json", body)
        began = time.time()
        desk.tag(object_id, "metadata-in")
        return start_of_run(desk, "nmdc/object_id", object_id) - began

    taken = waits(tag)
    ledger.add("from a type on an object to its run, median", statistics.median(taken), "s", bar=35)
    ledger.add("the same, the slowest", max(taken), "s", bar=35)
