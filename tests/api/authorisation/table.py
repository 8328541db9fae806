"""Who may do what: every route, its kind of access, and what becomes of each kind of caller.

A new route that is not here fails the test beside this file: nothing is open by accident.
"""

from typing import Final

#: Outcomes. "in": the request got past the gate, whatever became of it there.
IN: Final = "in"
NOBODY: Final = "401"
REFUSED: Final = "403"
INACTIVE: Final = "400"

#: Callers without a token that can be accepted.
BAD_TOKENS: Final = ("expired", "revoked", "forged", "tampered")
#: The allowances, as published and as added.
ALLOWANCES: Final = (
    "/metadata/changesheets:submit",
    "/queries:run(query_cmd:DeleteCommand)",
    "/queries:run(query_cmd:AggregateCommand)",
    "/metadata/json:submit",
    "/wf_file_staging",
    "/admin/allowances",
    "/admin/site_clients",
    "/admin/users",
    "/admin/audit",
    "/admin/catalog",
    "/objects:types",
    "/objects:ingest",
    "/queries:run(collections:operational)",
    "/runs:start",
)


def holder(action: str) -> str:
    """Return the caller who holds this one allowance."""
    return f"user with {action}"


def key_of(action: str) -> str:
    """Return the caller with an API key of a user who may do anything, scoped to this action."""
    return f"key for {action}"


HOLDERS: Final = tuple(holder(action) for action in ALLOWANCES)
KEYS: Final = tuple(key_of(action) for action in ALLOWANCES)
PEOPLE: Final = ("user", *HOLDERS, "admin")
API_KEYS: Final = ("key without scopes", *KEYS)
SITES: Final = ("site client", "client of another site")
CALLERS: Final = ("anonymous", *PEOPLE, *API_KEYS, *SITES, "disabled user", *BAD_TOKENS)


def _all(outcome: str) -> dict[str, str]:
    return dict.fromkeys(CALLERS, outcome)


def _logged_in(outcome: str) -> dict[str, str]:
    """Return the outcome for whoever has a good token, and the refusals of the others."""
    bad = dict.fromkeys(("anonymous", *BAD_TOKENS), NOBODY)
    return _all(outcome) | bad | {"disabled user": INACTIVE}


def allowed(*actions: str) -> dict[str, str]:
    """Return the outcomes where one of these allowances is needed; the administrator has all."""
    may = [caller(action) for action in actions for caller in (holder, key_of)]
    return _logged_in(REFUSED) | dict.fromkeys([*may, "admin"], IN)


def _site_only(*, also: tuple[str, ...]) -> dict[str, str]:
    """Return the outcomes where a user's token is none: the published answer is 401."""
    refused = {"site client": IN, "client of another site": REFUSED}
    return _all(NOBODY) | refused | dict.fromkeys(also, IN)


#: What becomes of each caller, by kind of access.
ACCESS: Final = {
    # Open to everybody; a token is not even looked at.
    "public": _all(IN),
    # Open, but a token that is sent must be good.
    "optional": _logged_in(IN) | {"anonymous": IN},
    # Anybody who is logged in.
    "user": _logged_in(IN),
    # A user who logged in: neither a site client nor an API key.
    "person": _logged_in(IN) | dict.fromkeys([*API_KEYS, *SITES], REFUSED),
    # Any site client.
    "site": _site_only(also=("client of another site",)),
    # A client of the site that the resource belongs to.
    "own site": _site_only(also=()),
    # An administrator of the site, who logged in.
    "site admin": _logged_in(REFUSED) | {"admin": IN},
}

for _action in ALLOWANCES:
    ACCESS[_action] = allowed(_action)
# Who sets passwords must have logged in: a key that leaked can make no way back in.
ACCESS["/admin/users, person"] = allowed("/admin/users") | {key_of("/admin/users"): REFUSED}
# The site that manages the object, or a user with the allowance.
_credentials = ACCESS["site admin"] | {holder("/admin/site_clients"): IN}
ACCESS["credentials"] = _credentials
ACCESS["credentials, read"] = _credentials | dict.fromkeys(API_KEYS, IN)
ACCESS["site or /objects:types"] = allowed("/objects:types") | {"site client": IN}

ROUTES_OF: Final = {
    "public": """
        GET /biosamples
        GET /biosamples/{sample_id}
        GET /capabilities
        GET /capabilities/{capability_id}
        GET /data_objects
        GET /data_objects/{data_object_id}
        GET /ga4gh/drs/v1/objects/{object_id}
        GET /ga4gh/drs/v1/objects/{object_id}/access/{access_id}
        GET /ga4gh/drs/v1/service-info
        GET /health
        GET /health/ready
        GET /jobs/{job_id}
        GET /jobs/{job_id}/history
        GET /nmdcschema/collection_names
        GET /nmdcschema/collection_stats
        GET /nmdcschema/ids/{doc_id}
        GET /nmdcschema/linked_instances
        GET /nmdcschema/ids/{doc_id}/collection-name
        GET /nmdcschema/typecodes
        GET /nmdcschema/version
        GET /nmdcschema/{collection_name}
        GET /nmdcschema/{collection_name}/{doc_id}
        POST /nmdcschema/{collection_name}:search
        GET /object_types
        GET /object_types/{object_type_id}
        GET /object_types/{object_type_id}/workflows
        GET /objects
        GET /objects/{object_id}
        GET /objects/{object_id}/access/{access_id}
        GET /objects/{object_id}/types
        GET /operations
        GET /operations/{op_id}
        GET /orcid_jwt
        GET /orcid_login
        GET /planned_processes
        GET /planned_processes/{planned_process_id}
        GET /runs/{run_id}
        GET /runs/{run_id}/events
        GET /sites
        GET /sites/{site_id}
        GET /studies
        GET /studies/{study_id}
        GET /studies/{study_id}/biosamples.csv
        GET /studies/{study_id}/biosamples.parquet
        GET /studies/{study_id}/biosamples.xlsx
        GET /triggers
        GET /triggers/{trigger_id}
        GET /version
        GET /workflows
        GET /workflows/{workflow_id}
        GET /workflows/{workflow_id}/capabilities
        GET /workflows/{workflow_id}/object_types
        GET /workflows/{workflow_id}/triggers
        GET /objects:drs_report
        OPTIONS /ga4gh/drs/v1/objects
        OPTIONS /ga4gh/drs/v1/objects/{object_id}
        GET /data_objects/study/{study_id}
        GET /workflow_executions/{workflow_execution_id}/related_resources
        POST /metadata/changesheets:validate
        POST /metadata/json:validate
        POST /nmdcschema/linked_instances:search
        POST /orcid_logout
        POST /token
        POST /token:revoke
    """,
    "optional": """
        GET /jobs
    """,
    "user": """
        GET /users/me
        POST /queries:run
        POST /runs/{run_id}/events
        GET /jobs:watch
        GET /metadata/submissions
        GET /metadata/submissions/{submission_id}
        GET /metadata/submissions/{submission_id}/changes
        GET /nmdcschema/{collection_name}/{doc_id}/history
    """,
    "person": """
        DELETE /users/me/api_keys/{key_id}
        GET /users/me/api_keys
        POST /sites
        POST /users/me/api_keys
        PUT /users/me/password
    """,
    "site": """
        GET /pids/resolve/{id_name}
        POST /jobs
        POST /jobs/release
        POST /jobs/{job_id}:claim
        POST /jobs/{job_id}:release
        POST /objects
        POST /pids/mint
        POST /workflows/activities
    """,
    "own site": """
        PATCH /objects/{object_id}
        PATCH /operations/{op_id}
        POST /operations/{op_id}:renew
        POST /pids/bind
        POST /pids/delete
        POST /sites/{site_id}:getObjectLink
        POST /sites/{site_id}:putObject
    """,
    "site admin": """
        PATCH /sites/{site_id}
        POST /sites/{site_id}:generateCredentials
    """,
    "credentials": """
        DELETE /sites/{site_id}/credentials/{client_id}
        POST /sites/{site_id}/credentials/{client_id}:rotate
    """,
    "credentials, read": """
        GET /sites/{site_id}/credentials
    """,
    "/admin/allowances": """
        DELETE /admin/allowances
        DELETE /admin/denials
        GET /admin/allowances
        GET /admin/allowances/actions
        GET /admin/denials
        POST /admin/allowances
        POST /admin/denials
    """,
    "/admin/audit": """
        GET /admin/audit
        GET /admin/checks
        GET /admin/checks/{check_id}
    """,
    "/admin/site_clients": """
        PATCH /admin/site_clients/{site_client_id}
    """,
    "/admin/users": """
        GET /admin/data_object_urls
        GET /admin/users
        GET /admin/users/{username}/api_keys
        POST /metadata/submissions/{submission_id}:revert
        DELETE /admin/users/{username}/api_keys/{key_id}
    """,
    "/admin/users, person": """
        POST /users
        PUT /users
    """,
    "/admin/catalog": """
        DELETE /admin/capabilities/{capability_id}
        DELETE /admin/object_types/{object_type_id}
        DELETE /admin/triggers/{trigger_id}
        DELETE /admin/workflows/{workflow_id}
        PATCH /admin/capabilities/{capability_id}
        PATCH /admin/object_types/{object_type_id}
        PATCH /admin/workflows/{workflow_id}
        POST /admin/capabilities
        POST /admin/object_types
        POST /admin/triggers
        POST /admin/workflows
    """,
    "/metadata/changesheets:submit": """
        POST /metadata/changesheets:submit
    """,
    "/metadata/json:submit": """
        POST /metadata/json:submit
        POST /workflows/workflow_executions
    """,
    "/queries:run(query_cmd:DeleteCommand)": """
        DELETE /workflows/workflow_executions/{workflow_execution_id}
    """,
    "/runs:start": """
        POST /runs
    """,
    "site or /objects:types": """
        PUT /objects/{object_id}/types
    """,
    "/wf_file_staging": """
        GET /wf_file_staging/globus_tasks
        GET /wf_file_staging/globus_tasks/{task_id}
        GET /wf_file_staging/jgi_samples
        GET /wf_file_staging/jgi_sequencing_projects
        GET /wf_file_staging/jgi_sequencing_projects/{sequencing_project_name}
        PATCH /wf_file_staging/globus_tasks/{task_id}
        PATCH /wf_file_staging/jgi_samples/{jdp_file_id}
        POST /wf_file_staging/globus_tasks
        POST /wf_file_staging/jgi_samples
        POST /wf_file_staging/jgi_sequencing_projects
    """,
}
ROUTES: Final = {
    (method, path): kind
    for kind, lines in ROUTES_OF.items()
    for method, path in (line.split() for line in lines.strip().splitlines())
}

#: Routes that show a new secret, once, to whom it is for.
SHOW_A_SECRET: Final = {
    ("POST", "/sites/{site_id}:generateCredentials"),
    ("POST", "/sites/{site_id}/credentials/{client_id}:rotate"),
    ("POST", "/users/me/api_keys"),
}
#: Routes that are not asked by GET, and yet change nothing here.
CHANGE_NOTHING: Final = {
    ("POST", "/metadata/changesheets:validate"),
    ("POST", "/metadata/json:validate"),
    ("POST", "/nmdcschema/linked_instances:search"),
    ("POST", "/nmdcschema/{collection_name}:search"),
    ("POST", "/queries:run"),  # it is a find
    ("POST", "/token"),
    ("POST", "/token:revoke"),  # the token is none of ours
    ("POST", "/sites/{site_id}:getObjectLink"),
    ("POST", "/orcid_logout"),  # nobody is logged in
    ("POST", "/workflows/activities"),  # it is gone
    ("PUT", "/users/me/password"),  # the new one is too short
}
