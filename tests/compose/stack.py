"""One stack of containers, driven from a shell as a person would drive it.

``COMPOSE`` names the compose command. Project names and ports are the tests' own, so that a stack
that somebody works with is left alone.
"""

import json
import os
import shlex
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

#: What an enclosing `make` leaves behind, and what a stack shall not inherit from a shell.
NOT_INHERITED = (
    "MAKE",
    "MFLAGS",
    "MONGO_",
    "API_",
    "DAGIT_",
    "DO_",
    "JWT_",
    "NMDC_",
    "VIRTUAL_ENV",
)


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


@dataclass
class Stack:
    """One stack of containers and the checkout that it is made from."""

    checkout: Path
    file: str
    project: str
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The shell's environment, without what would leak into the stack."""
        own = {k: v for k, v in os.environ.items() if not k.startswith(NOT_INHERITED)}
        return own | self.variables

    def run(self, command: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a shell command in the checkout."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.checkout,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=3600,
        )
        if check:
            assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout[-8000:]}"
        return done

    def compose(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the compose command on this stack."""
        command = os.environ.get("COMPOSE", "docker compose")
        rest = shlex.join(["-p", self.project, "-f", self.file, *arguments])
        return self.run(f"{command} {rest}", check=check)

    def containers(self) -> dict[str, dict[str, Any]]:
        """Return what the engine knows of each service's container."""
        label = f"label=com.docker.compose.project={self.project}"
        ids = self.run(f"docker ps --all --quiet --filter {label}").stdout.split()
        inspected = json.loads(self.run(f"docker inspect {' '.join(ids)}").stdout)
        return {c["Config"]["Labels"]["com.docker.compose.service"]: c for c in inspected}

    def get(self, path: str, *, service: str = "FASTAPI") -> requests.Response:
        """Ask the hub, or another service with a port on this machine."""
        return requests.get(f"{self.url(service)}{path}", timeout=30)

    def url(self, service: str = "FASTAPI") -> str:
        """Return the address of a service on this machine."""
        [port] = [v for k, v in self.variables.items() if k.endswith(f"_PORT_{service}")]
        return f"http://127.0.0.1:{port}"

    def remove(self) -> None:
        """Remove the stack with its data."""
        self.compose("down", "--volumes", "--remove-orphans", check=False)


def eventually(condition: Callable[[], bool], *, within_s: float, what: str) -> None:
    """Wait until the condition holds; a refused connection counts as not yet."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            if condition():
                return
        except requests.RequestException:
            pass
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(1)
