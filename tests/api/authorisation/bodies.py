"""What is sent where the least that a route's schema admits would not get to the gate."""

from typing import Any, Final

from tests.api.authorisation.seeds import ALLOWANCE, SEEDS, TIME, jgi_sample

CHANGED: Final[dict[str, Any]] = {"json": {"description": "changed"}}
SUBMITTED_STUDY: Final[dict[str, Any]] = {
    "id": "nmdc:sty-11-sent00",
    "type": "nmdc:Study",
    "study_category": "research_study",
    "name": "sent",
}
#: A changesheet without rows: it is good, and changes nothing.
SHEET: Final = {"files": {"uploaded_file": ("a.tsv", "id\taction\tattribute\tvalue\n")}}
BODIES: Final[dict[tuple[str, str], dict[str, Any]]] = {
    ("POST", "/admin/allowances"): {"json": {**ALLOWANCE, "username": "another"}},
    ("POST", "/admin/denials"): {"json": {**ALLOWANCE, "username": "another"}},
    ("PATCH", "/admin/capabilities/{capability_id}"): CHANGED,
    ("PATCH", "/admin/object_types/{object_type_id}"): CHANGED,
    ("PATCH", "/admin/workflows/{workflow_id}"): CHANGED,
    ("POST", "/metadata/changesheets:submit"): SHEET,
    ("POST", "/metadata/changesheets:validate"): SHEET,
    ("POST", "/admin/triggers"): {"json": {"object_type_id": "added", "workflow_id": "added"}},
    ("PATCH", "/admin/site_clients/{site_client_id}"): {"json": {"secret": "a-new-secret-1"}},
    ("PUT", "/users"): {"json": {"username": "planted", "full_name": "Changed"}},
    ("POST", "/jobs/release"): {"json": {"job_ids": [SEEDS["job_id"]]}},
    ("PATCH", "/objects/{object_id}"): {"json": {"created_time": TIME}},
    ("POST", "/objects"): {
        "json": {
            "created_time": TIME,
            "size": 1,
            "checksums": [{"type": "md5", "checksum": "11" * 16}],
            "access_methods": [{"access_url": {"url": "https://example.org/file"}}],
        }
    },
    ("PATCH", "/operations/{op_id}"): {"json": {"metadata": {"progress": 1}}},
    ("POST", "/operations/{op_id}:renew"): {"json": {"lease_seconds": 60}},
    ("POST", "/pids/bind"): {"json": {"id_name": SEEDS["id_name"], "metadata_record": {}}},
    ("POST", "/pids/delete"): {"json": {"id_name": SEEDS["id_name"]}},
    ("POST", "/runs"): {
        "params": {"job_id": "gold_study_to_database"},
        "json": {"inputs": ["nmdc:sty-11-seed00"]},
    },
    ("POST", "/runs/{run_id}/events"): {
        "params": {"producer": "a", "schemaURL": "b", "type": "FAIL", "time": TIME},
        "json": {
            "run": {"id": SEEDS["run_id"]},
            "job": {"id": "test", "description": "", "producer": "a", "schemaURL": "b"},
        },
    },
    ("POST", "/sites/{site_id}:getObjectLink"): {"json": {"access_id": "nmdc-runtime:sys0obj"}},
    ("POST", "/queries:run"): {"json": {"find": "study_set"}},
    # Without it, the token of the request itself is withdrawn.
    ("POST", "/token:revoke"): {"data": {"token": "of-somebody"}},
    # The right one would change it, a wrong one is 403.
    ("PUT", "/users/me/password"): {"json": {"current_password": "?", "new_password": "short"}},
    ("POST", "/workflows/workflow_executions"): {
        "json": {"workflow_execution_set": [], "study_set": [SUBMITTED_STUDY]}
    },
    ("PATCH", "/wf_file_staging/globus_tasks/{task_id}"): {
        "json": {"task_id": SEEDS["task_id"], "task_status": "SUCCEEDED"}
    },
    ("PATCH", "/wf_file_staging/jgi_samples/{jdp_file_id}"): {
        "json": jgi_sample(jdp_file_status="READY")
    },
    ("POST", "/wf_file_staging/jgi_samples"): {"json": jgi_sample(jdp_file_id="another")},
}
