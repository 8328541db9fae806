"""Processes by what identifies them, and process groups, in which a service's children stay."""

import os
import signal
import time
from dataclasses import dataclass
from typing import Final, Self

import psutil  # type: ignore[import-untyped]

POLL_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A process id with its start time, so that a recycled id is never taken for it."""

    pid: int
    started_at: float

    @classmethod
    def of(cls, pid: int) -> Self:
        """Identify a living process; raise `ProcessLookupError` if there is none."""
        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.NoSuchProcess as error:
            raise ProcessLookupError(pid) from error

    def is_alive(self) -> bool:
        """Say whether this very process still runs."""
        try:
            process = psutil.Process(self.pid)
            is_same = bool(process.create_time() == self.started_at)
            return is_same and bool(process.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False

    def memory_bytes(self) -> int:
        """Return what the process and its descendants hold: shared pages count in proportion."""
        try:
            process = psutil.Process(self.pid)
            family = [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return 0
        return sum(_memory_bytes(member) for member in family)


def _memory_bytes(process: psutil.Process) -> int:
    try:
        info = process.memory_full_info()
        return int(getattr(info, "pss", info.rss))
    except psutil.AccessDenied:  # somebody else's: only the plain figure is public
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def signal_group(group: int, number: signal.Signals) -> None:
    """Send a signal to all of a process group; one that is gone is no error."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        pass
    except PermissionError:  # macOS says this of a group of zombies
        pass


def group_members(group: int) -> list[int]:
    """Return the ids of the living processes of a group."""
    members = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                members.append(process.pid)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return members


def end_group(group: int, *, number: signal.Signals, timeout_s: float) -> None:
    """Ask a group to end, wait, and kill what is left of it."""
    signal_group(group, number)
    deadline = time.monotonic() + timeout_s
    while group_members(group):
        if time.monotonic() > deadline:
            signal_group(group, signal.SIGKILL)
            deadline = time.monotonic() + 5
        time.sleep(POLL_S)


def process_on_port(port: int) -> str | None:
    """Return name and id of the program that listens on a port, if that can be seen."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return None
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port:
            try:
                return f"{psutil.Process(connection.pid).name()}, process {connection.pid}"
            except (psutil.Error, TypeError, ValueError):
                return None
    return None
