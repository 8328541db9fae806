"""What can be allowed."""

from enum import StrEnum


class AllowanceAction(StrEnum):
    """An action that takes a permission; the published, closed list."""

    SUBMIT_CHANGESHEET = "/metadata/changesheets:submit"
    #: Also covers update commands and the deletion of workflow executions.
    DELETE_BY_QUERY = "/queries:run(query_cmd:DeleteCommand)"
    AGGREGATE_BY_QUERY = "/queries:run(query_cmd:AggregateCommand)"
    #: Also covers the submission of workflow executions.
    SUBMIT_JSON = "/metadata/json:submit"
    STAGE_FILES = "/wf_file_staging"
    MANAGE_ALLOWANCES = "/admin/allowances"
    MANAGE_SITE_CLIENTS = "/admin/site_clients"
