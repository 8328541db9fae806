"""Every command of README works as it is typed, in a fresh clone; `tests/compose` has the rest."""

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.readme import NEEDS_DOCKER, commands, without_comment
from tests.docs.clone import ROOT, Clone, clone_to

README = (ROOT / "README.md").read_text(encoding="utf-8")

#: The first start makes a virtual environment of everything in the locks.
SETUP_S = 420
COMMAND_S = 240

#: Free ports, so that a stack that somebody works with is left alone.
FREE_PORTS = " ".join(
    f"--{part}-port 0" for part in ("api", "dagit", "mongo", "postgres", "s3", "code")
)
#: In a block like the others, but for a virtual environment of its own.
AS_A_PACKAGE = re.compile(r"^(pip|nmdc-runtime) ")
#: A test cannot run the test command that it is part of.
TEST_COMMAND = "make test"

ORDER = [
    "# NMDC Runtime",
    "## Two commands",
    "## The Docker way",
    "## Where to look",
    "## As a package",
    "## How to contribute",
    "## How it fits with the rest of NMDC",
]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """Yield a fresh clone; a stack that was started in it is stopped."""
    fresh = clone_to(tmp_path_factory.mktemp("readme") / "nmdc-runtime")
    yield fresh
    if (fresh.folder / ".venv/bin/nmdc-runtime").exists():
        fresh.run(".venv/bin/nmdc-runtime down", timeout_s=COMMAND_S)


def test_readme_tells_what_a_newcomer_needs_in_the_order_they_need_it() -> None:
    # Comments of shell blocks begin with a number sign too.
    prose = re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL)
    assert re.findall(r"^##? .+$", prose, re.MULTILINE) == ORDER
    assert len(re.findall(r"^```mermaid$", README, re.MULTILINE)) == 1


def test_readme_says_in_one_line_why_motor_is_not_there() -> None:
    assert [line for line in README.splitlines() if "Motor" in line] == [
        "Motor is not a dependency: its authors moved it into PyMongo and ended it in 2026, so we "
        "use `pymongo.AsyncMongoClient`."
    ]


@pytest.mark.endurance
def test_all_commands_of_readme_work_in_a_fresh_clone(clone: Clone) -> None:
    typed = [without_comment(command) for command in commands()]
    assert typed[0] == "make demo"
    for command in typed:
        if AS_A_PACKAGE.match(command):
            continue
        if command == "make demo":
            printed = clone.run(f"{command} ARGS='{FREE_PORTS}'", timeout_s=SETUP_S)
            assert "biosample_set" in printed
        elif command.startswith("make ") and (
            command == TEST_COMMAND or NEEDS_DOCKER.search(command)
        ):
            clone.run(f"make -n {command.removeprefix('make ')}", timeout_s=COMMAND_S)
        else:
            clone.run(command, timeout_s=COMMAND_S)
    assert (clone.folder / ".env").read_text() == (clone.folder / ".env.example").read_text()
    assert (clone.folder / "mongoKeyFile").stat().st_mode & 0o777 == 0o600
    assert (clone.folder / "site" / "index.html").is_file()

    _check_package(clone, [command for command in typed if AS_A_PACKAGE.match(command)])


def _check_package(clone: Clone, typed: list[str]) -> None:
    """Type README's commands for users of the package, on the wheel of this clone alone.

    A package of this name on an index is another one, so pip gets no index: what the package
    needs is there already, from the lock.
    """
    assert typed == ["pip install nmdc-runtime", "nmdc-runtime --help"]
    tools = clone.folder / ".venv" / "bin"
    clone.run(f"{tools}/python -m build --wheel --no-isolation", timeout_s=COMMAND_S)
    venv = clone.folder.parent / "package"
    clone.run(
        f"{tools}/uv venv --quiet {venv} && export VIRTUAL_ENV={venv} && "
        f"{tools}/uv pip sync --quiet --require-hashes requirements/dagster.txt && "
        f"{tools}/uv pip install --quiet --constraint requirements/dev.txt pip",
        timeout_s=COMMAND_S,
    )
    path = f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}"
    only_this_wheel = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(clone.folder / "dist")}
    for command in typed:
        clone.run(f"cd {venv} && {command}", timeout_s=COMMAND_S, PATH=path, **only_this_wheel)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    found = list(Path(venv).glob("lib/python*/site-packages/nmdc_runtime-*.dist-info"))
    assert [folder.name for folder in found] == [f"nmdc_runtime-{version}.dist-info"]
