"""Both compose files and the Dockerfile keep what other programs and deployments rely on."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
DEV, TEST = "docker-compose.yml", "docker-compose.test.yml"
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
INSTRUCTIONS = [
    line
    for line in DOCKERFILE.replace("\\\n", " ").splitlines()
    if line and not line.startswith("#")
]

SERVICES = {
    "mongo",
    "mongo-init",
    "postgres",
    "s3",
    "fastapi",
    "follower",
    "dagster-code",
    "dagster-dagit",
    "dagster-daemon",
}


def stack(file: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))
    return loaded


def all_services() -> list[Any]:
    return [
        pytest.param(service, id=f"{file}:{name}")
        for file in (DEV, TEST)
        for name, service in stack(file)["services"].items()
    ]


def test_the_stacks_have_the_published_services() -> None:
    assert set(stack(DEV)["services"]) == SERVICES
    assert set(stack(TEST)["services"]) == SERVICES | {"test"}


@pytest.mark.parametrize("file", [DEV, TEST])
def test_old_and_new_compose_can_both_read_the_file(file: str) -> None:
    assert {"version", "name"}.isdisjoint(stack(file))


@pytest.mark.parametrize("service", all_services())
def test_ports_are_published_on_this_machine_only(service: dict[str, Any]) -> None:
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@pytest.mark.parametrize("service", all_services())
def test_a_service_waits_for_a_state_and_not_for_a_start(service: dict[str, Any]) -> None:
    for dependency in service.get("depends_on", {}).values():
        assert dependency["condition"] in ("service_healthy", "service_completed_successfully")


@pytest.mark.parametrize(
    ("file", "ports"),
    [(DEV, {"3000", "8000", "27018", "9000"}), (TEST, {"3005", "8005", "27022"})],
)
def test_default_host_ports_are_the_published_ones(file: str, ports: set[str]) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert set(re.findall(r"MACHINE_PORT_\w+:-(\d+)\}", text)) == ports


@pytest.mark.parametrize("file", [DEV, TEST])
def test_postgres_answers_to_its_published_name_too(file: str) -> None:
    networks = stack(file)["services"]["postgres"]["networks"]
    assert networks["default"]["aliases"] == ["dagster-postgresql"]


@pytest.mark.parametrize("file", [DEV, TEST])
def test_servers_are_the_versions_that_are_asked_for(file: str) -> None:
    services = stack(file)["services"]
    assert services["mongo"]["image"] == "mongo:8.0"
    assert services["postgres"]["image"] == "postgres:17"
    assert "--noscripting" in services["mongo"]["command"]


def test_the_dockerfile_needs_no_buildkit() -> None:
    assert not [i for i in INSTRUCTIONS if re.search(r"--mount|--chmod|--link|<<", i)]
    assert not DOCKERFILE.startswith("# syntax=")


def test_the_base_image_can_be_replaced() -> None:
    assert INSTRUCTIONS[0] == "ARG PYTHON_IMAGE=python:3.13-slim-bookworm"
    bases = {i.split()[1] for i in INSTRUCTIONS if i.startswith("FROM")}
    stages = {i.split()[3] for i in INSTRUCTIONS if i.startswith("FROM")}
    assert bases <= stages | {"${PYTHON_IMAGE}"}
    assert {"fastapi", "dagster", "test"} <= stages


@pytest.mark.parametrize("target", ["s3", "fastapi", "dagster", "test"])
def test_a_final_image_runs_as_an_ordinary_user(target: str) -> None:
    [stage] = [
        part
        for part in re.split(r"(?m)^FROM ", DOCKERFILE)
        if re.match(rf"\S+ AS {target}\n", part)
    ]
    assert re.findall(r"(?m)^USER (\w+)", stage)[-1] == "nmdc"


def test_everything_is_installed_from_a_lock_with_hashes() -> None:
    installs = [i for i in INSTRUCTIONS if re.search(r"pip install .*-r ", i)]
    assert installs
    assert all("--require-hashes" in i and "--no-deps" in i for i in installs)


def test_no_build_argument_or_variable_carries_a_secret() -> None:
    carried = [i for i in INSTRUCTIONS if i.startswith(("ARG", "ENV"))]
    assert not [i for i in carried if re.search(r"(?i)password|secret|token|key", i)]


@pytest.mark.parametrize("pattern", [".env", ".git", ".venv", ".docker"])
def test_secrets_and_histories_stay_out_of_the_build_context(pattern: str) -> None:
    assert pattern in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def test_actions_of_workflows_are_pinned_by_commit() -> None:
    used = [
        line.split("uses:")[1].split("#")[0].strip()
        for path in (ROOT / ".github" / "workflows").glob("*.yml")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "uses:" in line
    ]
    assert used
    assert [u for u in used if not re.search(r"@[0-9a-f]{40}$", u) and not u.startswith("./")] == []
