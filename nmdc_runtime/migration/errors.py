"""Why data are not moved to another version of the schema."""

from collections.abc import Sequence

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class VersionUnreadable(NmdcError):
    """A text is no version of nmdc-schema."""

    title = "Version unreadable"

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is not a version of nmdc-schema, like 11.21.0 or 11.25")


class VersionUnknown(NmdcError):
    """Nobody wrote down which version the data have."""

    title = "Version of the data unknown"

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}: say which version of nmdc-schema the data satisfy, with --from")


class VersionsDisagree(NmdcError):
    """What is said of the data's version is not what is written down."""

    kind = ErrorKind.CONFLICT
    title = "Versions disagree"

    def __init__(self, *, said: str, recorded: str) -> None:
        super().__init__(
            f"--from says {said}, but by its own records the database is at {recorded}. "
            "Leave --from out."
        )


class DowngradeRefused(NmdcError):
    """There are no migrators that lead back."""

    title = "Downgrade refused"

    def __init__(self, *, current: str, target: str) -> None:
        super().__init__(
            f"the data satisfy nmdc-schema {current}, and {target} is older: there are no "
            "migrators that lead back. The last migration can be undone with --rollback."
        )


class ChainBroken(NmdcError):
    """The migrators do not fit the versions."""

    title = "Migrators do not fit"

    def __init__(self, version: str, *, module: str) -> None:
        super().__init__(
            f"{version} lies between the two versions of {module}, which can neither be run nor "
            "left out. Migrate to, or say --from, one of its two versions instead."
        )


class WrongSchemaInstalled(NmdcError):
    """The interpreter has another version of nmdc-schema than the wanted one."""

    title = "Another nmdc-schema is installed"

    def __init__(self, *, wanted: str, installed: str, python: str) -> None:
        super().__init__(
            f"{python} has nmdc-schema {installed}, and {wanted} is wanted. Make an environment "
            "that has it, and name its interpreter:\n"
            "  python3 -m venv schema-venv\n"
            f"  schema-venv/bin/pip install nmdc-schema=={wanted}\n"
            f"  nmdc-runtime migrate --to {wanted} --schema-python schema-venv/bin/python"
        )


class InterpreterUnusable(NmdcError):
    """The interpreter cannot run migrators."""

    title = "Interpreter unusable"

    def __init__(self, python: str, reason: str) -> None:
        super().__init__(
            f"{python} cannot run migrators: {reason}. It must be a Python that has the packages "
            "nmdc-schema and pymongo."
        )


class MigratorFailed(NmdcError):
    """A migrator of nmdc-schema gave up."""

    title = "Migrator failed"

    def __init__(self, module: str, reason: str) -> None:
        super().__init__(f"{module} failed: {reason}")


class DocumentsUnfit(NmdcError):
    """After the migrators, documents do not satisfy the wanted version."""

    title = "Documents do not fit the schema"

    def __init__(self, *, target: str, problems: int) -> None:
        super().__init__(
            f"{problems} problems with documents under nmdc-schema {target}: see the report above"
        )


class NoRoom(NmdcError):
    """A disk would be full."""

    title = "No room"

    def __init__(self, what: str, *, needed: int, free: int) -> None:
        super().__init__(
            f"{what} needs about {needed / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free"
        )


class DumpRefused(NmdcError):
    """The dump cannot be written there, or is not whole."""

    title = "Dump refused"

    def __init__(self, why: str) -> None:
        super().__init__(why)


class SomebodyWrote(NmdcError):
    """Documents were changed past the lock."""

    kind = ErrorKind.CONFLICT
    title = "Somebody wrote"

    def __init__(self, collections: Sequence[str]) -> None:
        super().__init__(
            f"somebody wrote to {', '.join(collections)} while writes were locked: a program that "
            "uses MongoDB directly? Stop it, then migrate again."
        )


class LockLost(NmdcError):
    """The lock on writes ran out while this process slept."""

    kind = ErrorKind.CONFLICT
    title = "Lock lost"

    def __init__(self) -> None:
        super().__init__("this process was stopped for so long that others may write again")


class MigrationRunning(NmdcError):
    """Another process migrates this database."""

    kind = ErrorKind.CONFLICT
    title = "A migration is running"

    def __init__(self) -> None:
        super().__init__("another process is migrating this database: wait until it has ended")


class MigrationUnfinished(NmdcError):
    """An earlier migration was interrupted while it swapped collections."""

    kind = ErrorKind.CONFLICT
    title = "A migration is unfinished"

    def __init__(self, *, source: str, target: str) -> None:
        super().__init__(
            f"a migration from {source} to {target} was interrupted while it put the new "
            "collections in place: finish it with --resume, or undo it with --rollback"
        )


class NothingToUndo(NmdcError):
    """There is no migration that could be undone."""

    kind = ErrorKind.CONFLICT
    title = "Nothing to undo"

    def __init__(self) -> None:
        super().__init__("there is no migration whose old collections are still kept")


class WritesWouldBeLost(NmdcError):
    """Documents were written since the migration that is to be undone."""

    kind = ErrorKind.CONFLICT
    title = "Writes would be lost"

    def __init__(self, count: int) -> None:
        super().__init__(
            f"{count} writes were made since that migration to collections that would be put "
            "back: they would be lost. Say --lose-writes if that is meant."
        )


class IndexesImpossible(NmdcError):
    """The new documents do not satisfy a unique index."""

    title = "Indexes impossible"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(f"indexes cannot be made: {'; '.join(problems)}")
