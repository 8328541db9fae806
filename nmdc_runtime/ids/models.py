"""Records of issued identifiers, and what is sent to mint, bind and delete public ones."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, Field, PositiveInt

#: Name assigning authority: the prefix of every id.
NAA: Final = "nmdc"
#: The shoulder of ids of the Runtime's own records.
DEFAULT_SHOULDER: Final = "sys0"
#: Who asks for internal ids.
SYSTEM: Final = "_system"
#: The class of the ids that are minted where none is named.
DEFAULT_CLASS: Final = "nmdc:Biosample"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedId:
    """One internal id.

    Parameters
    ----------
    number
        What the blade encodes; unique in a shoulder, whatever the length of the blade.
    blade
        Check digits included.
    namespace
        What the id is for, e.g. ``jobs``.
    """

    number: int
    blade: str
    shoulder: str
    namespace: str
    issued_at: datetime

    @property
    def id(self) -> str:
        """The id in full, e.g. ``nmdc:sys0pf75``."""
        return f"{NAA}:{self.shoulder}{self.blade}"


class Status(StrEnum):
    """What became of a public id, modelled on the states of a DataCite DOI."""

    DRAFT = "draft"
    REGISTERED = "registered"
    INDEXED = "indexed"


class Entity(BaseModel):
    """Something of the minter's tables, by its id."""

    id: str | None = None


class Identifier(BaseModel):
    """A public id, and what is known of it."""

    id: str | None = None
    name: str = Field(description="The identifier in full.")
    typecode: Entity
    shoulder: Entity
    status: Status = Field(
        description="`draft`: reserved; `registered`: a stored document has it; `indexed`: such a "
        "document is public. Only a draft can be bound or deleted."
    )
    bindings: dict[str, Any] | None = Field(default=None, description="What was bound to it.")


class IdRecord(Identifier):
    """A public id as it is stored; records of older deployments name no owner."""

    minted_by: str | None = None
    minted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Minting:
    """What the records of one batch have in common."""

    typecode_id: str
    typecode: str
    shoulder_id: str
    shoulder: str
    minted_by: str
    minted_at: datetime

    @property
    def stem(self) -> str:
        """What the blades are put behind, e.g. ``nmdc:bsm-11-``."""
        return f"{NAA}:{self.typecode}-{self.shoulder}-"


class MintIn(BaseModel):
    """How many ids are wanted, and for what."""

    schema_class: Entity = Field(
        default=Entity(id=DEFAULT_CLASS), description="The class, e.g. `nmdc:Study`."
    )
    how_many: PositiveInt = Field(default=1)
    run_number: PositiveInt | None = Field(
        default=None,
        description="Of workflow executions only: put the run number behind each id, as in "
        "`nmdc:wfmag-11-abcd1234.1`. Without it the ids have none, and do not satisfy the schema "
        "until it is appended.",
    )


class BindIn(BaseModel):
    """What to bind to an id."""

    id_name: str
    metadata_record: dict[str, Any]


class DeleteIn(BaseModel):
    """Which id to delete."""

    id_name: str
