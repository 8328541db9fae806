"""What can be allowed."""

from enum import StrEnum


class AllowanceAction(StrEnum):
    """An action that takes a permission: the published list, then what this Runtime adds."""

    SUBMIT_CHANGESHEET = "/metadata/changesheets:submit"
    #: Also covers update commands and the deletion of workflow executions.
    DELETE_BY_QUERY = "/queries:run(query_cmd:DeleteCommand)"
    AGGREGATE_BY_QUERY = "/queries:run(query_cmd:AggregateCommand)"
    #: Also covers the submission of workflow executions.
    SUBMIT_JSON = "/metadata/json:submit"
    STAGE_FILES = "/wf_file_staging"
    MANAGE_ALLOWANCES = "/admin/allowances"
    MANAGE_SITE_CLIENTS = "/admin/site_clients"
    #: The role of an administrator: users, and what they may do.
    MANAGE_USERS = "/admin/users"
    READ_AUDIT = "/admin/audit"
    MANAGE_CATALOG = "/admin/catalog"
    #: Setting the types of an object that another site manages.
    TYPE_OBJECTS = "/objects:types"
    #: Giving objects of one's own site a type that makes the Runtime take their content in.
    INGEST_OBJECTS = "/objects:ingest"
