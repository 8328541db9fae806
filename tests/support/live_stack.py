"""The whole local stack, started through the command line as a user does, for end-to-end tests."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests

from nmdc_runtime.cli.demo_steps import Hub
from nmdc_runtime.cli.stack.environment import read_env_file
from nmdc_runtime.cli.stack.ports import PORTS

#: Generous: other tests run on the same two cores.
START_S = 240.0


@dataclass
class LiveStack:
    """A running stack, used through the command line and over HTTP."""

    folder: Path
    _code_server: int | None = None

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of `nmdc-runtime` on this stack."""
        return subprocess.run(
            [sys.executable, "-m", "nmdc_runtime.cli", *arguments, "--dir", str(self.folder)],
            cwd=self.folder.parent,
            capture_output=True,
            text=True,
            timeout=START_S + 60,
            check=False,
        )

    @property
    def variables(self) -> dict[str, str]:
        """What the services of the stack were started with."""
        return read_env_file(self.folder / "env")

    @property
    def url(self) -> str:
        """The hub's address."""
        return self.variables["API_HOST_EXTERNAL"]

    def service(self, name: str) -> dict[str, Any]:
        """Return what `status` says of a service."""
        report = json.loads(self.run("status", "--json").stdout)
        service: dict[str, Any] = report["services"][name]
        return service

    def kill(self, name: str) -> None:
        """Kill the process of a service, as a crash would."""
        os.kill(self.service(name)["pid"], signal.SIGKILL)
        if name == "dagster-code":
            self._code_server = None  # another starts in its place

    def hub(self) -> Hub:
        """Return the hub, with the administrator logged in."""
        hub = Hub(self.url)
        hub.log_in(self.variables["API_ADMIN_USER"], self.variables["API_ADMIN_PASS"])
        return hub

    def run_workers(self) -> list[psutil.Process]:
        """Return the processes in which Dagster executes runs just now."""
        code_server = psutil.Process(self._code_server_pid())
        # They are forked from a process, itself a child of the code server, that does only that.
        return [
            worker
            for child in code_server.children()
            if _is_fork_server(child)
            for worker in child.children()
        ]

    def _code_server_pid(self) -> int:
        if self._code_server is None:
            self._code_server = int(self.service("dagster-code")["pid"])
        return self._code_server


def _is_fork_server(process: psutil.Process) -> bool:
    try:
        return any("forkserver" in part for part in process.cmdline())
    except psutil.Error:
        return False


def eventually(condition: Callable[[], bool], *, what: str, timeout_s: float = 120.0) -> None:
    """Wait until the condition holds; errors of the network count as not yet."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except requests.RequestException:
            pass
        time.sleep(0.2)
    raise AssertionError(f"not within {timeout_s:.0f} s: {what}")


@contextmanager
def live_stack(folder: Path) -> Iterator[LiveStack]:
    """Yield a stack of one's own, on free ports, in the folder; stop it whatever happens."""
    stack = LiveStack(folder)
    ports = [f"{option}=0" for option, _ in PORTS.values()]
    try:
        started = stack.run("up", "--detach", "--timeout", str(START_S), *ports)
        assert started.returncode == 0, started.stdout + started.stderr
        yield stack
    finally:
        stack.run("down")
