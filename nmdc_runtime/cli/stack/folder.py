"""The folder of a stack: what lies where, who runs it, and what it last said of its services."""

import fcntl
import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

from nmdc_runtime.cli.stack.errors import AlreadyRunning
from nmdc_runtime.cli.stack.processes import ProcessId

LOG_SIZE_BYTES: Final = 5_000_000
OLD_LOGS: Final = 2


class Phase(StrEnum):
    """Where a service, or the whole stack, is in its life."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """What is known of one service."""

    phase: Phase = Phase.WAITING
    detail: str = ""
    url: str = ""
    port: int = 0
    process: ProcessId | None = None
    since: float = 0.0
    ready_after_s: float | None = None
    restarts: int = 0

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Read one back."""
        process = value.pop("process")
        return cls(
            **value | {"phase": Phase(value["phase"])},
            process=ProcessId(**process) if process else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StackState:
    """What is known of the whole stack."""

    supervisor: ProcessId
    phase: Phase = Phase.STARTING
    detail: str = ""
    ready_after_s: float | None = None
    services: dict[str, ServiceState] = field(default_factory=dict)
    #: Process groups that were started; some may have ended.
    groups: tuple[ProcessId, ...] = ()

    def with_service(self, name: str, state: ServiceState) -> Self:
        """Return the same with one service changed."""
        return replace(self, services={**self.services, name: state})


@dataclass(frozen=True, slots=True)
class StackFolder:
    """One folder, one stack."""

    path: Path

    @property
    def as_typed(self) -> str:
        """The path as one would type it in a shell, here."""
        here = Path.cwd()
        inside = self.path.is_relative_to(here)
        return shlex.quote(str(self.path.relative_to(here) if inside else self.path))

    @property
    def env_file(self) -> Path:
        """Credentials and addresses."""
        return self.path / "env"

    @property
    def dagster_home(self) -> Path:
        """Dagster's configuration and its runs' logs."""
        return self.path / "dagster"

    def data_of(self, service: str) -> Path:
        """Return where a server keeps its data."""
        return self.path / service

    def log_of(self, service: str) -> Path:
        """Return where a service's output goes."""
        return self.path / "logs" / f"{service}.log"

    def make(self) -> None:
        """Make the folder, invisible to version control."""
        (self.path / "logs").mkdir(parents=True, exist_ok=True)
        (self.path / ".gitignore").write_text("*\n", encoding="ascii")

    def rotate_log(self, service: str) -> Path:
        """Return the log of a service that starts, after setting aside one that grew large."""
        log = self.log_of(service)
        if log.exists() and log.stat().st_size > LOG_SIZE_BYTES:
            for number in range(OLD_LOGS, 1, -1):
                older = log.with_name(f"{log.name}.{number - 1}")
                if older.exists():
                    older.replace(log.with_name(f"{log.name}.{number}"))
            log.replace(log.with_name(f"{log.name}.1"))
        return log

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for this process; raise `AlreadyRunning` if another does.

        The kernel gives the lock back when the process ends, however that happens.
        """
        with self._lock_file.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise AlreadyRunning(self._who_runs()) from error
            yield

    def is_locked(self) -> bool:
        """Say whether a supervisor holds the folder."""
        if not self._lock_file.exists():
            return False
        with self._lock_file.open() as file:  # only to read: it may be another user's
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    def find_state(self) -> StackState | None:
        """Return what the supervisor last wrote, or None."""
        try:
            value = json.loads(self._state_file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return StackState(
            supervisor=ProcessId(**value["supervisor"]),
            phase=Phase(value["phase"]),
            detail=value["detail"],
            ready_after_s=value["ready_after_s"],
            services={
                name: ServiceState.from_json(state) for name, state in value["services"].items()
            },
            groups=tuple(ProcessId(**group) for group in value["groups"]),
        )

    def write_state(self, state: StackState) -> None:
        """Keep the state for `status`, `down` and the next start; readers never see half."""
        fresh = self._state_file.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(state), indent=1), encoding="utf-8")
        fresh.replace(self._state_file)

    def _who_runs(self) -> str:
        state = self.find_state()
        who = f" (process {state.supervisor.pid})" if state else ""
        typed = self.as_typed
        return (
            f"a stack runs in {self.path}{who}: see `nmdc-runtime status --dir {typed}`, stop it "
            f"with `nmdc-runtime down --dir {typed}`, or choose another folder with --dir"
        )

    @property
    def _lock_file(self) -> Path:
        return self.path / "lock"

    @property
    def _state_file(self) -> Path:
        return self.path / "state.json"
