"""The Makefile lists all it can do, and README names nothing that it cannot."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

TARGET = re.compile(r"^([a-zA-Z0-9][a-zA-Z0-9_-]*):(?!=)(.*)$", re.MULTILINE)

#: Published names: people and scripts call them.
PUBLISHED = {
    "up",
    "up-prod-check",
    "mongorestore-nmdc-db",
    "demo",
    "quick-blade",
    "test",
    "black",
    "bench",
    "down-dev",
    "nersc-sshproxy",
    "setup",
    "publish",
    "help",
    "status",
    "down-test",
    "reset-db-dev",
    "down",
    "lock",
    "check",
    "test-fast",
    "reset-fastapi-test",
    "test-compose",
    "up-dev",
    "reset-db-test",
    "nersc-mongo-tunnels",
    "docker-clean",
    "clear-db-test",
    "docs",
    "run-test",
    "docs-dev",
    "lint",
    "test-shell",
    "regen",
    "build",
    "up-test",
}


def targets() -> dict[str, str]:
    return dict(TARGET.findall(MAKEFILE))


@pytest.mark.parametrize("name", sorted(targets()))
def test_a_target_says_what_it_does(name: str) -> None:
    assert re.search(r"## \w", targets()[name]), f"{name} has no '##' comment"


@pytest.mark.parametrize("name", sorted(targets()))
def test_a_target_is_phony_so_that_a_file_of_its_name_cannot_hide_it(name: str) -> None:
    assert f".PHONY: {name}\n" in MAKEFILE


def test_all_published_targets_are_there() -> None:
    assert set(targets()) >= PUBLISHED


@pytest.mark.parametrize(
    "page", [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")], ids=lambda page: page.name
)
def test_a_page_names_only_targets_that_there_are(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"`make ([a-z][a-z0-9-]*)", text))
    named |= set(re.findall(r"^(?:\$ )?make ([a-z][a-z0-9-]*)", text, re.MULTILINE))
    assert named <= set(targets()), sorted(named - set(targets()))


def test_scripts_that_targets_call_can_be_executed() -> None:
    scripts = set(
        re.findall(r"(?:docker|requirements)/[a-z-]+\.sh|requirements/make-venv", MAKEFILE)
    )
    assert scripts
    for script in scripts:
        assert (ROOT / script).stat().st_mode & 0o100, script
