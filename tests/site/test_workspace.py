"""The hub's side and Dagster's side of a run, on the real stack; whole flows: see ``tests/e2e``."""

import signal
import time
from collections.abc import Callable, Iterator
from uuid import uuid4

import orjson
import pytest

from nmdc_runtime.clients.dagster import (
    DagsterClient,
    DagsterRunStatus,
    OrchestratorUnavailable,
    RunRefused,
    RunState,
)
from nmdc_runtime.config import Settings
from nmdc_runtime.config.sections import DagsterSettings
from nmdc_runtime.plans.models import PlanKind
from nmdc_runtime.runs.models import RunEventType
from nmdc_runtime.submissions.rules import PIPELINES
from nmdc_runtime.wiring import Services, boot, open_services
from tests.site.workspace import Workspace
from tests.support.servers import wait_until

# One workspace for all of these: its start is most of their time.
pytestmark = pytest.mark.xdist_group("dagster")

RUN_TIMEOUT_S = 120.0

#: Runs with this wait for MongoDB until they are ended.
NO_MONGO = {
    "host": "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=500",
    "username": "",
    "password": "",
    "dbname": "nowhere",
}

LOCATIONS = """
query { repositoriesOrError { ... on RepositoryConnection {
  nodes { name location { name } jobs { name } sensors { name sensorState { status } } } } } }
"""


@pytest.fixture
def dagster(workspace: Workspace) -> Iterator[DagsterClient]:
    """Yield the hub's client of the running workspace."""
    client = DagsterClient(workspace.url, DagsterSettings())
    yield client
    client.close()


@pytest.fixture
def services(workspace_settings: Settings, dagster: DagsterClient) -> Iterator[Services]:
    """Yield the hub's services on the workspace's database."""
    with open_services(workspace_settings, orchestrator=dagster) as opened:
        boot(opened)
        yield opened


def tagged() -> dict[str, str]:
    return {"nmdc/run_id": f"nmdc:sys0{uuid4().hex}"}


def waited_for(
    dagster: DagsterClient, tags: dict[str, str], wanted: Callable[[DagsterRunStatus], bool]
) -> DagsterRunStatus:
    """Return the latest run with the tags once it is as wanted."""
    deadline = time.monotonic() + RUN_TIMEOUT_S
    while True:
        found = dagster.find_run(tags)
        assert found is not None
        if wanted(found):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def launches(client: DagsterClient) -> bool:
    """Say whether a launch works by now."""
    try:
        return bool(client.launch("hello_job", {}, {}))
    except OrchestratorUnavailable:
        return False


def launch_waiting_run(
    workspace: Workspace, dagster: DagsterClient, tags: dict[str, str]
) -> DagsterRunStatus:
    """Return a run whose worker is the only one at work and will not finish."""
    wait_until(workspace.is_idle, timeout_s=RUN_TIMEOUT_S, what="other tests' runs")
    config = PIPELINES[PlanKind.JSON].run_config(object_id="gfs0x", operation_id="nmdc:sys0op")
    dagster.launch(
        PIPELINES[PlanKind.JSON].dagster_job,
        config | {"resources": {"mongo": {"config": NO_MONGO}}},
        tags,
    )
    return waited_for(dagster, tags, lambda run: run.state is RunState.STARTED)


def test_the_workspace_shows_the_published_repositories_under_one_location(
    workspace: Workspace,
) -> None:
    nodes = workspace.ask(LOCATIONS)["repositoriesOrError"]["nodes"]

    assert {node["name"] for node in nodes} == {
        "repo",
        "biosample_submission_ingest",
        "biosample_export",
        "database_records_stitching",
    }
    assert {node["location"]["name"] for node in nodes} == {"nmdc_runtime.site.repository:repo"}
    (repo,) = [node for node in nodes if node["name"] == "repo"]
    assert {sensor["sensorState"]["status"] for sensor in repo["sensors"]} == {"RUNNING"}


def test_a_launched_run_is_found_by_its_tag_and_succeeds(dagster: DagsterClient) -> None:
    tags = tagged()
    assert dagster.is_alive()
    assert dagster.find_run(tags) is None

    run_id = dagster.launch("hello_job", {}, tags)

    done = waited_for(dagster, tags, lambda run: run.is_finished)
    assert done == DagsterRunStatus(run_id=run_id, state=RunState.SUCCESS)


def test_a_config_that_does_not_fit_is_refused_with_dagsters_reasons(
    dagster: DagsterClient,
) -> None:
    tags = tagged()

    with pytest.raises(RunRefused, match="object_id"):
        dagster.launch(
            PIPELINES[PlanKind.JSON].dagster_job, {"ops": {"get_json_in": {"config": {}}}}, tags
        )

    assert dagster.find_run(tags) is None


def test_a_job_that_does_not_exist_is_refused(dagster: DagsterClient) -> None:
    with pytest.raises(RunRefused, match="no_such_job"):
        dagster.launch("no_such_job", {}, {})


@pytest.mark.endurance
def test_a_workspace_whose_code_is_not_loaded_is_unavailable_until_it_is(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    alone = Workspace(tmp_path_factory.mktemp("alone"), workspace.environment)
    try:
        alone.start_web_server()
        client = DagsterClient(alone.url, DagsterSettings())

        assert client.is_alive()
        with pytest.raises(OrchestratorUnavailable, match="not loaded"):
            client.launch("hello_job", {}, {})

        alone.start_code_server()
        wait_until(lambda: launches(client), timeout_s=RUN_TIMEOUT_S, what="a launch")
    finally:
        alone.close()


def test_a_run_that_fails_is_told_to_the_hub_with_its_reason(services: Services) -> None:
    study = {"id": "nmdc:sty-11-db67n062", "type": "nmdc:Study", "study_category": "consortium"}
    run_id = services.submissions.submit(orjson.dumps({"study_set": [study]}), username="admin")
    services.database["fs.files"].delete_many({})

    wait_until(
        lambda: services.runs.summary(run_id).status is RunEventType.FAIL,
        timeout_s=RUN_TIMEOUT_S,
        what="the run's FAIL",
    )
    failure = services.runs.list_events(run_id)[0]
    message = (failure.run.facets or {})["nmdcRuntime_failure"]["message"]
    assert message.startswith("get_json_in: ")
    assert "gfs0" in message


def test_a_run_whose_worker_is_killed_runs_again_by_itself(
    workspace: Workspace, dagster: DagsterClient
) -> None:
    tags = tagged()
    first = launch_waiting_run(workspace, dagster, tags)

    (worker,) = workspace.workers()
    worker.send_signal(signal.SIGKILL)

    second = waited_for(dagster, tags, lambda run: run.run_id != first.run_id)
    assert not second.has_failed
    workspace.end_run(second.run_id)
    assert waited_for(dagster, tags, lambda run: run.is_finished).has_failed


@pytest.mark.endurance
def test_a_code_server_that_is_killed_with_its_workers_leaves_no_run_hanging(
    workspace: Workspace, dagster: DagsterClient
) -> None:
    tags = tagged()
    first = launch_waiting_run(workspace, dagster, tags)
    (worker,) = workspace.workers()

    workspace.stop("code", signal.SIGKILL)
    worker.kill()
    workspace.start_code_server()

    second = waited_for(dagster, tags, lambda run: run.run_id != first.run_id)
    workspace.end_run(second.run_id)
