"""Runs of claims that ended while nobody could be told: the next look at the claims sees it."""

from collections.abc import Iterator

import dagster as dg
import orjson
import pytest
from pymongo.database import Database

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.objects.models import StoredFile
from nmdc_runtime.plans.models import PlanKind
from nmdc_runtime.site import claims, triggers
from nmdc_runtime.site.definitions import repository_of
from nmdc_runtime.site.presets import preset_dev
from nmdc_runtime.submissions.rules import MOST_ATTEMPTS, PIPELINES
from nmdc_runtime.web.auth import Caller
from nmdc_runtime.wiring import Services

JSON = PIPELINES[PlanKind.JSON]
STUDY = {"id": "nmdc:sty-11-8fb6t785", "type": "nmdc:Study", "study_category": "consortium"}
DEATH = "Run execution process for x was terminated by signal 9 (SIGKILL)."


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def ask(services: Services, instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    return list(claims.look(services, JSON, instance).run_requests or [])


def claimed(services: Services, instance: dg.DagsterInstance) -> dg.RunRequest:
    """Return the request for the run that applies a tagged object."""
    own = Caller(username="own-client", site_id="nmdc-runtime")
    stored = StoredFile("x", "application/json", orjson.dumps({"study_set": [STUDY]}))
    services.objects.keep("gfs0tagged", stored, description="", username="admin")
    services.drs.set_types("gfs0tagged", ["metadata-in"], caller=own)
    (wanted,) = triggers.look(services, None).run_requests or []
    job = repository_of("repo", preset_dev).get_job("ensure_job_triggered")
    assert job.execute_in_process(run_config=wanted.run_config).success
    (request,) = ask(services, instance)
    return request


def begun(request: dg.RunRequest, instance: dg.DagsterInstance) -> dg.DagsterRun:
    """Return a run that was asked for, as it stands in Dagster before it does anything."""
    job = repository_of("repo", preset_dev).get_job("apply_metadata_in_sensed")
    return instance.create_run_for_job(job, run_config=request.run_config, tags=request.tags)


def test_a_run_that_died_unheard_is_asked_for_again_until_it_is_given_up(
    services: Services,
    database: Database[Document],
    deployed: None,
    instance: dg.DagsterInstance,
) -> None:
    request = claimed(services, instance)
    keys = []
    while True:
        keys.append(request.run_key)
        run = begun(request, instance)
        assert [each.run_key for each in ask(services, instance)] == [request.run_key]
        instance.report_engine_event(DEATH, run)
        instance.report_run_failed(run)
        asked = ask(services, instance)
        if not asked:
            break
        (request,) = asked

    (operation,) = database["operations"].find({})
    assert keys == [
        operation["id"],
        *(f"{operation['id']}/{n}" for n in range(2, MOST_ATTEMPTS + 1)),
    ]
    assert operation["result"] == {"code": "FAILED", "message": DEATH}
    (claim,) = database["jobs"].find_one({})["claims"]  # type: ignore[index]
    assert claim["done"] is True


def test_a_run_that_was_cancelled_unheard_ends_its_claim(
    services: Services,
    database: Database[Document],
    deployed: None,
    instance: dg.DagsterInstance,
) -> None:
    run = begun(claimed(services, instance), instance)
    instance.report_run_canceled(run)

    assert ask(services, instance) == []

    (operation,) = database["operations"].find({})
    assert operation["result"] == {"code": "FAILED", "message": "the run was cancelled"}


def test_a_run_that_dagster_calls_done_and_that_left_nothing_is_asked_for_again(
    services: Services,
    database: Database[Document],
    deployed: None,
    instance: dg.DagsterInstance,
) -> None:
    request = claimed(services, instance)
    job = repository_of("repo", preset_dev).get_job("apply_metadata_in_sensed")
    before = list(database["operations"].find({}))
    assert job.execute_in_process(
        run_config=request.run_config, tags=request.tags, instance=instance
    ).success
    assert ask(services, instance) == []

    database["operations"].delete_many({})
    database["operations"].insert_many(before)  # a backup from before the run is put back

    (again,) = ask(services, instance)
    assert again.run_key == f"{request.run_key}/2"
