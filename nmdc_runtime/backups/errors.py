"""What backups run into."""

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class BackupRunning(NmdcError):
    """Another process makes, removes or tries backups of this database."""

    kind = ErrorKind.CONFLICT
    title = "A backup is running"

    def __init__(self) -> None:
        super().__init__(
            "another process backs this database up, or tries a backup: wait until it has ended"
        )


class BackupThere(NmdcError):
    """Something lies where the dump would be put."""

    kind = ErrorKind.CONFLICT
    title = "A backup is there already"

    def __init__(self, backup_id: str) -> None:
        super().__init__(f"there is something under {backup_id} already: nothing is overwritten")


class NoWholeBackup(NmdcError):
    """There is no dump that is whole, or none of this id."""

    kind = ErrorKind.NOT_FOUND
    title = "No whole backup"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}: see which there are with nmdc-runtime restore --list")


class BackupDamaged(NmdcError):
    """A dump cannot be restored as it was made."""

    title = "Backup damaged"

    def __init__(self, backup_id: str, problems: list[str]) -> None:
        super().__init__(f"the backup {backup_id} is damaged: {'; '.join(problems)}")


class DatabaseNotEmpty(NmdcError):
    """Documents would be mixed with others."""

    kind = ErrorKind.CONFLICT
    title = "Database not empty"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the database {name} has collections already: name one that has none, and let "
            "MONGO_DBNAME name it when all is restored"
        )
