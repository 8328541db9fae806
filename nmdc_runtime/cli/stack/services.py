"""The table of services: what each is started with, when it is ready, whom it waits for.

Another service is another entry in `services_of`, its name in `ports.SERVICE_NAMES`, and its port,
if it has one, in `ports.PORTS`.
"""

import importlib.resources
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from nmdc_runtime.cli.stack import s3
from nmdc_runtime.cli.stack.environment import PYTHON_HABITS
from nmdc_runtime.cli.stack.folder import StackFolder
from nmdc_runtime.cli.stack.mongod import Mongod, find_mongod
from nmdc_runtime.cli.stack.postgres import Postgres, find_postgres
from nmdc_runtime.cli.stack.probes import (
    Probe,
    daemons_beat,
    dagster_has_code,
    file_touched,
    grpc_serves,
    http_answers,
)
from nmdc_runtime.mongo.replica_set import ReplicaSetNotReady

#: Where the package keeps the files of DAGSTER_HOME.
INSTANCE_PACKAGE: Final = "nmdc_runtime.site"
INSTANCE_FILES: Final = ("dagster.yaml", "workspace.yaml")


def _nothing() -> None:
    """Prepare nothing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Service:
    """One process of the stack."""

    name: str
    command: Callable[[], list[str]]
    environment: Mapping[str, str]
    folder: Path
    #: Returns the question whether the process that starts now is ready.
    probe: Callable[[], Probe]
    port: int = 0
    url: str = ""
    #: What must be done before each start; may take seconds.
    prepare: Callable[[], None] = _nothing
    #: Services that must be ready first.
    after: tuple[str, ...] = ()
    #: Keeps data: stops when all services that do not have stopped.
    is_storage: bool = False
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout_s: float = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """All that the services of one stack are made from."""

    folder: StackFolder
    ports: Mapping[str, int]
    #: Credentials, keys and addresses, under their published names.
    variables: Mapping[str, str]
    #: What processes get from our own environment.
    inherited: Mapping[str, str] = field(default_factory=dict)

    def url(self, service: str) -> str:
        """Return the HTTP address of a service."""
        return f"http://127.0.0.1:{self.ports[service]}"

    @property
    def for_servers(self) -> dict[str, str]:
        """Environment of servers that are not ours: no credentials in it."""
        return dict(self.inherited)

    @property
    def for_python(self) -> dict[str, str]:
        """Environment of our own processes."""
        return {**self.inherited, **PYTHON_HABITS, **self.variables}


def services_of(blueprint: Blueprint) -> list[Service]:
    """Return the services of a stack, storage first; raise if a program is missing."""
    return [
        _mongo(blueprint),
        _postgres(blueprint),
        _s3(blueprint),
        _dagster_code(blueprint),
        _fastapi(blueprint),
        _follower(blueprint),
        _dagit(blueprint),
        _dagster_daemon(blueprint),
    ]


def _mongo(blueprint: Blueprint) -> Service:
    mongod = Mongod(
        binary=find_mongod(),
        folder=blueprint.folder.data_of("mongo"),
        port=blueprint.ports["mongo"],
        username=blueprint.variables["MONGO_USERNAME"],
        password=blueprint.variables["MONGO_PASSWORD"],
    )

    def settled() -> str | None:
        try:
            mongod.settle(timeout_s=3)
        except ReplicaSetNotReady as error:
            return str(error)
        return None

    return Service(
        name="mongo",
        command=mongod.command,
        environment=blueprint.for_servers,
        folder=mongod.folder,
        prepare=mongod.prepare,
        probe=lambda: settled,
        port=mongod.port,
        url=mongod.url,
        is_storage=True,
        stop_timeout_s=30,
    )


def _postgres(blueprint: Blueprint) -> Service:
    folder = blueprint.folder.data_of("postgres")
    postgres = Postgres(
        binaries=find_postgres(folder / "data"),
        folder=folder,
        port=blueprint.ports["postgres"],
        username=blueprint.variables["DAGSTER_POSTGRES_USER"],
        password=blueprint.variables["DAGSTER_POSTGRES_PASSWORD"],
        database=blueprint.variables["DAGSTER_POSTGRES_DB"],
    )
    return Service(
        name="postgres",
        command=postgres.command,
        environment=blueprint.for_servers,
        folder=folder,
        prepare=postgres.prepare,
        probe=lambda: postgres.probe,
        port=postgres.port,
        url=f"postgresql://127.0.0.1:{postgres.port}/{postgres.database}",
        is_storage=True,
        stop_signal=postgres.stop_signal,
        stop_timeout_s=30,
    )


def _s3(blueprint: Blueprint) -> Service:
    s3.check_installed()
    server = s3.S3(
        folder=blueprint.folder.data_of("s3"),
        port=blueprint.ports["s3"],
        key=blueprint.variables["DO_SPACES_KEY"],
        secret=blueprint.variables["DO_SPACES_SECRET"],
        region=blueprint.variables["DO_REGION_NAME"],
        bucket=blueprint.variables["API_SITE_ID"],
    )
    return Service(
        name="s3",
        command=server.command,
        environment={**blueprint.for_servers, **PYTHON_HABITS, **server.environment()},
        folder=server.folder,
        prepare=server.prepare,
        probe=lambda: http_answers(server.url, statuses=range(200, 500)),
        port=server.port,
        url=server.url,
        is_storage=True,
    )


def _fastapi(blueprint: Blueprint) -> Service:
    url = blueprint.url("fastapi")
    port = blueprint.ports["fastapi"]
    return Service(
        name="fastapi",
        command=lambda: [
            *(sys.executable, "-m", "uvicorn", "nmdc_runtime.api.main:app", "--proxy-headers"),
            *("--host", "127.0.0.1", "--port", str(port), "--timeout-graceful-shutdown", "5"),
        ],
        environment=blueprint.for_python,
        folder=blueprint.folder.path,
        probe=lambda: http_answers(f"{url}/health"),
        port=port,
        url=url,
        after=("mongo",),
    )


def _follower(blueprint: Blueprint) -> Service:
    heartbeat = blueprint.folder.path / "follower-is-well"
    return Service(
        name="follower",
        command=lambda: [
            *(sys.executable, "-m", "nmdc_runtime.cli", "follow"),
            *("--heartbeat", str(heartbeat)),
        ],
        environment=blueprint.for_python,
        folder=blueprint.folder.path,
        probe=lambda: file_touched(heartbeat, since=time.time()),
        after=("mongo",),
    )


def _dagster_code(blueprint: Blueprint) -> Service:
    port = blueprint.ports["dagster-code"]
    home = blueprint.folder.dagster_home
    # The server itself, not `dagster code-server`, which adds a process that only watches it.
    return Service(
        name="dagster-code",
        command=lambda: [
            *(sys.executable, "-m", "nmdc_runtime.site.code_server"),
            *("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"),
            "--use-python-environment-entry-point",
        ],
        environment=blueprint.for_python,
        folder=home,
        prepare=lambda: make_dagster_home(home),
        probe=lambda: grpc_serves(port, "DagsterApi"),
        port=port,
        url=f"grpc://127.0.0.1:{port}",
    )


def _dagit(blueprint: Blueprint) -> Service:
    url = blueprint.url("dagster-dagit")
    home = blueprint.folder.dagster_home
    port = blueprint.ports["dagster-dagit"]
    return Service(
        name="dagster-dagit",
        command=lambda: [
            *(sys.executable, "-m", "dagster_webserver", "-w", str(home / "workspace.yaml")),
            *("-h", "127.0.0.1", "-p", str(port)),
        ],
        environment=blueprint.for_python,
        folder=home,
        prepare=lambda: make_dagster_home(home),
        probe=lambda: dagster_has_code(url),
        port=port,
        url=url,
        after=("postgres",),
    )


def _dagster_daemon(blueprint: Blueprint) -> Service:
    url = blueprint.url("dagster-dagit")
    home = blueprint.folder.dagster_home
    return Service(
        name="dagster-daemon",
        command=lambda: [
            *(sys.executable, "-m", "dagster._daemon", "run"),
            *("-w", str(home / "workspace.yaml")),
        ],
        environment=blueprint.for_python,
        folder=home,
        prepare=lambda: make_dagster_home(home),
        probe=lambda: daemons_beat(url, since=time.time()),
        after=("postgres",),
    )


def make_dagster_home(home: Path) -> None:
    """Lay the package's instance and workspace files into DAGSTER_HOME, afresh at each start."""
    home.mkdir(parents=True, exist_ok=True)
    source = importlib.resources.files(INSTANCE_PACKAGE) / "instance"
    for name in INSTANCE_FILES:
        content = (source / name).read_bytes()
        target = home / name
        if not target.exists() or target.read_bytes() != content:
            fresh = home / f"{name}.{time.monotonic_ns()}"  # several services do this at once
            fresh.write_bytes(content)
            fresh.replace(target)
