"""`nmdc-runtime migrate` as people run it: to the newest schema, and killed at every step."""

import json

import pytest

from nmdc_runtime.graph.store import GRAPH
from nmdc_runtime.migration.store import EVENTS, LATEST_VIEW, LEASE, MIGRATION
from nmdc_runtime.mongo.indexes import ensure_indexes
from nmdc_runtime.plans.guard import GUARDS, MAINTENANCE
from nmdc_runtime.schema.load import installed_schema, load_registry
from nmdc_runtime.wiring import all_indexes
from tests.support.generated import generated
from tests.support.migrating import NEWEST_SCHEMA, install_newest_schema, run, run_until
from tests.support.older_data import VERSION, in_order, older_data, put, stored
from tests.support.schema_examples import example

INSTALLED = installed_schema()[0]

pytestmark = pytest.mark.xdist_group("kill")


def let_the_lease_run_out(database) -> None:
    """Play the time that passes until the lease and the lock of a dead process end."""
    long_ago = {"$set": {"expires_at": None}}
    database[MIGRATION].update_one({"_id": LEASE}, long_ago)
    database[GRAPH].update_many({"expires_at": {"$exists": True}}, long_ago)


def scratch_names(database) -> list[str]:
    names = database.client.list_database_names()
    return [name for name in names if name.startswith(f"{database.name}_migration_")]


@pytest.mark.endurance
def test_killed_at_any_step_the_old_data_serve_or_the_next_call_finishes(
    mongo_url, fresh_database, tmp_path
):
    before, after = older_data(6)
    put(fresh_database, before)
    old = stored(fresh_database, keys=True)
    name = fresh_database.name
    asked = ("--to", INSTALLED, "--from", VERSION, "--yes")

    for step in ("lock", "dump", "copy", "migrators", "check", "prepare"):
        run_until(mongo_url, name, step, *asked, "--dump", tmp_path / step)
        assert stored(fresh_database, keys=True) == old, step
        lock = fresh_database[GUARDS].find_one({"_id": MAINTENANCE})
        assert lock is None or lock["until"] is not None, f"{step}: writes are locked for good"
        let_the_lease_run_out(fresh_database)
    run_until(mongo_url, name, "swap", *asked, "--no-dump")
    let_the_lease_run_out(fresh_database)
    run_until(mongo_url, name, "graph", *asked, "--no-dump")
    assert stored(fresh_database) == in_order(after)
    assert fresh_database[GUARDS].find_one({"_id": MAINTENANCE})["until"] is None
    let_the_lease_run_out(fresh_database)

    assert "is now: completed" in run(mongo_url, name, "--resume")

    assert stored(fresh_database) == in_order(after)
    assert fresh_database[GUARDS].find_one({"_id": MAINTENANCE}) is None
    assert list(fresh_database[LATEST_VIEW].find()) == [{"schema_version": INSTALLED}]
    events = [each["event"] for each in fresh_database[EVENTS].find().sort("_id")]
    assert events.count("MIGRATION_COMPLETED") == 1
    assert events.count("MIGRATION_FAILED") >= 5
    assert scratch_names(fresh_database) == []
    assert not [each for each in fresh_database.list_collection_names() if ".tmp." in each]

    assert f"satisfy nmdc-schema {VERSION}" in run(mongo_url, name, "--rollback", "--yes")
    assert stored(fresh_database, keys=True) == old


def test_data_go_to_the_newest_schema_of_an_environment_of_its_own(
    mongo_url, fresh_database, tmp_path
):
    install_newest_schema()
    documents = generated(8)
    study = example("valid-single/Study-tidy.yaml")["study_set"][0]
    documents["study_set"].append(study)
    put(fresh_database, documents)
    assert ensure_indexes(fresh_database, all_indexes(load_registry())) == []
    name, report_file = fresh_database.name, tmp_path / "report.json"

    refused = run(mongo_url, name, "--to", "11.25", "--yes", "--no-dump", status=1)
    assert "schema-venv/bin/pip install nmdc-schema==11.25" in refused
    unusable = run(
        mongo_url, name, "--to", "11.25", "--dry-run", "--schema-python", "/bin/false", status=1
    )
    assert "cannot run migrators" in unusable
    asked = ("--to", "11.25", "--from", INSTALLED, "--schema-python", NEWEST_SCHEMA)
    rehearsed = run(mongo_url, name, *asked, "--dry-run", "--report", report_file, status=3)
    assert f"reference: Document '{study['id']}'" in rehearsed  # to a study that is not there
    assert json.loads(report_file.read_text())["reason"].startswith("DocumentsUnfit")
    assert fresh_database["study_set"].find_one({"id": study["id"]}, {"_id": 0}) == study
    fresh_database["study_set"].update_one({"id": study["id"]}, {"$unset": {"part_of": ""}})
    assert "nobody can be asked" in run(mongo_url, name, *asked, status=2)

    said = run(mongo_url, name, *asked, "--yes", "--no-dump", "--report", report_file)

    assert "migrated" in said
    report = json.loads(report_file.read_text())
    assert report["target"] == "11.25"
    assert report["outcome"] == "migrated"
    assert sum(each["problems"] for each in report["collections"]) == 0
    changed = {each["collection"] for each in report["collections"] if each["changed"]}
    assert "study_set" in changed
    assert study["has_credit_associations"][0]["applies_to_person"]["type"] == "nmdc:PersonValue"
    migrated = fresh_database["study_set"].find_one({"id": study["id"]})
    assert "principal_investigator" not in migrated
    assert (
        fresh_database["study_set"].count_documents({"principal_investigator": {"$exists": 1}}) == 0
    )
    credit = migrated["has_credit_associations"][0]
    assert credit["applies_to_agent"]["type"] == "nmdc:Person"
    assert "has_raw_value" not in credit["applies_to_agent"]
    assert fresh_database["study_set"].index_information()["id_1"]["unique"]
    assert list(fresh_database[LATEST_VIEW].find()) == [{"schema_version": "11.25"}]
    back = run(mongo_url, name, "--to", INSTALLED, "--yes", status=1)
    assert "there are no migrators that lead back" in back
