"""Dependencies: what the hub installs is what the project declares; locks have hashes, no hosts."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
#: Not for pip: what the machine itself must have.
SYSTEM_PACKAGES = "system-packages.txt"
LOCKS = sorted(
    lock for lock in (ROOT / "requirements").glob("*.txt") if lock.name != SYSTEM_PACKAGES
)

NAME = re.compile(r"^([A-Za-z0-9._-]+)")
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*(?:\[[a-z0-9,_-]+\])?)==(\S+)", re.MULTILINE)

#: Asked for by name. Motor is not among them: ADR 0003.
ASKED_FOR = {
    *("dagster", "dagit", "dagster-postgres", "fastapi", "uvicorn", "pymongo", "pydantic"),
    *("linkml-runtime", "nmdc-schema", "requests", "boto3"),
}

#: Environments of tools of their own, which share no process with ours.
APART = {
    "drs-compliance.txt",
    "fuzz.txt",
    "newest-schema.txt",
    "nmdc-client.txt",
    "refscan.txt",
}


def normal(requirement: str) -> str:
    found = NAME.match(requirement)
    assert found is not None, requirement
    return re.sub(r"[-_.]+", "-", found[1]).lower()


def hub_requirements() -> list[str]:
    lines = (ROOT / "requirements" / "hub.in").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def pins(lock: Path) -> dict[str, str]:
    found = PINNED.findall(lock.read_text(encoding="utf-8"))
    return {normal(name): version for name, version in found}


def test_all_packages_asked_for_are_dependencies_and_motor_is_not() -> None:
    declared = {normal(requirement) for requirement in PROJECT["dependencies"]}
    assert declared >= ASKED_FOR
    assert "motor" not in declared


def test_the_hub_installs_only_what_the_project_declares() -> None:
    declared = {normal(requirement) for requirement in PROJECT["dependencies"]}
    assert {normal(requirement) for requirement in hub_requirements()} - declared == set()


def test_the_hub_installs_neither_dagster_nor_a_postgresql_driver() -> None:
    locked = pins(ROOT / "requirements" / "hub.txt")
    assert not {name for name in locked if name.startswith(("dagster", "dagit", "psycopg"))}


def test_the_dagster_packages_have_one_version() -> None:
    locked = pins(ROOT / "requirements" / "dev.txt")
    assert locked["dagster"] == locked["dagit"] == locked["dagster-webserver"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_index_and_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "index-url" not in text
    assert "find-links" not in text
    assert not re.search(r"https?://|file:/|git\+", text)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_pin_of_a_lock_has_a_hash(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    entries = re.split(r"(?m)^(?=[a-z0-9])", text)[1:]
    assert entries
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize(
    "lock", [lock for lock in LOCKS if lock.name not in APART], ids=lambda lock: lock.name
)
def test_all_locks_agree_with_the_one_for_development(lock: Path) -> None:
    everything = pins(ROOT / "requirements" / "dev.txt")
    assert {
        name: version for name, version in pins(lock).items() if everything[name] != version
    } == {}
