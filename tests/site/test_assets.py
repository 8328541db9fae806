from collections import Counter
from datetime import timedelta
from typing import Any

import dagster as dg
import orjson
import pytest
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph
from pymongo.database import Database

from nmdc_runtime.graph.store import ALLDOCS
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.site.asset_events import CUT, MOST_PREVIEW_BYTES, ROWS
from nmdc_runtime.site.assets import ALLDOCS_KEY, asset_specs, collection_key, export_key
from nmdc_runtime.site.definitions import CONCERNS, repository_of
from nmdc_runtime.site.presets import preset_dev, preset_test
from nmdc_runtime.wiring import Services
from tests.site.launches import Launches
from tests.store.graph.worlds import chain, put
from tests.support.changesheets import sheet

STUDY = {
    "id": "nmdc:sty-11-8fb6t785",
    "type": "nmdc:Study",
    "study_category": "research_study",
    "name": "Deep subsurface",
}


@pytest.fixture(scope="module")
def graph() -> AssetGraph:
    return repository_of("repo", preset_dev).asset_graph


def key(text: str) -> dg.AssetKey:
    return dg.AssetKey(text.split("/"))


def ancestors(graph: AssetGraph, of: dg.AssetKey) -> set[str]:
    return {each.to_user_string() for each in graph.get_ancestor_asset_keys(of)}


def events(done: dg.ExecuteInProcessResult, kind: str) -> dict[str, dict[str, Any]]:
    """Return the metadata of the events of a kind, by the asset that they are about."""
    told = {}
    for event in done.all_events:
        if event.event_type_value == kind:
            metadata = event.event_specific_data
            metadata = getattr(metadata, "materialization", None) or getattr(
                metadata, "asset_observation", metadata
            )
            told[event.asset_key.to_user_string()] = {
                name: value.value for name, value in metadata.metadata.items()
            }
    return told


def test_every_collection_of_the_schema_leads_to_its_export_and_those_with_ids_to_the_graph(
    graph: AssetGraph,
) -> None:
    registry = load_registry()

    assert {each.to_user_string() for each in graph.get(ALLDOCS_KEY).parent_keys} == {
        f"collection/{name}" for name in registry.collections_with_id
    }
    assert graph.get(export_key()).parent_keys == {
        export_key(name) for name in registry.collection_names
    }
    for name in registry.collection_names:
        assert graph.get(export_key(name)).parent_keys == {collection_key(name)}
        assert graph.get(collection_key(name)).parent_keys == {
            key("job/metadata-in-1.0.0"),
            key("job/apply-changesheet-1.0.0"),
        }
    assert ancestors(graph, key("collection/ontology_relation_set")) == {
        "ontology/envo",
        "ontology/uberon",
        "ontology/po",
    }


def test_assets_have_a_group_a_description_and_kinds_and_none_is_only_referred_to(
    graph: AssetGraph,
) -> None:
    specs = asset_specs()

    assert {spec.key for spec in specs} == graph.get_all_asset_keys()
    assert Counter(spec.key for spec in specs).most_common(1)[0][1] == 1
    assert all(spec.description and spec.kinds and spec.group_name for spec in specs)
    assert list(graph.get(collection_key("biosample_set")).owners) == ["support@microbiomedata.org"]
    assert "`Biosample`" in str(graph.get(collection_key("biosample_set")).description)
    assert not graph.materializable_asset_keys


def test_builds_loads_and_exports_have_to_be_fresh(graph: AssetGraph) -> None:
    windows = {
        node.key.to_user_string(): node.freshness_policy.fail_window.to_timedelta()
        for node in graph.asset_nodes
        if node.freshness_policy
    }

    assert windows == {
        "alldocs": timedelta(hours=2),
        "export/nmdcdb": timedelta(days=35),
        **{f"ontology/{name}": timedelta(days=10) for name in ("envo", "uberon", "po")},
    }


def test_lineage_is_in_one_repository_and_the_same_in_the_merged_definitions(
    graph: AssetGraph,
) -> None:
    elsewhere = [
        repository_of(name, preset_dev).asset_graph.get_all_asset_keys()
        for name in CONCERNS
        if name != "repo"
    ]

    assert elsewhere == [set(), set(), set()]
    assert repository_of("repo", preset_test).asset_graph.get_all_asset_keys() == (
        graph.get_all_asset_keys()
    )


def run_launched(launches: Launches, **more: Any) -> dg.ExecuteInProcessResult:
    job_name, run_config, tags = launches.launched[-1]
    job = repository_of("repo", preset_dev).get_job(job_name)
    return job.execute_in_process(run_config=run_config, tags=tags, **more)


def test_what_submissions_write_is_told_of_each_changed_collection_with_links(
    services: Services,
    launches: Launches,
    database: Database[Document],
    deployed: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("API_HOST_EXTERNAL", "https://api.example")
    body = orjson.dumps({"study_set": [STUDY], "biosample_set": []})
    run_id = services.submissions.submit(body, username="admin")
    operation_id = launches.launched[-1][2]["nmdc/operation_id"]

    told = events(run_launched(launches), "ASSET_MATERIALIZATION")

    assert sorted(told) == ["collection/study_set"]
    study_set = told["collection/study_set"]
    counts = [study_set[name] for name in ("inserted", "replaced", "deleted", "unchanged")]
    assert (counts, study_set[ROWS]) == ([1, 0, 0, 0], 1)
    assert study_set["size_bytes"] > 0
    assert study_set["seconds"] > 0
    assert study_set["submission"] == f"https://api.example/metadata/submissions/{run_id}"
    assert study_set["operation"] == f"https://api.example/operations/{operation_id}"


def test_a_large_changesheet_leaves_no_large_line_in_the_log(
    services: Services, launches: Launches, database: Database[Document], deployed: None
) -> None:
    database["study_set"].insert_one(dict(STUDY))
    long = "Deeper " * 15_000  # a cell may have 128 KB
    services.submissions.submit_changesheet(
        sheet(f"{STUDY['id']}\tupdate\tdescription\t{long}"), username="admin"
    )
    instance = dg.DagsterInstance.ephemeral()

    done = run_launched(launches, instance=instance)

    told = events(done, "ASSET_MATERIALIZATION")
    assert {name: each["replaced"] for name, each in told.items()} == {"collection/study_set": 1}
    assert database["study_set"].count_documents({"description": long.strip()}) == 1
    lines = [entry.to_json() for entry in instance.all_logs(done.run_id)]
    assert any(CUT.strip() in line for line in lines)
    assert max(map(len, lines)) < 3 * MOST_PREVIEW_BYTES  # a line stands in its entry twice


def test_a_build_of_the_graph_tells_its_size_and_what_its_checks_find(
    services: Services, database: Database[Document], deployed: None
) -> None:
    put(database, *chain())
    job = repository_of("repo", preset_dev).get_job("ensure_alldocs")

    done = job.execute_in_process()

    built = events(done, "ASSET_MATERIALIZATION")["alldocs"]
    assert (built["documents"], built[ROWS], built["skipped"]) == (5, 5, 0)
    assert built["size_bytes"] > 0
    assert built["seconds"] > 0
    found = {each.check_name: each for each in done.get_asset_check_evaluations()}
    assert found["holds_all_documents"].passed
    dangling = found["no_dangling_references"]
    assert (dangling.passed, dangling.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert dangling.metadata["first"].value == [
        {
            "id": "nmdc:dgns-11-a",
            "type": "nmdc:NucleotideSequencing",
            "names": "nmdc:inst-11-gone",
        }
    ]


def test_checks_can_be_asked_for_by_themselves(
    services: Services, database: Database[Document], deployed: None
) -> None:
    put(database, *chain())
    services.graph.rebuild()
    database[ALLDOCS].update_many({}, {"$unset": {"_upstream": "", "_downstream": ""}})
    repository = repository_of("repo", preset_dev)

    done = repository.get_implicit_global_asset_job_def().execute_in_process()

    evaluations = done.get_asset_check_evaluations()
    of_graph = {e.check_name: e.passed for e in evaluations if e.asset_key == ALLDOCS_KEY}
    assert of_graph == {"holds_all_documents": True, "no_dangling_references": True}
    found = {e.asset_key: e for e in evaluations if e.check_name == "satisfies_schema"}
    assert set(found) == {collection_key(name) for name in load_registry().collection_names}
    assert found[collection_key("organism_set")].passed
    generations = found[collection_key("data_generation_set")]
    assert (generations.passed, generations.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert generations.metadata["documents"].value == 1
    assert "nmdc:inst-11-gone" in str(generations.metadata["first"].value)


def test_the_nightly_check_tells_of_each_collection_whether_it_satisfies_the_schema(
    services: Services, database: Database[Document], deployed: None
) -> None:
    database["study_set"].insert_many([dict(STUDY), {"id": "nmdc:sty-11-b", "type": "nmdc:Study"}])
    job = repository_of("repo", preset_dev).get_job("check_nmdcdb")

    done = job.execute_in_process()

    found = {each.asset_key: each for each in done.get_asset_check_evaluations()}
    studies = found[collection_key("study_set")]
    assert (studies.check_name, studies.passed) == ("satisfies_schema", False)
    assert (studies.metadata["documents"].value, studies.metadata["problems"].value) == (2, 1)
    assert found[collection_key("biosample_set")].passed


def test_observing_tells_what_each_collection_holds_and_how_far_the_graph_is_behind(
    services: Services, database: Database[Document], deployed: None
) -> None:
    put(database, *chain())
    services.graph.rebuild()
    repository = repository_of("repo", preset_dev)

    done = repository.get_job("observe_collections").execute_in_process()

    assert done.output_for_node("measure_collections") == 5
    told = events(done, "ASSET_OBSERVATION")
    assert set(told) == {
        "alldocs",
        *(f"collection/{name}" for name in load_registry().collection_names),
        "collection/ontology_class_set",
        "collection/ontology_relation_set",
    }
    assert (told["collection/study_set"][ROWS], told["collection/organism_set"][ROWS]) == (1, 0)
    assert "newest_insert" in told["collection/study_set"]
    assert told["collection/study_set"]["link"].endswith("/nmdcschema/study_set")
    assert (told["alldocs"][ROWS], told["alldocs"]["changes_since_build"]) == (5, 0)
    assert told["alldocs"]["behind_seconds"] >= 0

    schedule = repository.get_schedule_def("hourly_observe_collections")
    assert (schedule.cron_schedule, schedule.job_name) == ("30 * * * *", "observe_collections")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
