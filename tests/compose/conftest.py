"""Stacks of containers, each started once a session from a fresh copy of the checkout."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.readme import docker_commands
from tests.compose.stack import Stack, free_ports

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of what git knows of this checkout, as a newcomer's clone would be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    clone = tmp_path_factory.mktemp("clone") / "nmdc-runtime"
    for name in filter(None, listed.split("\0")):
        if (source := ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, clone / name)
    return clone


@pytest.fixture(scope="session")
def dev_stack(checkout: Path) -> Iterator[Stack]:
    """Yield the dev stack, started with the commands of README."""
    names = ("DAGIT", "FASTAPI", "MONGO", "S3")
    ports = {
        f"DEV_STACK_HOST_MACHINE_PORT_{name}": str(port)
        for name, port in zip(names, free_ports(len(names)), strict=True)
    }
    project = f"nmdc-compose-dev-{os.getpid()}"
    stack = Stack(checkout, "docker-compose.yml", project, {"DEV_PROJECT": project, **ports})
    try:
        for command in docker_commands(until="make up-dev"):
            stack.run(command)
        yield stack
    finally:
        stack.remove()


@pytest.fixture(scope="session")
def test_stack(checkout: Path) -> Iterator[Stack]:
    """Yield the test stack."""
    names = ("DAGIT", "FASTAPI", "MONGO")
    ports = {
        f"TEST_STACK_HOST_MACHINE_PORT_{name}": str(port)
        for name, port in zip(names, free_ports(len(names)), strict=True)
    }
    project = f"nmdc-compose-test-{os.getpid()}"
    stack = Stack(checkout, "docker-compose.test.yml", project, {"TEST_PROJECT": project, **ports})
    try:
        stack.run("make up-test")
        yield stack
    finally:
        stack.remove()
