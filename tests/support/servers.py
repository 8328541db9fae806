"""Real servers for tests: one of each for a whole test session, whatever the number of workers.

``shared_mongo`` yields the URL of a server, started by whoever asks first and ended when the last
user is gone, even if pytest is killed (see `keeper`). ``NMDC_TEST_MONGO_URL`` names a running one
to use instead.
"""

import fcntl
import os
import secrets
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from nmdc_runtime.cli.stack.mongod import Mongod, find_mongod

KEEPER = Path(__file__).with_name("keeper.py")

#: Memory wanted before a test server's data is put there: fsync then costs nothing.
SHARED_MEMORY = Path("/dev/shm")
SHARED_MEMORY_BYTES = 2 << 30


class Started(NamedTuple):
    """A server that somebody is about to start: its command, and what follows once it runs."""

    command: list[str]
    settle: Callable[[], str]


@contextmanager
def shared_mongo(testrun_uid: str, base: Path) -> Iterator[str]:
    """Yield the URL, credentials included, of a replica set that all workers of the run share.

    Parameters
    ----------
    testrun_uid
        What names the test run: pytest-xdist's fixture of this name.
    base
        A folder that all workers of the run see, e.g. ``tmp_path_factory.getbasetemp().parent``.
    """
    if url := os.environ.get("NMDC_TEST_MONGO_URL"):
        yield url
        return
    with _shared("mongo", testrun_uid, base, _start_mongo) as url:
        yield url


def _start_mongo(folder: Path) -> Started:
    mongod = Mongod(
        binary=find_mongod(),
        folder=folder,
        port=free_port(),
        username="admin",
        password=secrets.token_hex(16),
        oplog_mb=128,
    )
    mongod.prepare()

    def settle() -> str:
        mongod.settle(timeout_s=60)
        login = f"{quote(mongod.username)}:{quote(mongod.password)}"
        return f"mongodb://{login}@127.0.0.1:{mongod.port}/?replicaSet=rs0&authSource=admin"

    return Started(mongod.command(), settle)


@contextmanager
def _shared(
    name: str, testrun_uid: str, base: Path, start: Callable[[Path], Started]
) -> Iterator[str]:
    """Yield the URL of the run's server of this name; the first to ask starts it."""
    stem = base / f"{name}-{testrun_uid}"
    url_file = stem.with_suffix(".url")
    with stem.with_suffix(".users").open("a") as users:
        with stem.with_suffix(".start").open("a") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_SH)  # from here on the keeper keeps the server
            url = url_file.read_text() if url_file.exists() else ""
            if not url or not _answers(url):
                url = _start(name, stem.with_suffix(".users"), start)
                url_file.write_text(url)
                url_file.chmod(0o600)
        yield url


def _start(name: str, users_lock: Path, start: Callable[[Path], Started]) -> str:
    folder = Path(tempfile.mkdtemp(prefix=f"nmdc-test-{name}-", dir=_roomy_folder()))
    command, settle = start(folder)
    # Not a Popen: that would complain, rightly elsewhere, that its process outlives it.
    os.posix_spawn(
        sys.executable,
        [sys.executable, "-I", "-S", str(KEEPER), str(users_lock), str(folder), "--", *command],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1)],
        setsid=True,  # Ctrl-C is for pytest; the keeper notices when that ends
    )
    try:
        return settle()
    except Exception as error:
        log = folder / "log"
        error.add_note(log.read_text(errors="replace")[-2000:] if log.exists() else "no log")
        raise


def _roomy_folder() -> str | None:
    if SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free > SHARED_MEMORY_BYTES:
        return str(SHARED_MEMORY)
    return None


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname, parts.port), timeout=2).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """Return a TCP port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(condition: Callable[[], object], *, timeout_s: float, what: str) -> None:
    """Return once the condition holds; fail, saying what was waited for, when time is over."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s} s in vain for {what}")
        time.sleep(0.05)
