import dagster as dg

from nmdc_runtime.graph.store import ALLDOCS, BUILDER, GRAPH
from nmdc_runtime.site.definitions import repository_of
from nmdc_runtime.site.ensure_alldocs import materialize_alldocs
from nmdc_runtime.site.mongo import MongoResource
from nmdc_runtime.site.presets import preset_dev, preset_test
from tests.store.graph.worlds import chain, put


def test_the_job_builds_the_graph_and_says_how_many_documents_it_has(
    services, database, deployed: None
) -> None:
    put(database, *chain())
    job = repository_of("repo", preset_dev).get_job("ensure_alldocs")

    done = job.execute_in_process()

    assert done.output_for_node("materialize_alldocs") == 5
    assert database[ALLDOCS].count_documents({}) == 5
    (event,) = done.asset_materializations_for_node("materialize_alldocs")
    assert event.asset_key.path == ["alldocs"]
    assert event.metadata["documents"].value == 5
    assert database[GRAPH].find_one({"_id": BUILDER}) is None
    assert services.graph.find_state().documents == 5


def test_the_op_can_be_called_by_hand_with_a_mongo_resource_alone(
    services, database, deployed: None
) -> None:
    put(database, *chain())
    mongo = MongoResource(host=services.settings.mongo_host, dbname=database.name)

    with dg.build_op_context(resources={"mongo": mongo}) as context:
        count = materialize_alldocs(context)

    assert count == 5
    assert database[ALLDOCS].count_documents({"_type_and_ancestors": {"$type": "array"}}) == 5


def test_it_runs_each_hour_of_new_york() -> None:
    schedule = repository_of("repo", preset_dev).get_schedule_def("hourly_ensure_alldocs")

    assert (schedule.cron_schedule, schedule.execution_timezone) == (
        "0 * * * *",
        "America/New_York",
    )
    assert schedule.job_name == "ensure_alldocs"
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    in_tests = repository_of("repo", preset_test).get_schedule_def("hourly_ensure_alldocs")
    assert in_tests.default_status is dg.DefaultScheduleStatus.STOPPED
