"""``GET /jobs:watch``, from a hub as it is deployed: streams need a real server."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
import pytest
import requests

from nmdc_runtime.config import Settings
from tests.support.uvicorn_hub import running_hub


@dataclass
class Event:
    """What a stream sent: an event, or (without a name) a heartbeat."""

    id: str = ""
    name: str = ""
    data: str = ""

    @property
    def job(self) -> dict:
        return json.loads(self.data)


@dataclass
class Site:
    """A client of the hub."""

    url: str
    headers: dict[str, str]

    def create(self, workflow_id: str, **more: object) -> str:
        body = {"workflow": {"id": workflow_id}, "config": {}, **more}
        return str(self._post("/jobs", json=body)["id"])

    def claim(self, job_id: str) -> str:
        return str(self._post(f"/jobs/{job_id}:claim")["id"])

    def _post(self, path: str, **body: object) -> dict:
        answer = requests.post(self.url + path, headers=self.headers, timeout=30, **body)
        answer.raise_for_status()
        return answer.json()

    @contextmanager
    def watching(self, query: str = "", last_event_id: str = "") -> Iterator[Iterator[Event]]:
        """Yield the events of a stream that has begun."""
        headers = self.headers | ({"Last-Event-ID": last_event_id} if last_event_id else {})
        with requests.get(
            f"{self.url}/jobs:watch?{query}", headers=headers, stream=True, timeout=20
        ) as answer:
            assert answer.status_code == 200, answer.text
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            events = read(answer.iter_lines(chunk_size=1, decode_unicode=True))
            next(events)  # says where the stream begins: it has begun
            yield events


def read(lines: Iterator[str]) -> Iterator[Event]:
    event = Event()
    for line in lines:
        name, _, value = line.partition(": ")
        if not line:
            yield event
            event = Event()
        elif name == "event":
            event.name = value
        elif name in {"id", "data"}:
            setattr(event, name, value)


def jobs(events: Iterator[Event]) -> Iterator[Event]:
    return (event for event in events if event.name)


def log_in(url: str, settings: Settings) -> Site:
    form = {
        "grant_type": "client_credentials",
        "client_id": settings.api_site_client_id,
        "client_secret": settings.api_site_client_secret.get_secret_value(),
    }
    token = requests.post(f"{url}/token", data=form, timeout=30).json()["access_token"]
    return Site(url, {"Authorization": f"Bearer {token}"})


@pytest.fixture
def hub(settings) -> Iterator[tuple[Site, int]]:
    limits = {"NMDC_JOBS__WATCHERS": "2", "NMDC_JOBS__HEARTBEAT_S": "0.5"}
    with running_hub(settings, **limits) as (url, pid):
        yield log_in(url, settings), pid


def test_changes_are_told_as_they_happen_and_none_is_missed_by_who_comes_again(hub):
    site, _ = hub
    with site.watching("workflow_id=one&workflow_id=two") as events:
        told = jobs(events)
        other, first = site.create("three"), site.create("one", name="n")
        created = next(told)
        operation_id = site.claim(first)
        changed = next(told)

    assert (created.name, created.job["id"], created.job["name"]) == ("created", first, "n")
    assert created.job["created_at"].endswith("Z")
    assert "_id" not in created.job
    assert changed.name == "changed"
    assert [each["op_id"] for each in changed.job["claims"]] == [operation_id]

    second = site.create("two")  # while nobody watches
    with site.watching("workflow_id=one&workflow_id=two", created.id) as events:
        told = jobs(events)
        assert next(told).job["claims"][0]["op_id"] == operation_id
        assert next(told).job["id"] == second

    with site.watching("site_id=nmdc-runtime") as events:
        site.create("one")
        site.claim(other)
        assert next(jobs(events)).job["id"] == other


def test_a_stream_in_which_nothing_happens_says_that_it_lives_and_where_it_is(hub):
    site, _ = hub
    with site.watching("workflow_id=none") as events:
        beats = [next(events) for _ in range(2)]
    assert all(beat.id and not beat.name for beat in beats)

    site.create("other")
    job_id = site.create("none")

    with site.watching("workflow_id=none", beats[-1].id) as events:
        assert next(jobs(events)).job["id"] == job_id


def test_streams_are_bounded_and_for_those_who_log_in(hub):
    site, _ = hub
    assert requests.get(f"{site.url}/jobs:watch", timeout=20).status_code == 401
    for position in ("nonsense", "00" * 20, "82" + "ff" * 40):
        answer = requests.get(
            f"{site.url}/jobs:watch",
            headers=site.headers | {"Last-Event-ID": position},
            timeout=20,
        )
        assert answer.status_code == 410, answer.text
        assert answer.json()["code"] == "watch_not_resumable"

    with site.watching(), site.watching():
        refused = requests.get(f"{site.url}/jobs:watch", headers=site.headers, timeout=20)
        assert refused.status_code == 503
        assert refused.headers["Retry-After"]

    deadline = time.monotonic() + 15
    while True:  # the hub notices at the next heartbeat that they have left
        answer = requests.get(
            f"{site.url}/jobs:watch", headers=site.headers, stream=True, timeout=20
        )
        with answer:
            if answer.status_code == 200:
                break
        assert time.monotonic() < deadline, "closed streams still count"
        time.sleep(0.2)


def test_a_hub_that_is_asked_to_stop_ends_its_streams_and_stops(hub):
    site, pid = hub
    process = psutil.Process(pid)
    with site.watching() as events:
        os.kill(pid, signal.SIGTERM)
        assert all(not event.name for event in events), "the stream ends, whole"
    assert process.wait(timeout=20) == 0 or not process.is_running()
