"""The hub's side and Dagster's side of a run, on the real stack."""

import signal
import time
from collections.abc import Callable, Iterator
from typing import Any
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
from nmdc_runtime.objects.models import StoredFile
from nmdc_runtime.plans.models import PlanKind
from nmdc_runtime.runs.models import RunEventType, RunIn
from nmdc_runtime.runs.store import RUN_REQUESTS
from nmdc_runtime.runs.workflows import METADATA_IN
from nmdc_runtime.submissions.rules import PIPELINES
from nmdc_runtime.web.auth import Caller
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


def test_a_submission_is_applied_by_a_run_of_its_own(services: Services) -> None:
    study = {
        "id": "nmdc:sty-11-8fb6t785",
        "type": "nmdc:Study",
        "study_category": "research_study",
    }

    run_id = services.submissions.submit(orjson.dumps({"study_set": [study]}), username="admin")

    wait_until(
        lambda: services.runs.summary(run_id).status is RunEventType.COMPLETE,
        timeout_s=RUN_TIMEOUT_S,
        what="the run's COMPLETE",
    )
    assert services.database["study_set"].count_documents({"id": study["id"]}) == 1
    assert [event.type for event in services.runs.list_events(run_id)] == [
        RunEventType.COMPLETE,
        RunEventType.STARTED,
        RunEventType.REQUESTED,
    ]


def test_a_requested_run_keeps_a_promise_and_is_complete(services: Services) -> None:
    study = {"id": "nmdc:sty-11-hdd4bf83", "type": "nmdc:Study", "study_category": "consortium"}
    stored = StoredFile("x", "application/json", orjson.dumps({"study_set": [study]}))
    object_id = services.objects.keep("gfs0req", stored, description="", username="admin").id
    site_id, config = services.settings.api_site_id, {"object_id": object_id}
    wanted = services.jobs.prepare(workflow_id=METADATA_IN, config=config)
    job, _ = services.transactions.run(lambda tx: services.jobs.ensure(wanted, tx=tx))
    services.transactions.run(
        lambda tx: services.jobs.record_claim(
            job, site_id=site_id, operation_id="nmdc:sys0req", tx=tx
        )
    )
    asked = PIPELINES[PlanKind.JSON].run_config(object_id=object_id, operation_id="nmdc:sys0req")

    summary = services.run_requests.start(METADATA_IN, RunIn(run_config=asked), username="admin")

    assert summary.status is RunEventType.STARTED
    wait_until(
        lambda: services.runs.summary(summary.id).status is RunEventType.COMPLETE,
        timeout_s=RUN_TIMEOUT_S,
        what="the run's COMPLETE",
    )
    assert services.runs.summary(summary.id).outputs == ["/operations/nmdc:sys0req"]
    assert services.database["study_set"].count_documents({"id": study["id"]}) == 1
    assert services.database[RUN_REQUESTS].count_documents({"look_at": {"$exists": True}}) == 0


def test_what_is_tagged_is_claimed_and_run_by_sensors_and_what_fails_says_why(
    services: Services,
) -> None:
    stored, wanted = "nmdc:sty-11-r2h77870", "nmdc:sty-11-33fbta56"
    facts = {"type": "nmdc:Study", "study_category": "consortium"}
    services.database["study_set"].insert_one({"id": stored, **facts})
    sheet = f"id,action,attribute,value\n{stored},update,title,Deep\n".encode()
    tagged = {
        "gfs0flowjson": ("metadata-in", orjson.dumps({"study_set": [{"id": wanted, **facts}]})),
        "gfs0flowtext": ("metadata-in", b"not JSON"),
        "gfs0flowsheet": ("metadata-changesheet", sheet),
    }
    own = Caller(username="own-client", site_id=services.settings.api_site_id)
    for object_id, (object_type, content) in tagged.items():
        kept = StoredFile(f"{object_id}.csv", "text/csv", content)
        services.objects.keep(object_id, kept, description="", username="admin")
        services.drs.set_types(object_id, [object_type], caller=own)

    def ended() -> dict[str, Any]:
        found = services.database["operations"].find(
            {"metadata.job.config.object_id": {"$in": list(tagged)}, "done": True}
        )
        return {each["metadata"]["job"]["config"]["object_id"]: each["result"] for each in found}

    wait_until(lambda: len(ended()) == len(tagged), timeout_s=RUN_TIMEOUT_S, what="three ends")
    results = ended()
    assert results["gfs0flowjson"]["study_set"]["nUpserted"] == 1
    assert results["gfs0flowtext"]["code"] == "FAILED"
    assert "gfs0flowtext is not JSON" in results["gfs0flowtext"]["message"]
    changed = services.database["study_set"].find_one({"id": stored}) or {}
    assert changed["title"] == "Deep"
    for claim in services.database["jobs"].distinct("claims"):
        assert claim["done"] is True, claim


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
