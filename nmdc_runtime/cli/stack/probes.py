"""Ways to find out whether a service is ready: each returns None if so, else what is missing."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import grpc  # type: ignore[import-untyped]
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]

#: Asked once: returns None if the service is ready, else why it is not yet.
Probe = Callable[[], str | None]

TIMEOUT_S: Final = 3.0

LOCATIONS_QUERY: Final = """{
  workspaceOrError {
    ... on Workspace { locationEntries { name loadStatus locationOrLoadError { __typename } } }
    ... on PythonError { message }
  }
}"""
DAEMONS_QUERY: Final = """{
  instance { daemonHealth { allDaemonStatuses { daemonType required lastHeartbeatTime } } }
}"""


def _open(request: str | urllib.request.Request) -> tuple[int, bytes]:
    # No proxy: the stack is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT_S) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def http_answers(url: str, *, statuses: range = range(200, 300)) -> Probe:
    """Return a probe: a GET is answered with one of these statuses."""

    def probe() -> str | None:
        try:
            status, _ = _open(url)
        except OSError as error:
            return f"no answer yet ({error})"
        return None if status in statuses else f"answers with {status}"

    return probe


def grpc_serves(port: int, service: str) -> Probe:
    """Return a probe: the gRPC health service says that this service is being served."""

    def probe() -> str | None:
        with grpc.insecure_channel(
            f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)]
        ) as channel:
            check = health_pb2_grpc.HealthStub(channel).Check
            try:
                answer = check(health_pb2.HealthCheckRequest(service=service), timeout=TIMEOUT_S)
            except grpc.RpcError as error:
                return f"no answer yet ({error.code().name})"
        is_serving = answer.status == health_pb2.HealthCheckResponse.SERVING
        return None if is_serving else "does not serve yet"

    return probe


def file_touched(file: Path, *, since: float) -> Probe:
    """Return a probe: a process has touched its file since then, as it does while it is well."""

    def probe() -> str | None:
        try:
            touched = file.stat().st_mtime >= since
        except FileNotFoundError:
            touched = False
        return None if touched else "no sign of life yet"

    return probe


def _ask_dagster(url: str, query: str) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 (our own http address)
        f"{url}/graphql",
        data=json.dumps({"query": query}).encode(),
        headers={"Content-Type": "application/json"},
    )
    _, body = _open(request)
    answer: dict[str, Any] = json.loads(body)["data"]
    return answer


def dagster_has_code(url: str) -> Probe:
    """Return a probe: Dagster's web server answers and has loaded all code locations."""

    def probe() -> str | None:
        try:
            workspace = _ask_dagster(url, LOCATIONS_QUERY)["workspaceOrError"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            return f"no answer yet ({error})"
        for entry in workspace.get("locationEntries", []):
            location = entry["locationOrLoadError"] or {}
            if location.get("__typename") != "RepositoryLocation":
                return f"code location {entry['name']} is not loaded: see the log of dagster-code"
        return None if workspace.get("locationEntries") else "no code location yet"

    return probe


def daemons_beat(url: str, *, since: float) -> Probe:
    """Return a probe: every daemon that Dagster wants has given a sign of life since then."""

    def probe() -> str | None:
        try:
            health = _ask_dagster(url, DAEMONS_QUERY)["instance"]["daemonHealth"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            return f"Dagster's web server does not tell yet ({error})"
        silent = [
            daemon["daemonType"]
            for daemon in health["allDaemonStatuses"]
            if daemon["required"] and (daemon["lastHeartbeatTime"] or 0) < since
        ]
        return f"no sign of life of {', '.join(silent)}" if silent else None

    return probe
