"""Dagster's web server, spoken to in GraphQL over HTTP: the hub never imports Dagster."""

import logging
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final, Protocol
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from nmdc_runtime.config import SettingsInvalid
from nmdc_runtime.config.sections import DagsterSettings
from nmdc_runtime.kernel.errors import ErrorKind, NmdcError

logger = logging.getLogger(__name__)

#: Tag of a Dagster run with the id of the run that the hub promised to its client. The hub
#: allocates that id first, so the ops of the fastest run can already tell which run they are.
RUN_ID_TAG: Final = "nmdc/run_id"
#: Dagster's own tag on a failed run that it will run again.
WILL_RETRY_TAG: Final = "dagster/will_retry"
#: How long that tag is believed. Dagster makes the next run within seconds; if it died just then,
#: or no longer has the job, it never does, and the tag stays.
RETRY_PATIENCE_S: Final = 180.0

CONNECT_TIMEOUT_S: Final = 3.0
ALIVE_TIMEOUT_S: Final = 2.0
#: As many requests at once as the hub has threads by default.
CONNECTIONS: Final = 40

LOCATIONS: Final = """
query HubLocations {
  workspaceOrError {
    __typename
    ... on PythonError { message }
    ... on Workspace {
      locationEntries {
        name
        loadStatus
        locationOrLoadError {
          __typename
          ... on PythonError { message }
          ... on RepositoryLocation { repositories { name jobs { name } } }
        }
      }
    }
  }
}
"""

LAUNCH: Final = """
mutation HubLaunch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on RunConfigValidationInvalid { errors { message } }
    ... on Error { message }
  }
}
"""

FIND: Final = """
query HubFindRun($filter: RunsFilter!) {
  runsOrError(filter: $filter, limit: 1) {
    __typename
    ... on Runs { results { runId status endTime tags { key value } } }
    ... on Error { message }
  }
}
"""


class OrchestratorUnavailable(NmdcError):
    """Dagster cannot be reached, does not answer in time, or has not loaded its jobs."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    title: ClassVar[str] = "Dagster is not available"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "10"}


class RunRefused(NmdcError):
    """Dagster answered that it will not run this; the message carries its reasons."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    title: ClassVar[str] = "Run refused by Dagster"


class RunState(StrEnum):
    """Where a run stands, in Dagster's own words."""

    QUEUED = "QUEUED"
    NOT_STARTED = "NOT_STARTED"
    MANAGED = "MANAGED"
    STARTING = "STARTING"
    STARTED = "STARTED"
    SUSPENDED = "SUSPENDED"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    CANCELING = "CANCELING"
    CANCELED = "CANCELED"


@dataclass(frozen=True, slots=True, kw_only=True)
class DagsterRunStatus:
    """One run in Dagster and where it stands."""

    run_id: str
    state: RunState
    #: Dagster is about to run it again by itself, under another id: its worker died.
    will_retry: bool = False

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will come of this run."""
        return self.state is RunState.SUCCESS or self.has_failed

    @property
    def has_failed(self) -> bool:
        """Whether the run ended without doing its work, for good."""
        return self.state in {RunState.FAILURE, RunState.CANCELED} and not self.will_retry


class Orchestrator(Protocol):
    """Runs jobs by name."""

    def launch(self, job_name: str, run_config: Mapping[str, Any], tags: Mapping[str, str]) -> str:
        """Ask for one run and return its id.

        Raise `RunRefused`, or `OrchestratorUnavailable`: then the run may exist all the same
        (the answer was lost), so ask `find_run` before launching again.
        """
        ...

    def find_run(self, tags: Mapping[str, str]) -> DagsterRunStatus | None:
        """Return the latest run that carries all these tags."""
        ...

    def is_alive(self) -> bool:
        """Say, within two seconds, whether the orchestrator answers at all."""
        ...


@dataclass(frozen=True, slots=True)
class JobAddress:
    """Where Dagster keeps a job."""

    location: str
    repository: str
    job_name: str

    def selector(self) -> dict[str, str]:
        """Return what the launch mutation calls a selector."""
        return {
            "repositoryLocationName": self.location,
            "repositoryName": self.repository,
            "jobName": self.job_name,
        }


def base_url(address: str, *, variable: str = "DAGIT_HOST") -> str:
    """Return the web server's base URL for the value of a variable that names its address.

    A scheme and a port may be missing (http, and the scheme's own port); a path is kept, for
    web servers started with a path prefix.
    """
    text = address.strip()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port  # raises if it is no number
    except ValueError as error:
        raise _unusable(variable, address, str(error)) from error
    if parts.scheme not in {"http", "https"}:
        raise _unusable(variable, address, "the scheme is neither http nor https")
    if not parts.hostname or any(c.isspace() for c in parts.netloc):
        raise _unusable(variable, address, "there is no host in it")
    if parts.query or parts.fragment or parts.username:
        raise _unusable(variable, address, "only scheme, host, port and path belong there")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = host if port is None else f"{host}:{port}"
    return f"{parts.scheme}://{netloc}{parts.path.rstrip('/')}"


def _unusable(variable: str, address: str, reason: str) -> SettingsInvalid:
    return SettingsInvalid(
        f"{variable} is {address!r}: {reason}. Set the address of Dagster's web server, "
        "e.g. http://dagster-dagit:3000"
    )


class DagsterClient:
    """Launches and finds runs; safe to share between threads."""

    def __init__(self, dagit_host: str, settings: DagsterSettings) -> None:
        self._base_url = base_url(dagit_host)
        self._settings = settings
        self._addresses: dict[str, JobAddress] = {}
        self._session = requests.Session()
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=CONNECTIONS)
        self._session.mount(self._base_url, adapter)
        # A kept connection that the server closes just then would look like a lost answer.
        self._session.headers["Connection"] = "close"

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def is_alive(self) -> bool:
        """Say, within two seconds, whether the web server answers at all."""
        try:
            answer = self._session.get(f"{self._base_url}/server_info", timeout=ALIVE_TIMEOUT_S)
            return bool(answer.ok and answer.json().get("dagster_webserver_version"))
        except (requests.RequestException, ValueError, AttributeError):
            return False

    def find_run(self, tags: Mapping[str, str]) -> DagsterRunStatus | None:
        """Return the latest run that carries all these tags."""
        answer = self._ask(FIND, {"filter": {"tags": _as_pairs(tags)}})["runsOrError"]
        if answer["__typename"] != "Runs":
            raise OrchestratorUnavailable(
                f"Dagster could not look a run up: {_first_line(answer.get('message'))}"
            )
        for run in answer["results"]:
            is_tagged = {"key": WILL_RETRY_TAG, "value": "true"} in run["tags"]
            ended_at = run.get("endTime")  # seconds since 1970; no such time in some failures
            is_fresh = ended_at is None or time.time() - float(ended_at) < RETRY_PATIENCE_S
            return DagsterRunStatus(
                run_id=run["runId"],
                state=RunState(run["status"]),
                will_retry=is_tagged and is_fresh,
            )
        return None

    def launch(self, job_name: str, run_config: Mapping[str, Any], tags: Mapping[str, str]) -> str:
        """Ask for one run and return its id."""
        known = job_name in self._addresses
        answer = self._launch_once(self._address(job_name), run_config, tags)
        if answer["__typename"] == "PipelineNotFoundError" and known:
            # The workspace has changed since the job was looked up.
            self._addresses.pop(job_name, None)
            answer = self._launch_once(self._address(job_name), run_config, tags)
        match answer["__typename"]:
            case "LaunchRunSuccess":
                run_id: str = answer["run"]["runId"]
                logger.info("run launched", extra={"job_name": job_name, "dagster_run_id": run_id})
                return run_id
            case "RunConfigValidationInvalid":
                reasons = "; ".join(error["message"] for error in answer["errors"])
                raise RunRefused(f"Dagster refused the run config of {job_name}: {reasons}")
            case "PythonError" | "PipelineNotFoundError":
                self._addresses.pop(job_name, None)
                raise OrchestratorUnavailable(
                    f"Dagster could not launch {job_name}: {_first_line(answer.get('message'))}"
                )
            case other:
                reason = _first_line(answer.get("message"))
                raise RunRefused(f"Dagster refused to launch {job_name}: {other}: {reason}")

    def _launch_once(
        self, address: JobAddress, run_config: Mapping[str, Any], tags: Mapping[str, str]
    ) -> dict[str, Any]:
        params = {
            "selector": address.selector(),
            "runConfigData": dict(run_config),
            "executionMetadata": {"tags": _as_pairs(tags)},
        }
        answer: dict[str, Any] = self._ask(LAUNCH, {"params": params})["launchRun"]
        return answer

    def _address(self, job_name: str) -> JobAddress:
        """Return where the job is, looked up once; Dagster has no launch by name alone."""
        known = self._addresses.get(job_name)
        if known is None:
            known = self._addresses[job_name] = self._find_address(job_name)
        return known

    def _find_address(self, job_name: str) -> JobAddress:
        workspace = self._ask(LOCATIONS, {})["workspaceOrError"]
        if workspace["__typename"] != "Workspace":
            raise OrchestratorUnavailable(
                f"Dagster has no workspace: {_first_line(workspace.get('message'))}"
            )
        found: list[JobAddress] = []
        not_loaded: list[str] = []
        for entry in workspace["locationEntries"]:
            location = entry["locationOrLoadError"] or {"__typename": "Loading"}
            if location["__typename"] != "RepositoryLocation":
                reason = _first_line(location.get("message", "it is still loading"))
                not_loaded.append(f"{entry['name']}: {reason}")
                continue
            found += [
                JobAddress(entry["name"], repository["name"], job_name)
                for repository in location["repositories"]
                if self._is_wanted(entry["name"], repository["name"])
                and any(job["name"] == job_name for job in repository["jobs"])
            ]
        if len(found) == 1:
            return found[0]
        if found:
            places = ", ".join(f"{at.repository}@{at.location}" for at in found)
            raise RunRefused(
                f"Dagster has {len(found)} jobs called {job_name} ({places}): set "
                "NMDC_DAGSTER__REPOSITORY_LOCATION and NMDC_DAGSTER__REPOSITORY_NAME"
            )
        if not_loaded or not workspace["locationEntries"]:
            reasons = "; ".join(not_loaded) or "its workspace is empty"
            raise OrchestratorUnavailable(f"Dagster has not loaded {job_name}: {reasons}")
        raise RunRefused(f"Dagster has no job called {job_name}")

    def _is_wanted(self, location: str, repository: str) -> bool:
        return (self._settings.repository_location or location) == location and (
            self._settings.repository_name or repository
        ) == repository

    def _ask(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Send one query and return its ``data``, or raise `OrchestratorUnavailable`."""
        url = f"{self._base_url}/graphql"
        try:
            response = self._session.post(
                url,
                json={"query": query, "variables": variables},
                timeout=(CONNECT_TIMEOUT_S, self._settings.timeout_s),
            )
            body = response.json()
        except requests.Timeout as error:
            raise OrchestratorUnavailable(
                f"Dagster's web server at {self._base_url} did not answer in time"
            ) from error
        except requests.JSONDecodeError as error:
            raise OrchestratorUnavailable(
                f"{url} answered {response.status_code} without JSON: is DAGIT_HOST right?"
            ) from error
        except requests.RequestException as error:
            raise OrchestratorUnavailable(
                f"Dagster's web server at {self._base_url} cannot be reached"
            ) from error
        data = body.get("data") if isinstance(body, dict) else None
        if not isinstance(data, dict) or body.get("errors"):
            errors = body.get("errors", []) if isinstance(body, dict) else []
            reasons = "; ".join(str(error.get("message")) for error in errors)
            raise OrchestratorUnavailable(
                f"{url} answered {response.status_code}: {reasons or 'no data'}"
            )
        return data


def _as_pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in sorted(tags.items())]


def _first_line(message: object) -> str:
    """Return the part of Dagster's message that a client may read; the rest is a stack."""
    first, _, _ = str(message or "").strip().partition("\n")
    return re.sub(r"^[\w.]+(Error|Exception): ", "", first) or "no reason given"
