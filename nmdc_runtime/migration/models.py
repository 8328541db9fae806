"""What a schema upgrade is made of, and what it reports."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from nmdc_runtime.checks.models import ListedProblem


class Phase(StrEnum):
    """How far a migration has come; what whoever finds it must do about it."""

    PREPARING = "preparing"  # nothing is in place yet: throw away what there is
    SWAPPING = "swapping"  # all is ready and checked: put in place what is left
    SWAPPED = "swapped"  # only records, graph and lock are left
    UNDOING = "undoing"  # put back what is left
    COMPLETED = "completed"
    UNDONE = "undone"
    FAILED = "failed"


class EventKind(StrEnum):
    """What ``_migration_events`` tells; STARTED and COMPLETED are as published."""

    LOCKED = "MIGRATION_WRITES_LOCKED"
    DUMPED = "MIGRATION_DUMPED"
    TRANSFORMED = "MIGRATION_TRANSFORMED"
    VALIDATED = "MIGRATION_VALIDATED"
    STARTED = "MIGRATION_STARTED"
    COMPLETED = "MIGRATION_COMPLETED"
    FAILED = "MIGRATION_FAILED"
    ROLLED_BACK = "MIGRATION_ROLLED_BACK"


class SwapKind(StrEnum):
    """What becomes of a collection."""

    REPLACE = "replace"
    CREATE = "create"
    REMOVE = "remove"


class Swap(BaseModel):
    """One collection that the migrators changed."""

    collection: str
    kind: SwapKind
    indexes: list[dict[str, Any]] = Field(default_factory=list)  # those of the old collection


class MigrationState(BaseModel):
    """What is kept in MongoDB of the last migration: enough to finish or undo it."""

    id: str
    phase: Phase
    source: str
    target: str
    modules: list[str] = Field(default_factory=list)
    swaps: list[Swap] = Field(default_factory=list)
    #: The state of the migration before, while its old collections are kept.
    previous: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Migrator:
    """A migrator that a package has."""

    module: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Chain:
    """The migrators to run, and the versions between which the package has none."""

    steps: tuple[Migrator, ...]
    gaps: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SchemaPackage:
    """An nmdc-schema package, installed for some interpreter."""

    python: Path
    version: str
    folder: Path
    migrators: tuple[Migrator, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationRequest:
    """What an operator asks for.

    Parameters
    ----------
    source
        The version of the data, where the database does not say.
    dump
        Folder for a dump, or None to make none.
    most_problems
        How many problems with documents to list for each collection.
    """

    target: str
    source: str | None = None
    dump: Path | None = None
    is_dry_run: bool = False
    most_problems: int = 20


class CollectionReport(BaseModel):
    """What became of one collection."""

    collection: str
    documents: int = 0
    changed: int = 0
    inserted: int = 0
    removed: int = 0
    problems: int = 0
    rules: dict[str, int] = Field(default_factory=dict)  # rule → problems, of those looked at
    listed: list[ListedProblem] = Field(default_factory=list)
    note: str | None = None
    seconds: float = 0.0

    @property
    def is_different(self) -> bool:
        """Whether the migrators did anything to it."""
        return bool(self.changed or self.inserted or self.removed)


class MigrationReport(BaseModel):
    """What a migration did, or would do."""

    source: str
    target: str
    is_dry_run: bool
    outcome: str = "failed"
    reason: str | None = None
    modules: list[str] = Field(default_factory=list)
    gaps: list[tuple[str, str]] = Field(default_factory=list)
    collections: list[CollectionReport] = Field(default_factory=list)
    dump: str | None = None
    seconds: dict[str, float] = Field(default_factory=dict)  # step → how long it took

    @property
    def problems(self) -> int:
        """How many problems there are with documents."""
        return sum(each.problems for each in self.collections)


@dataclass(frozen=True, slots=True)
class Dumped:
    """One file of a dump."""

    name: str
    documents: int
    size_bytes: int
    sha256: str
    indexes: list[dict[str, Any]] = field(default_factory=list)
