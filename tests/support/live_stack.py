"""The whole local stack, started through the command line as a user does, for end-to-end tests."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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
    """A running stack and the folder it lives in."""

    home: Path
    session: requests.Session = field(default_factory=requests.Session)

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run `nmdc-runtime` in the home of the stack."""
        return subprocess.run(
            [sys.executable, "-m", "nmdc_runtime.cli", *arguments],
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=START_S + 60,
            check=False,
        )

    @property
    def variables(self) -> dict[str, str]:
        """What the services of the stack were started with."""
        return read_env_file(self.home / ".local" / "env")

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

    def hub(self) -> Hub:
        """Return the hub, with the administrator logged in."""
        hub = Hub(self.url)
        hub.log_in(self.variables["API_ADMIN_USER"], self.variables["API_ADMIN_PASS"])
        return hub

    def run_workers(self) -> list[psutil.Process]:
        """Return the processes in which Dagster executes runs just now."""
        code_server = psutil.Process(self.service("dagster-code")["pid"])
        return [
            child
            for child in code_server.children(recursive=True)
            if any("spawn_main" in part for part in _command_of(child))
        ]


def _command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


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
def live_stack(home: Path) -> Iterator[LiveStack]:
    """Yield a stack on free ports in the folder; stop it afterwards, whatever happened."""
    stack = LiveStack(home)
    ports = [f"{option}=0" for option, _ in PORTS.values()]
    try:
        started = stack.run("up", "--detach", "--timeout", str(START_S), *ports)
        assert started.returncode == 0, started.stdout + started.stderr
        yield stack
    finally:
        stack.run("down")
