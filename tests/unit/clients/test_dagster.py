import json
import time
from typing import Any

import pytest

from nmdc_runtime.clients.dagster import (
    DagsterClient,
    DagsterRunStatus,
    OrchestratorUnavailable,
    RunState,
    base_url,
)
from nmdc_runtime.config import SettingsInvalid
from nmdc_runtime.config.sections import DagsterSettings
from nmdc_runtime.kernel.errors import ErrorKind
from tests.support.servers import free_port


@pytest.mark.parametrize(
    ("dagit_host", "expected"),
    [
        ("http://dagster-dagit:3000", "http://dagster-dagit:3000"),
        ("https://dagster.example.org", "https://dagster.example.org"),
        ("https://dagster.example.org/", "https://dagster.example.org"),
        ("http://dagster-dagit", "http://dagster-dagit"),
        ("dagster-dagit:3000", "http://dagster-dagit:3000"),
        ("http://gateway/dagster/", "http://gateway/dagster"),
        (" http://[::1]:3000 ", "http://[::1]:3000"),
    ],
)
def test_a_usable_address_keeps_what_it_says(dagit_host: str, expected: str) -> None:
    assert base_url(dagit_host) == expected


@pytest.mark.parametrize(
    "dagit_host",
    ["", "http://", "ftp://dagit:3000", "http://dagit:port", "http://user:pw@dagit", "http://a b"],
)
def test_an_unusable_address_is_refused_by_the_name_of_its_variable(dagit_host: str) -> None:
    with pytest.raises(SettingsInvalid, match="DAGIT_HOST"):
        DagsterClient(dagit_host, DagsterSettings())


def test_a_server_that_is_down_is_not_alive_and_everything_else_is_unavailable() -> None:
    client = DagsterClient(f"http://127.0.0.1:{free_port()}", DagsterSettings())

    assert client.is_alive() is False
    with pytest.raises(OrchestratorUnavailable, match="cannot be reached") as caught:
        client.launch("hello_job", {}, {})
    assert caught.value.kind is ErrorKind.UNAVAILABLE
    with pytest.raises(OrchestratorUnavailable):
        client.find_run({"nmdc/run_id": "nmdc:sys0abc"})


@pytest.mark.parametrize(
    ("state", "will_retry", "is_finished", "has_failed"),
    [
        (RunState.QUEUED, False, False, False),
        (RunState.STARTED, False, False, False),
        (RunState.SUCCESS, False, True, False),
        (RunState.FAILURE, False, True, True),
        (RunState.CANCELED, False, True, True),
        (RunState.FAILURE, True, False, False),
    ],
)
def test_a_run_that_dagster_will_repeat_has_neither_failed_nor_finished(
    state: RunState, will_retry: bool, is_finished: bool, has_failed: bool
) -> None:
    run = DagsterRunStatus(run_id="r", state=state, will_retry=will_retry)

    assert (run.is_finished, run.has_failed) == (is_finished, has_failed)


@pytest.mark.parametrize(("ended_s_ago", "goes_on"), [(5, True), (600, False), (None, True)])
def test_dagsters_word_that_it_runs_again_is_believed_for_a_while(
    http_answers: Any, ended_s_ago: int | None, goes_on: bool
) -> None:
    run = {
        "runId": "r1",
        "status": "FAILURE",
        "endTime": None if ended_s_ago is None else time.time() - ended_s_ago,
        "tags": [{"key": "dagster/will_retry", "value": "true"}],
    }
    found = {"data": {"runsOrError": {"__typename": "Runs", "results": [run]}}}
    with http_answers({"/graphql": (200, found)}) as url:
        answer = DagsterClient(url, DagsterSettings()).find_run({"nmdc/run_id": "x"})

    assert answer is not None
    assert answer.has_failed is not goes_on


def test_something_that_is_no_dagster_is_not_alive(http_answers: Any) -> None:
    with http_answers({"/server_info": (200, {"name": "another server"})}) as url:
        client = DagsterClient(url, DagsterSettings())

        assert client.is_alive() is False
        with pytest.raises(OrchestratorUnavailable, match="404"):
            client.find_run({"nmdc/run_id": "x"})


def test_two_jobs_of_one_name_need_the_settings_that_choose(http_answers: Any) -> None:
    def location(name: str) -> dict[str, Any]:
        return {
            "name": name,
            "loadStatus": "LOADED",
            "locationOrLoadError": {
                "__typename": "RepositoryLocation",
                "repositories": [{"name": "repo", "jobs": [{"name": "hello_job"}]}],
            },
        }

    workspace = {"__typename": "Workspace", "locationEntries": [location("a"), location("b")]}
    launched = {"__typename": "LaunchRunSuccess", "run": {"runId": "run-1"}}
    data = {"data": {"workspaceOrError": workspace, "launchRun": launched}}
    with http_answers({"/graphql": (200, data)}) as url:
        with pytest.raises(Exception, match="NMDC_DAGSTER__REPOSITORY_LOCATION"):
            DagsterClient(url, DagsterSettings()).launch("hello_job", {}, {})

        chosen = DagsterSettings(repository_location="b")
        assert DagsterClient(url, chosen).launch("hello_job", {}, {}) == "run-1"


def test_a_refusal_of_graphql_itself_is_reported_with_its_message(http_answers: Any) -> None:
    answer = {"errors": [{"message": "Unknown type 'RunsFilter'"}]}
    with http_answers({"/graphql": (400, answer)}) as url:
        client = DagsterClient(url, DagsterSettings())

        with pytest.raises(OrchestratorUnavailable, match="Unknown type 'RunsFilter'"):
            client.find_run({"nmdc/run_id": "x"})


def test_a_job_that_moved_is_looked_up_again_and_launched_once(http_answers: Any) -> None:
    home = ["old"]
    launched: list[str] = []

    def dagster(method: str, path: str, headers: dict[str, str], body: str) -> tuple[int, Any]:
        asked = json.loads(body)
        if "HubLocations" in asked["query"]:
            repositories = [{"name": "repo", "jobs": [{"name": "hello_job"}]}]
            loaded = {"__typename": "RepositoryLocation", "repositories": repositories}
            entry = {"name": home[0], "loadStatus": "LOADED", "locationOrLoadError": loaded}
            workspace = {"__typename": "Workspace", "locationEntries": [entry]}
            return 200, {"data": {"workspaceOrError": workspace}}
        location = asked["variables"]["params"]["selector"]["repositoryLocationName"]
        if location != home[0]:
            return 200, {"data": {"launchRun": {"__typename": "PipelineNotFoundError"}}}
        launched.append(location)
        run = {"__typename": "LaunchRunSuccess", "run": {"runId": f"run-{len(launched)}"}}
        return 200, {"data": {"launchRun": run}}

    with http_answers(dagster) as url:
        client = DagsterClient(url, DagsterSettings())
        assert client.launch("hello_job", {}, {}) == "run-1"
        home[0] = "new"
        assert client.launch("hello_job", {}, {}) == "run-2"

    assert launched == ["old", "new"]
