"""A replica set of one member: initiated, moved to another address, given its root user.

Transactions and change streams need a replica set, so every stack has one, if only of one member.
All functions may be called again: what is done already is left alone.
"""

import socket
import time
from collections.abc import Callable
from typing import Any, Final

from pymongo import MongoClient
from pymongo.errors import ConnectionFailure, OperationFailure
from pymongo.uri_parser import parse_uri

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError
from nmdc_runtime.mongo.documents import Document

REPLICA_SET: Final = "rs0"

UNAUTHORIZED: Final = 13
AUTHENTICATION_FAILED: Final = 18
ALREADY_INITIALIZED: Final = 23
USER_ALREADY_EXISTS: Final = 51003

#: How often a server that is not ready yet is asked again.
POLL_S: Final = 0.02

Report = Callable[[str], None]


class ReplicaSetNotReady(NmdcError):
    """MongoDB did not become the primary of its replica set in time."""

    kind = ErrorKind.UNAVAILABLE
    title = "Replica set not ready"


class MongoCredentialsRefused(NmdcError):
    """MongoDB knows other credentials than the ones given."""

    kind = ErrorKind.UNAUTHENTICATED
    title = "MongoDB credentials refused"


def member_host_of(url: str) -> str:
    """Return ``host:port`` of the first server that a connection string names."""
    host, port = parse_uri(url)["nodelist"][0]
    return f"{host}:{port}"


def initiate(
    url: str,
    *,
    username: str | None = None,
    password: str | None = None,
    member_host: str | None = None,
    timeout_s: float = 120,
    report: Report = lambda _: None,
) -> None:
    """Make the server at the URL the primary of `REPLICA_SET`; return when it is.

    Parameters
    ----------
    url
        Connection string; its first server is the one meant.
    username, password
        A root user. A server that has no users yet needs none, if it is asked from its own host.
    member_host
        ``host:port`` under which clients shall find the member; the URL's own by default. A set
        of one member that was initiated under another address is moved to this one.
    timeout_s
        How long to wait for the server, and for it to become primary, in seconds.
    report
        Is told, in a sentence, what is waited for.

    Raises
    ------
    ReplicaSetNotReady
        The server did not answer, or did not become primary, in time.
    MongoCredentialsRefused
        The server has users, and these credentials are not one's.
    """
    deadline = time.monotonic() + timeout_s
    host = member_host or member_host_of(url)
    report(f"waiting for MongoDB at {member_host_of(url)}")
    wait_for_server(url, deadline=deadline)
    with _connect(url, username, password) as known, _connect(url) as anonymous:
        if host not in _answer(anonymous, deadline).get("hosts", ()):
            report(f"initiating the replica set {REPLICA_SET} with the member {host}")
            _initiate(known, anonymous, host)
        report("waiting for the primary")
        while not _answer(anonymous, deadline)["isWritablePrimary"]:
            if time.monotonic() > deadline:
                raise ReplicaSetNotReady(f"MongoDB at {host} did not become primary in time")
            time.sleep(POLL_S)


def ensure_root_user(url: str, *, username: str, password: str) -> None:
    """Create the root user on a server that has no users; later only check the credentials.

    Works on the server's own host alone: MongoDB lets nobody else create the first user.
    """
    with _connect(url) as anonymous:
        try:
            anonymous.admin.command("createUser", username, pwd=password, roles=["root"])
        except OperationFailure as error:
            if error.code not in {UNAUTHORIZED, USER_ALREADY_EXISTS}:
                raise
    check_credentials(url, username=username, password=password)


def check_credentials(url: str, *, username: str, password: str) -> None:
    """Raise `MongoCredentialsRefused` unless the server knows the user by this password."""
    with _connect(url, username, password) as client:
        try:
            client.admin.command("ping")
        except OperationFailure as error:
            if error.code != AUTHENTICATION_FAILED:
                raise
            raise MongoCredentialsRefused(
                f"MongoDB at {member_host_of(url)} refuses the password of user {username!r}"
            ) from error


def wait_for_server(url: str, *, deadline: float) -> None:
    """Return when something listens at the URL's first server; the deadline is monotonic time."""
    host, port = parse_uri(url)["nodelist"][0]
    while True:  # PyMongo itself asks again every half second only
        try:
            socket.create_connection((host, port), timeout=2).close()
        except OSError as error:
            if time.monotonic() > deadline:
                raise ReplicaSetNotReady(
                    f"MongoDB at {host}:{port} did not answer in time: {error}"
                ) from error
            time.sleep(POLL_S)
        else:
            return


def _connect(
    url: str, username: str | None = None, password: str | None = None
) -> MongoClient[Document]:
    options: dict[str, Any] = {}
    if username:
        options = {"username": username, "password": password or "", "authSource": "admin"}
    return MongoClient(
        f"mongodb://{member_host_of(url)}",
        directConnection=True,
        serverSelectionTimeoutMS=5_000,
        **options,
    )


def _answer(client: MongoClient[Document], deadline: float) -> Document:
    while True:
        try:
            return client.admin.command("hello")
        except ConnectionFailure as error:
            if time.monotonic() > deadline:
                raise ReplicaSetNotReady(f"MongoDB does not answer: {error}") from error
            time.sleep(POLL_S)


def _initiate(known: MongoClient[Document], anonymous: MongoClient[Document], host: str) -> None:
    config = {"_id": REPLICA_SET, "members": [{"_id": 0, "host": host}]}
    try:
        anonymous.admin.command("replSetInitiate", config)
    except OperationFailure as error:
        if error.code == ALREADY_INITIALIZED:
            _as_root(lambda: _move(known, host))
        elif error.code == UNAUTHORIZED:
            _as_root(lambda: _initiate_as_root(known, config))
        else:
            raise


def _initiate_as_root(known: MongoClient[Document], config: Document) -> None:
    try:
        known.admin.command("replSetInitiate", config)
    except OperationFailure as error:
        if error.code != ALREADY_INITIALIZED:
            raise
        _move(known, config["members"][0]["host"])


def _move(known: MongoClient[Document], host: str) -> None:
    """Give the only member its new address; a set of several is its operator's business."""
    config = known.admin.command("replSetGetConfig")["config"]
    if len(config["members"]) == 1 and config["members"][0]["host"] != host:
        config["members"][0]["host"] = host
        config["version"] += 1
        # Forced: a member whose address went away is no primary, and nobody else is.
        known.admin.command("replSetReconfig", config, force=True)


def _as_root(work: Callable[[], None]) -> None:
    """Do what only a root user may, or say that these credentials are not one's."""
    try:
        work()
    except OperationFailure as error:
        if error.code not in {UNAUTHORIZED, AUTHENTICATION_FAILED}:
            raise
        raise MongoCredentialsRefused(
            "MongoDB has users, and does not take these credentials for a root user's: set "
            "MONGO_USERNAME and MONGO_PASSWORD as when its data was made"
        ) from error
