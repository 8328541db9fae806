"""What the demonstration does, over HTTP like anybody else: submit, follow, read back."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Final

import orjson
import requests

FILES: Final = ("prerequisites.json", "database.multi_run.json")
REQUEST_TIMEOUT_S: Final = 60
POLL_INTERVAL_S: Final = 0.3
#: How often a request is repeated while the hub says that it is not ready (503).
ATTEMPTS: Final = 10


class DemoFailed(Exception):
    """The demonstration cannot go on; the message says what and what to do."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Documents shipped with this package, and the bytes that are sent of them."""

    name: str
    body: bytes
    documents: dict[str, list[dict[str, Any]]]

    @property
    def size(self) -> int:
        """How many documents there are."""
        return sum(len(documents) for documents in self.documents.values())


@dataclass(frozen=True, slots=True)
class ReadBack:
    """One collection as the hub gives it back."""

    collection: str
    ids: list[str]
    url: str


@dataclass
class Hub:
    """A hub, spoken to as one of its users."""

    url: str
    session: requests.Session = field(default_factory=requests.Session)

    def log_in(self, username: str, password: str) -> None:
        """Get a token for this user."""
        form = {"grant_type": "password", "username": username, "password": password}
        answer = self.session.post(f"{self.url}/token", data=form, timeout=REQUEST_TIMEOUT_S)
        if answer.status_code != requests.codes.ok:
            raise DemoFailed(
                f"{self.url} does not let {username!r} log in: {_detail(answer)}. "
                "Give --username and --password of a user who may submit metadata."
            )
        self.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def call(self, method: str, path: str, *, body: bytes | None = None) -> Any:  # noqa: ANN401 (any JSON)
        """Send a request and return the JSON answer; wait and repeat while the hub is not ready."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        for attempt in range(ATTEMPTS):
            answer = self.session.request(
                method,
                f"{self.url}{path}",
                data=body,
                headers=headers,
                timeout=REQUEST_TIMEOUT_S,
            )
            if answer.status_code != requests.codes.unavailable:
                break
            time.sleep(min(2**attempt * 0.25, 5))
        if not answer.ok:
            raise DemoFailed(f"{method} {path} gave {answer.status_code}: {_detail(answer)}")
        return answer.json()

    def wait_until_ready(self, *, timeout_s: float) -> dict[str, Any]:
        """Return the readiness of the system as soon as the hub serves and Dagster answers."""
        deadline = time.monotonic() + timeout_s
        problem = "no answer"
        while time.monotonic() < deadline:
            try:
                answer = self.session.get(f"{self.url}/health/ready", timeout=REQUEST_TIMEOUT_S)
                ready: dict[str, Any] = answer.json()
                if ready["mongo"]["ok"] and ready["dagster"]["ok"]:
                    return ready
                problem = ready["mongo"]["detail"] or ready["dagster"]["detail"]
            except (requests.RequestException, ValueError, KeyError) as error:
                problem = str(error)
            time.sleep(POLL_INTERVAL_S)
        raise DemoFailed(f"{self.url} is not ready after {timeout_s:.0f} s: {problem}")


def load_datasets() -> list[Dataset]:
    """Return the documents shipped with this package, in the order they must be submitted."""
    folder = resources.files("nmdc_runtime.cli").joinpath("demo_data")
    bodies = [(name, folder.joinpath(name).read_bytes()) for name in FILES]
    return [Dataset(name, body, orjson.loads(body)) for name, body in bodies]


def submit(hub: Hub, dataset: Dataset) -> str:
    """Check the documents and submit them; return the id of the run that applies them."""
    checked = hub.call("POST", "/metadata/json:validate", body=dataset.body)
    if checked["result"] != "All Okay!":
        raise DemoFailed(f"{dataset.name} is not valid: {checked['detail']}")
    accepted = hub.call("POST", "/metadata/json:submit", body=dataset.body)
    return str(accepted["detail"]["run_id"])


def follow(hub: Hub, run_id: str, *, timeout_s: float, tell: Callable[[str], None]) -> float:
    """Wait until the run is complete, telling each status; return the seconds it took."""
    started = time.monotonic()
    while (elapsed := time.monotonic() - started) < timeout_s:
        status = hub.call("GET", f"/runs/{run_id}")["status"]
        tell(status)
        if status == "COMPLETE":
            return elapsed
        if status == "FAIL":
            events = hub.call("GET", f"/runs/{run_id}/events")["resources"]
            raise DemoFailed(f"the run {run_id} failed: {events[0]['run'].get('facets')}")
        time.sleep(POLL_INTERVAL_S)
    raise DemoFailed(
        f"the run {run_id} is not complete after {timeout_s:.0f} s: look at it in Dagster"
    )


def read_back(hub: Hub, dataset: Dataset) -> Iterator[ReadBack]:
    """Read every submitted document and compare it with what was sent, collection by collection."""
    for collection, documents in dataset.documents.items():
        ids = []
        for document in documents:
            stored = hub.call("GET", f"/nmdcschema/{collection}/{document['id']}")
            stored.pop("provenance_metadata", None)  # the dates that the hub itself adds
            if stored != document:
                raise DemoFailed(f"{document['id']} came back different from what was sent")
            ids.append(document["id"])
        yield ReadBack(collection, ids, f"{hub.url}/nmdcschema/{collection}")


def dagster_run_id(hub: Hub, run_id: str) -> str | None:
    """Return the Dagster run that applied the submission."""
    for event in hub.call("GET", f"/runs/{run_id}/events")["resources"]:
        found = (event["run"].get("facets") or {}).get("nmdcRuntime_dagsterRunId")
        if found:
            return str(found)
    return None


def _detail(answer: requests.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError):
        return answer.text[:300]
