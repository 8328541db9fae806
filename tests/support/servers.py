"""Real servers for tests: one of each for a whole test session, whatever the number of workers.

Whoever asks first starts one; it ends when the last user is gone, even if pytest is killed (see
`keeper`). ``NMDC_TEST_MONGO_URL`` and ``NMDC_TEST_POSTGRES_URL`` name running ones to use instead.
"""

import fcntl
import os
import secrets
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from nmdc_runtime.cli.stack.environment import read_env_file
from nmdc_runtime.cli.stack.folder import Phase, StackFolder
from nmdc_runtime.cli.stack.mongod import Mongod, find_mongod
from nmdc_runtime.cli.stack.ports import PORTS
from nmdc_runtime.cli.stack.postgres import Postgres, find_postgres
from nmdc_runtime.cli.stack.probes import http_answers
from nmdc_runtime.cli.stack.s3 import S3

KEEPER = Path(__file__).with_name("keeper.py")

#: Memory wanted before a test server's data is put there: fsync then costs nothing.
SHARED_MEMORY = Path("/dev/shm")
SHARED_MEMORY_BYTES = 2 << 30


@dataclass(frozen=True)
class Started:
    """A server that is about to start: its command, and what then says how to reach it."""

    command: list[str]
    settle: Callable[[], str]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_with: str = "KILL"


@dataclass(frozen=True)
class S3Endpoint:
    """An S3 service, with the key it takes and a bucket that is there."""

    url: str
    key: str
    secret: str
    region: str = "us-east-1"
    bucket: str = "nmdc-runtime"


@dataclass(frozen=True)
class RunningStack:
    """A whole local stack: ``nmdc-runtime up``, on free ports."""

    folder: StackFolder

    @property
    def variables(self) -> dict[str, str]:
        """Credentials and addresses, under their published names."""
        return read_env_file(self.folder.env_file)


@contextmanager
def shared_mongo(testrun_uid: str, base: Path) -> Iterator[str]:
    """Yield the URL, credentials included, of a replica set that all workers of the run share.

    Parameters
    ----------
    testrun_uid
        What names the test run: pytest-xdist's fixture of this name.
    base
        ``tmp_path_factory.getbasetemp()``, of a worker or not.
    """
    if url := os.environ.get("NMDC_TEST_MONGO_URL"):
        yield url
        return
    with _shared("mongo", testrun_uid, base, _start_mongo) as url:
        yield url


@contextmanager
def shared_postgres(testrun_uid: str, base: Path) -> Iterator[str]:
    """Yield the URL, credentials included, of a PostgreSQL that all workers of the run share."""
    if url := os.environ.get("NMDC_TEST_POSTGRES_URL"):
        yield url
        return
    with _shared("postgres", testrun_uid, base, _start_postgres) as url:
        yield url


@contextmanager
def shared_s3(testrun_uid: str, base: Path) -> Iterator[S3Endpoint]:
    """Yield an S3 service that all workers of the run share."""
    with _shared("s3", testrun_uid, base, _start_s3) as answer:
        yield S3Endpoint(*answer.split())


@contextmanager
def shared_stack(
    testrun_uid: str, base: Path, *, settings: Mapping[str, str] | None = None
) -> Iterator[RunningStack]:
    """Yield a whole local stack that all workers of the run share: leave it as you found it.

    ``settings`` are ``NMDC_...`` variables for its processes; the first to ask decides.
    """

    def start(folder: Path) -> Started:
        return _start_stack(folder, settings or {})

    with _shared("stack", testrun_uid, base, start) as answer:
        yield RunningStack(StackFolder(Path(answer)))


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


def _start_postgres(folder: Path) -> Started:
    postgres = Postgres(
        binaries=find_postgres(),
        folder=folder,
        port=free_port(),
        username="tests",
        password=secrets.token_hex(16),
        database="tests",
    )
    postgres.prepare()

    def settle() -> str:
        wait_until(lambda: postgres.probe() is None, timeout_s=60, what="PostgreSQL")
        login = f"{postgres.username}:{postgres.password}"
        return f"postgresql://{login}@127.0.0.1:{postgres.port}/{postgres.database}"

    # Not killed: it would leave shared memory behind.
    return Started(postgres.command(), settle, stop_with="INT")


def _start_s3(folder: Path) -> Started:
    endpoint = S3Endpoint("", key=secrets.token_hex(10), secret=secrets.token_hex(20))
    server = S3(
        folder=folder / "objects",
        port=free_port(),
        key=endpoint.key,
        secret=endpoint.secret,
        region=endpoint.region,
        bucket=endpoint.bucket,
    )
    server.prepare()
    probe = http_answers(server.url, statuses=range(200, 500))

    def settle() -> str:
        wait_until(lambda: probe() is None, timeout_s=60, what="S3")
        return f"{server.url} {server.key} {server.secret} {server.region} {server.bucket}"

    return Started(server.command(), settle, environment=server.environment())


def _start_stack(folder: Path, settings: Mapping[str, str]) -> Started:
    stack = StackFolder(folder / "stack")
    no_ports = [f"{option}=0" for option, _ in PORTS.values()]
    command = [sys.executable, "-m", "nmdc_runtime.cli", "up", "--dir", str(stack.path), *no_ports]

    def is_ready() -> bool:
        state = stack.find_state()
        if state is not None and state.phase in {Phase.STOPPED, Phase.FAILED}:
            raise AssertionError(f"the stack did not start: {state.detail}")
        return state is not None and state.phase is Phase.READY

    def settle() -> str:
        wait_until(is_ready, timeout_s=180, what="the local stack")
        return str(stack.path)

    # Nobody waits for its sensors, whose looks would take a fifth of a processor.
    environment = {"NMDC_DAGSTER__SENSOR_INTERVAL_S": "60", **settings}
    return Started(command, settle, environment=environment, stop_with="TERM")


@contextmanager
def _shared(
    name: str, testrun_uid: str, base: Path, start: Callable[[Path], Started]
) -> Iterator[str]:
    """Yield how to reach the run's server of this name; the first to ask starts it."""
    # A worker's folder lies in that of the run, which all its workers see.
    run_folder = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    stem = run_folder / f"{name}-{testrun_uid}"
    answer_file = stem.with_suffix(".answer")
    with stem.with_suffix(".users").open("a") as users:
        with stem.with_suffix(".start").open("a") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_SH)  # from here on the keeper keeps the server
            answer = answer_file.read_text() if answer_file.exists() else ""
            if not answer or not _is_alive(answer):
                answer = _start(name, stem.with_suffix(".users"), start)
                answer_file.touch(0o600)
                answer_file.write_text(answer)
        yield answer


def _start(name: str, users_lock: Path, start: Callable[[Path], Started]) -> str:
    folder = Path(tempfile.mkdtemp(prefix=f"nmdc-test-{name}-", dir=_roomy_folder()))
    started = start(folder)
    keeper = [sys.executable, "-I", "-S", str(KEEPER), str(users_lock), str(folder)]
    # Not a Popen: that would complain, rightly elsewhere, that its process outlives it.
    os.posix_spawn(
        sys.executable,
        [*keeper, started.stop_with, *started.command],
        {**os.environ, **started.environment},
        file_actions=[(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1)],
        setsid=True,  # Ctrl-C is for pytest; the keeper notices when that ends
    )
    try:
        return started.settle()
    except BaseException as error:
        log = folder / "log"
        error.add_note(log.read_text(errors="replace")[-2000:] if log.exists() else "no log")
        raise


def _roomy_folder() -> str | None:
    if SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free > SHARED_MEMORY_BYTES:
        return str(SHARED_MEMORY)
    return None


def _is_alive(answer: str) -> bool:
    parts = urlsplit(answer.split(maxsplit=1)[0])
    if parts.port is None:
        return StackFolder(Path(answer)).is_locked()
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
