"""Something for each route to act upon, put there before each one is asked for."""

from datetime import UTC, datetime
from typing import Any, Final

from bson import ObjectId
from pymongo.database import Database

from nmdc_runtime.mongo.documents import Document

OWN_SITE: Final = "nmdc-runtime"
TIME: Final = "2026-11-23T12:00:00Z"
NOW: Final = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NEVER: Final = datetime(2099, 1, 1, tzinfo=UTC)
ALLOWANCE: Final = {"username": "any-username", "action": "/wf_file_staging"}
#: What stands in a path for each name in braces.
SEEDS: Final = {
    "access_id": "gfs0seed",
    "action": "/wf_file_staging",
    "capability_id": "added",
    "check_id": "none",
    "client_id": "victim-client",
    "collection_name": "study_set",
    "data_object_id": "nmdc:dobj-11-seed00",
    "doc_id": "nmdc:sty-11-seed00",
    "id_name": "nmdc:bsm-11-seed0000",
    "jdp_file_id": "jdp-seed",
    "job_id": "nmdc:sys0job",
    "key_id": "seed-key",
    "object_id": "sys0obj",
    "object_type_id": "added",
    "op_id": "nmdc:sys0op",
    "planned_process_id": "nmdc:omprc-11-seed00",
    "run_id": "nmdc:sys0run",
    "sample_id": "nmdc:bsm-11-seed00",
    "sequencing_project_name": "seed project",
    "site_client_id": "victim-client",
    "site_id": OWN_SITE,
    "study_id": "nmdc:sty-11-seed00",
    "submission_id": "nmdc:sys0plan",
    "task_id": "seed-task",
    "trigger_id": "test--gold_study_to_database",
    "username": "admin",
    "workflow_execution_id": "nmdc:wfmgas-11-seed00.1",
    "workflow_id": "added",
}


def plant(database: Database[Document]) -> None:
    """Put there, anew, what the paths name: all of it belongs to the Runtime's own site."""
    database["triggers"].delete_many({"workflow_id": "added"})
    claim = {"op_id": SEEDS["op_id"], "site_id": OWN_SITE}
    job = {"id": SEEDS["job_id"], "workflow": {"id": "test"}, "config": {}, "created_at": NOW}
    planted: dict[str, tuple[str, Document]] = {
        "_runtime.api.allow": ("username", dict(ALLOWANCE)),
        "_runtime.api.deny": ("username", dict(ALLOWANCE)),
        "_runtime.api_keys": (
            "id",
            {
                "id": SEEDS["key_id"],
                "owner": SEEDS["username"],
                "name": "a key",
                "scopes": [],
                "hashed_secret": "00",
                "created_at": NOW,
                "expires_at": NEVER,
                "last_used_at": None,
            },
        ),
        "_runtime.plans": (
            "id",
            {
                "id": SEEDS["submission_id"],
                "kind": "json",
                "status": "applied",
                "username": "planted",
                "created_at": NOW,
                "counts": {},
            },
        ),
        "users": ("username", {"username": "planted", "hashed_password": "none"}),
        "workflows": ("id", {"id": "added", "name": "added", "created_at": NOW}),
        "capabilities": ("id", {"id": "added", "name": "added", "created_at": NOW}),
        "object_types": ("id", {"id": "added", "name": "added", "created_at": NOW}),
        "triggers": ("id", _trigger()),
        "jobs": ("id", {**job, "claims": [claim]}),
        "operations": (
            "id",
            {
                "id": SEEDS["op_id"],
                "done": False,
                "expire_time": NEVER,
                "result": None,
                "metadata": {
                    "model": "nmdc_runtime.api.models.job.JobOperationMetadata",
                    "cancelled": None,
                    "job": {**job, "claims": []},
                    "site_id": OWN_SITE,
                },
            },
        ),
        "objects": (
            "id",
            {
                "id": SEEDS["object_id"],
                "self_uri": f"drs://testserver/{SEEDS['object_id']}",
                "created_time": NOW,
                "size": 1,
                "checksums": [{"type": "sha256", "checksum": "00" * 32}],
                "access_methods": [{"type": "https", "access_url": {"url": "https://a.b/c"}}],
                "_mgr_site": OWN_SITE,
            },
        ),
        "minter.id_records": (
            "id",
            {
                "id": SEEDS["id_name"],
                "name": SEEDS["id_name"],
                "typecode": {"id": "nmdc:Biosample_typecode"},
                "shoulder": {"id": "nmdc:minter_shoulder_11"},
                "status": "draft",
                "bindings": None,
                "minted_by": OWN_SITE,
                "minted_at": NOW,
            },
        ),
        "run_events": ("run.id", _run_event()),
        "workflow_execution_set": (
            "id",
            {"id": SEEDS["workflow_execution_id"], "type": "nmdc:MetagenomeAssembly"},
        ),
        "wf_file_staging.globus_tasks": (
            "task_id",
            {"task_id": SEEDS["task_id"], "task_status": "ACTIVE"},
        ),
        "wf_file_staging.jgi_samples": ("jdp_file_id", jgi_sample()),
        "_runtime.site_clients": (
            "id",
            {
                "id": SEEDS["client_id"],
                "site_id": OWN_SITE,
                "hashed_secrets": [],
                "created_at": NOW,
            },
        ),
    }
    for collection, (key, document) in planted.items():
        value: Any = document
        for part in key.split("."):
            value = value[part]
        database[collection].delete_many({key: value})
        database[collection].insert_one({"_id": ObjectId(), **document})


def _run_event() -> Document:
    return {
        "producer": "tests",
        "schemaURL": "tests",
        "run": {"id": SEEDS["run_id"], "facets": {}},
        "job": {"id": "test", "description": None, "producer": "tests", "schemaURL": "tests"},
        "type": "REQUESTED",
        "time": "2026-11-23T12:00:00+00:00",
        "inputs": [],
        "outputs": [],
    }


def _trigger() -> Document:
    return {
        "id": SEEDS["trigger_id"],
        "object_type_id": "test",
        "workflow_id": "gold_study_to_database",
        "created_at": NOW,
    }


def jgi_sample(**changes: str) -> Document:
    """Return a sample as it is sent and stored."""
    names = (
        "ap_gold_id gold_study_id its_ap_id sequencing_project_name gold_biosample_id gold_seq_id "
        "file_name jdp_file_status globus_file_status jgi_ap_id"
    )
    sample: dict[str, Any] = {name: f"a {name}" for name in names.split()}
    sample |= {"jdp_file_id": SEEDS["jdp_file_id"], "jdp_file_size": 1, "create_date": TIME}
    return sample | changes
