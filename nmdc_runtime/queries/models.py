"""What crosses the wire at ``/queries:run``; names and the order of the union are published."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

#: Stages that write; published: not at the top level, here nowhere.
WRITING_STAGES: Final = ("$out", "$merge")
#: What an aggregation gets that says nothing of a cursor.
DEFAULT_CURSOR: Final[dict[str, Any]] = {"batchSize": 25}

One = Annotated[int, Field(ge=1, le=1)]
MinusOne = Annotated[int, Field(ge=-1, le=-1)]
Object = dict[str, Any]
Keys = dict[str, One | MinusOne]


class Wire(BaseModel):
    """Names as MongoDB spells them, outside."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Command(Wire):
    """What all commands take."""

    comment: Any | None = Field(default=None, description="Accepted, and of no effect.")


class FindCommand(Command):
    """Find documents of a collection."""

    find: str = Field(description="Name of the collection.")
    filter: Object | None = Field(default=None, description="Query in MongoDB's language.")
    projection: dict[str, Annotated[int, Field(ge=0, le=1)]] | None = Field(
        default=None, description="Attributes to show (1) or to leave out (0)."
    )
    allow_partial_results: bool | None = Field(default=True, description="Of no effect.")
    batch_size: Annotated[int, Field(gt=0)] | None = Field(
        default=101, description="How many documents an answer has at most."
    )
    sort: Keys | None = Field(
        default=None, description="Attributes to sort by, 1 up or -1 down; `_id` decides last."
    )
    limit: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="How many documents to find in all; 0 is no limit."
    )


class AggregateCommand(Command):
    """Run an aggregation pipeline over a collection."""

    aggregate: str = Field(description="Name of the collection.")
    pipeline: list[Object] = Field(description="Stages; none that writes or runs JavaScript.")
    allow_disk_use: bool | None = Field(default=False, description="Disk use is always allowed.")
    cursor: Object | None = Field(
        default=DEFAULT_CURSOR, description="`batchSize`: how many rows an answer has at most."
    )

    @field_validator("pipeline")
    @classmethod
    def _only_reads(cls, pipeline: list[Object]) -> list[Object]:
        for stage in pipeline:
            for name in WRITING_STAGES:
                if name in stage:
                    raise ValueError(f"The pipeline cannot contain a {name} stage")
        return pipeline


class GetMoreCommand(Command):
    """Go on with the result of a find or aggregate command."""

    get_more: str = Field(description="The `cursor.id` of the answer before.")
    batch_size: Annotated[int, Field(gt=0)] | None = Field(
        default=None, description="Of no effect: the first command's holds."
    )


class CollStatsCommand(Command):
    """Tell how large a collection is."""

    coll_stats: str = Field(description="Name of the collection.")
    scale: int | None = Field(default=1, description="Divides sizes, e.g. 1024 for KiB.")


class CountCommand(Command):
    """Count documents of a collection."""

    count: str = Field(description="Name of the collection.")
    query: Object | None = Field(default=None, description="Which ones; none is all.")


class DeleteStatement(Wire):
    """Which documents to delete."""

    q: Object = Field(description="Query in MongoDB's language.")
    limit: Annotated[int, Field(ge=0, le=1)] = Field(description="1: only the first; 0: all.")
    hint: Keys | None = Field(default=None, description="Index to use.")


class DeleteCommand(Command):
    """Delete documents of a collection."""

    delete: str = Field(description="Name of the collection.")
    deletes: list[DeleteStatement]


class UpdateStatement(Wire):
    """Which documents to update, and how."""

    q: Object = Field(description="Query in MongoDB's language.")
    u: Object = Field(description="Update operators, e.g. `$set`; not a whole document.")
    upsert: bool = Field(default=False, description="Insert a document if none is found.")
    multi: bool = Field(default=False, description="All that are found, not only the first.")
    hint: Keys | None = Field(default=None, description="Index to use.")


class UpdateCommand(Command):
    """Update documents of a collection."""

    update: str = Field(description="Name of the collection.")
    updates: list[UpdateStatement]


AnyCommand = (
    FindCommand
    | AggregateCommand
    | GetMoreCommand
    | CollStatsCommand
    | CountCommand
    | DeleteCommand
    | UpdateCommand
)
#: The key that says which command a body is → the member of the union.
MEMBER_OF: Final = {
    "find": "FindCommand",
    "aggregate": "AggregateCommand",
    "getMore": "GetMoreCommand",
    "collStats": "CollStatsCommand",
    "count": "CountCommand",
    "delete": "DeleteCommand",
    "update": "UpdateCommand",
}


class CommandResponseCursor(Wire):
    """A batch of documents, in relaxed Extended JSON, and where to go on."""

    batch: list[Object]
    first_batch: list[Object] | None = Field(
        default=None, description="The same as `batch`, in first answers, under MongoDB's name."
    )
    id: str | None = Field(
        default=None, description="Send it as `getMore`; null: there is nothing more."
    )
    queried_shards_unavailable: bool | None = None


class CursorYieldingCommandResponse(Wire):
    """What find, aggregate and getMore answer."""

    ok: Annotated[int, Field(ge=0, le=1)]
    cursor: CommandResponseCursor


class CollStatsCommandResponse(Wire):
    """What collStats answers."""

    ok: Annotated[int, Field(ge=0, le=1)]
    ns: str
    size: float
    count: float
    avg_obj_size: float | None = None
    storage_size: float
    total_index_size: float
    total_size: float
    scale_factor: float


class CountCommandResponse(Wire):
    """What count answers."""

    ok: Annotated[int, Field(ge=0, le=1)]
    n: Annotated[int, Field(ge=0)]


class DeleteCommandResponse(Wire):
    """What delete answers."""

    ok: Annotated[int, Field(ge=0, le=1)]
    n: Annotated[int, Field(ge=0)]
    write_errors: list[Object] | None = None


class DocumentUpserted(Wire):
    """A document that an update inserted."""

    index: Annotated[int, Field(ge=0)] = Field(description="Of the statement.")
    id_: Any | None = Field(default=None, alias="_id", description="As Extended JSON.")


class UpdateCommandResponse(Wire):
    """What update answers."""

    ok: Annotated[int, Field(ge=0, le=1)]
    n: Annotated[int, Field(ge=0)]
    n_modified: Annotated[int, Field(ge=0)]
    upserted: list[DocumentUpserted] | None = None
    write_errors: list[Object] | None = None


AnyResponse = (
    CursorYieldingCommandResponse
    | CollStatsCommandResponse
    | CountCommandResponse
    | DeleteCommandResponse
    | UpdateCommandResponse
)
