"""Our OpenAPI against the published one: what is there is spelled as clients know it."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from nmdc_runtime.api.app import create_app
from nmdc_runtime.config import Settings

PUBLISHED: dict[str, Any] = orjson.loads(
    (Path(__file__).parents[1] / "data" / "contract" / "upstream-openapi.json").read_bytes()
)
METHODS = {"get", "post", "put", "patch", "delete"}
#: Routes of ours that were never published; each needs a reason to be here.
EXTRAS = {
    ("/workflows/{workflow_id}/triggers", "get"),  # api-write D-33: what asks for a workflow
    # api-write D-33: additions to the catalogue that no boot overwrites.
    *(("/admin/" + each, "post") for each in ("workflows", "capabilities", "object_types")),
    ("/admin/workflows/{workflow_id}", "patch"),
    ("/admin/workflows/{workflow_id}", "delete"),
    ("/admin/capabilities/{capability_id}", "patch"),
    ("/admin/capabilities/{capability_id}", "delete"),
    ("/admin/object_types/{object_type_id}", "patch"),
    ("/admin/object_types/{object_type_id}", "delete"),
    ("/admin/triggers", "post"),
    ("/admin/triggers/{trigger_id}", "delete"),
    ("/admin/audit", "get"),  # who changed what
    ("/admin/checks", "get"),  # issue 6, item 5: reports of checks, backups, drills and sweeps
    ("/admin/checks/{check_id}", "get"),
    ("/health/ready", "get"),  # decisions.md, ruling 15: what says degraded
    ("/orcid_login", "get"),  # api-write D-5: a login begins with state, nonce and PKCE
    ("/orcid_logout", "post"),  # decisions.md, ruling 16: logging out is a route
    ("/token:revoke", "post"),  # api-write D-7
    # issue 3, identity: users change their own password, make API keys for scripts, and admins deny
    ("/users/me/password", "put"),
    ("/users/me/api_keys", "get"),
    ("/users/me/api_keys", "post"),
    ("/users/me/api_keys/{key_id}", "delete"),
    ("/admin/users/{username}/api_keys", "get"),
    ("/admin/users/{username}/api_keys/{key_id}", "delete"),
    ("/admin/denials", "get"),
    ("/admin/denials", "post"),
    ("/admin/denials", "delete"),
    # issue 3, sites: credentials are listed, rotated with overlap and revoked
    ("/sites/{site_id}", "patch"),
    ("/sites/{site_id}/credentials", "get"),
    ("/sites/{site_id}/credentials/{client_id}:rotate", "post"),
    ("/sites/{site_id}/credentials/{client_id}", "delete"),
    # issue 3, jobs: leases are renewed, sites watch instead of polling, and what happened is told
    ("/operations/{op_id}:renew", "post"),
    ("/jobs:watch", "get"),
    ("/jobs/{job_id}/history", "get"),
    # issue 3, DRS: the standard's routes; and clients.md 4: count what cannot be served
    ("/ga4gh/drs/v1/service-info", "get"),
    ("/ga4gh/drs/v1/objects/{object_id}/access/{access_id}", "get"),
    ("/objects:drs_report", "get"),
    # clients.md R12: more ids than a URL has room for
    ("/nmdcschema/linked_instances:search", "post"),
    ("/nmdcschema/{collection_name}:search", "post"),  # issue 4: what is too long for a URL
    # issue 5, items 2 and 6: submissions can be looked at and undone, documents have a history
    ("/metadata/submissions", "get"),
    ("/metadata/submissions/{submission_id}", "get"),
    ("/metadata/submissions/{submission_id}/changes", "get"),
    ("/metadata/submissions/{submission_id}:revert", "post"),
    ("/nmdcschema/{collection_name}/{doc_id}/history", "get"),
    # issue 9, item 3: the biosamples of a study as one file
    *((f"/studies/{{study_id}}/biosamples.{each}", "get") for each in ("csv", "xlsx", "parquet")),
}
#: Published routes that this version does not serve yet. The list only ever becomes shorter.
NOT_YET: set[tuple[str, str]] = set()


def operations_of(openapi: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (path, method): operation
        for path, item in openapi["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


OURS: dict[str, Any] = create_app(Settings()).openapi()
SERVED = sorted(operations_of(OURS).keys() & operations_of(PUBLISHED).keys())


def test_exactly_the_routes_we_say_are_missing_are_missing():
    assert operations_of(PUBLISHED).keys() - operations_of(OURS).keys() == NOT_YET


def test_every_extra_route_is_there_on_purpose():
    assert operations_of(OURS).keys() - operations_of(PUBLISHED).keys() == EXTRAS


@pytest.mark.parametrize(("path", "method"), SERVED)
def test_the_operation_has_its_published_id_and_tag(path, method):
    ours, published = (operations_of(each)[path, method] for each in (OURS, PUBLISHED))

    assert ours["operationId"] == published["operationId"]
    assert ours.get("tags") == published.get("tags")
    assert ours.get("security") == published.get("security")


@pytest.mark.parametrize(("path", "method"), SERVED)
def test_the_operation_takes_its_published_parameters(path, method):
    ours, published = (
        {
            (each["name"], each["in"]): each.get("required", False)
            for each in operations_of(openapi)[path, method].get("parameters", [])
        }
        for openapi in (OURS, PUBLISHED)
    )

    assert published.keys() <= ours.keys()
    needed = {name for name, is_required in ours.items() if is_required}
    assert needed <= {name for name in published if published[name]}, "more is required"


def _fields(schema: dict[str, Any], openapi: dict[str, Any]) -> set[str]:
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    resolved = openapi["components"]["schemas"][name] if name else schema
    return set(resolved.get("properties", {}))


@pytest.mark.parametrize(("path", "method"), SERVED)
def test_the_answer_has_its_published_fields(path, method):
    ours, published = (
        operations_of(openapi)[path, method]["responses"]
        .get("200", {})
        .get("content", {})
        .get("application/json", {})
        .get("schema", {})
        for openapi in (OURS, PUBLISHED)
    )

    assert _fields(published, PUBLISHED) <= _fields(ours, OURS)


def test_tags_stand_in_their_published_order():
    assert [tag["name"] for tag in OURS["tags"]] == [
        "Metadata access",
        "Workflow management",
        "Persistent identifiers",
        "User accounts",
        "System administration",
    ]
    assert all(tag["description"] for tag in OURS["tags"])


def test_both_ways_to_log_in_are_offered():
    schemes = OURS["components"]["securitySchemes"]

    assert set(schemes["OAuth2PasswordOrClientCredentialsBearer"]["flows"]) == {
        "password",
        "clientCredentials",
    }
    assert schemes["bearerAuth"] == {"type": "http", "scheme": "bearer"}
