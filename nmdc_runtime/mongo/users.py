"""Users of MongoDB that may do what a process has to, and no more: none of them is ``root``."""

import secrets
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from pymongo import MongoClient
from pymongo.errors import OperationFailure

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.replica_set import AUTHENTICATION_FAILED, UNAUTHORIZED

PASSWORD_BYTES: Final = 24


class Account(StrEnum):
    """Who there is a user for."""

    #: Hub, follower and runs. One user for all: only a session's own user may end it, and whoever
    #: takes over the work of a dead process must end the transaction that it left open.
    RUNTIME = "runtime"
    #: Who fetches dumps from elsewhere.
    BACKUP = "backup"


class UsersNotAllowed(NmdcError):
    """The caller may not make users, or has given a wrong password."""

    kind = ErrorKind.FORBIDDEN
    title = "Not an administrator of MongoDB"


class PasswordFileExists(NmdcError):
    """There is a file where the password of a new user would go."""

    kind = ErrorKind.CONFLICT
    title = "File exists"


def roles_of(account: Account, *, database: str) -> list[dict[str, str]]:
    """Return the roles of the account's user.

    Drills and migrations make databases of their own, so the Runtime's reach goes over all, but
    never to users, roles, and the server itself.
    """
    if account is Account.BACKUP:
        return [{"role": "read", "db": database}]
    return [
        {"role": "readWriteAnyDatabase", "db": "admin"},
        {"role": "dbAdminAnyDatabase", "db": "admin"},
    ]


def ensure_users(
    client: MongoClient[Document],
    *,
    database: str,
    folder: Path,
    renew: bool = False,
    report: Callable[[str], None] = lambda _: None,
) -> None:
    """Make the users that are missing, and set the roles of those that are there.

    Parameters
    ----------
    database
        Name of the main database; it begins the users' names too.
    folder
        Where the name and the new password of each user are written, as ``<account>.env``,
        readable by its owner alone.
    renew
        Whether users that are there get a new password.

    Raises
    ------
    UsersNotAllowed
        The client may not make users.
    PasswordFileExists
        A file is in the way; nothing was changed for this user.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for account in Account:
        name, roles = f"{database}_{account}", roles_of(account, database=database)
        is_there = bool(_command(client, "usersInfo", name)["users"])
        if is_there and not renew:
            _command(client, "updateUser", name, roles=roles)
            report(f"{name} is there: its password is as it was")
            continue
        verb = "updateUser" if is_there else "createUser"
        _with_new_password(client, verb, name, roles, folder / f"{account}.env")
        report(f"{name} has a new password, in {folder / f'{account}.env'}")


def _with_new_password(
    client: MongoClient[Document], verb: str, name: str, roles: list[dict[str, str]], file: Path
) -> None:
    """Write the password down, then set it: one that is written nowhere is lost."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    try:
        file.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        raise PasswordFileExists(
            f"{file} is there already: move it away first, the new password goes there"
        ) from None
    try:
        file.write_text(f"MONGO_USERNAME={name}\nMONGO_PASSWORD={password}\n", encoding="utf-8")
        _command(client, verb, name, pwd=password, roles=roles)
    except BaseException:
        file.unlink()
        raise


def _command(client: MongoClient[Document], verb: str, name: str, **rest: Any) -> Document:  # noqa: ANN401 (a command's fields)
    try:
        return client.admin.command(verb, name, **rest)
    except OperationFailure as error:
        if error.code in {UNAUTHORIZED, AUTHENTICATION_FAILED}:
            raise UsersNotAllowed(
                "MONGO_USERNAME must be an administrator of MongoDB, and MONGO_PASSWORD theirs"
            ) from error
        raise
