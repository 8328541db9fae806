"""What can be allowed, and to whom it is."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel, Field


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
    #: Reading collections outside the schema by commands, those that the settings name.
    READ_OPERATIONAL = "/queries:run(collections:operational)"
    #: Starting runs in Dagster; what a run writes may take a further action.
    START_RUNS = "/runs:start"


#: What older Runtimes did not know: their administrators get the actions of each step once. A new
#: action makes a step of its own, since databases have had the steps before it.
ADDED_ACTIONS: Final[Mapping[str, tuple[AllowanceAction, ...]]] = MappingProxyType(
    {
        "grant added actions to those who manage allowances": (
            AllowanceAction.MANAGE_USERS,
            AllowanceAction.READ_AUDIT,
            AllowanceAction.MANAGE_CATALOG,
            AllowanceAction.TYPE_OBJECTS,
            AllowanceAction.INGEST_OBJECTS,
            AllowanceAction.READ_OPERATIONAL,
        ),
        "grant the start of runs to those who manage allowances": (AllowanceAction.START_RUNS,),
    }
)


class Effect(StrEnum):
    """Which of the two lists a row stands in; a denial wins."""

    ALLOW = "allow"
    DENY = "deny"

    @property
    def noun(self) -> str:
        """What a row of the list is called."""
        return "allowance" if self is Effect.ALLOW else "denial"


class Allowance(BaseModel):
    """That somebody may take an action; among denials: that they may not."""

    username: str = Field(description="Name of a user, or id of a site client.")
    action: AllowanceAction


class StoredAllowance(BaseModel):
    """A row as it is stored, also by another Runtime, which may know other actions."""

    username: str
    action: str


class AllowanceList(BaseModel):
    """All rows that were asked for."""

    resources: list[StoredAllowance]
