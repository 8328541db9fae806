"""What the images are, whoever runs them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.compose.stack import Stack

OURS = ("fastapi", "dagster", "s3")


@pytest.fixture
def inside(test_stack: Stack) -> Callable[..., str]:
    """Return a function that runs a shell command in a new container of an image."""

    def run(image: str, command: str) -> str:
        return test_stack.run(
            f"docker run --rm --network none nmdc-runtime-{image}:test sh -c {command!r}"
        ).stdout.strip()

    return run


def configuration(stack: Stack, image: str) -> dict[str, Any]:
    inspected = json.loads(stack.run(f"docker image inspect nmdc-runtime-{image}:test").stdout)
    loaded: dict[str, Any] = inspected[0]["Config"]
    return loaded


@pytest.mark.parametrize("image", [*OURS, "test"])
def test_processes_run_as_an_ordinary_user(inside: Callable[..., str], image: str) -> None:
    assert inside(image, "id -u") == "10001"


@pytest.mark.parametrize("image", OURS)
def test_there_is_no_compiler_and_no_installer_of_ours(
    inside: Callable[..., str], image: str
) -> None:
    assert inside(image, "command -v gcc cc g++ make git uv || true") == ""


def test_the_hub_comes_without_dagster(inside: Callable[..., str]) -> None:
    assert (
        inside("fastapi", "ls /venv/lib/python*/site-packages | grep -i -c dagster || true") == "0"
    )


@pytest.mark.parametrize("image", ["fastapi", "dagster"])
def test_the_package_is_an_installed_wheel(inside: Callable[..., str], image: str) -> None:
    assert "/site-packages/" in inside(
        image, "python -c 'import nmdc_runtime as n; print(n.__file__)'"
    )


@pytest.mark.parametrize("image", OURS)
def test_an_image_carries_labels_a_health_check_and_no_secret(
    test_stack: Stack, image: str
) -> None:
    config = configuration(test_stack, image)
    assert config["Labels"]["org.opencontainers.image.title"] == f"nmdc-runtime-{image}"
    assert config["Labels"]["org.opencontainers.image.licenses"] == "BSD-3-Clause"
    assert config["Healthcheck"]["Test"]
    names = {variable.split("=")[0] for variable in config["Env"]}
    assert not {n for n in names if any(w in n for w in ("PASSWORD", "SECRET", "TOKEN", "_KEY"))}


@pytest.mark.parametrize("image", ["fastapi", "dagster"])
def test_a_misconfigured_hub_or_workspace_says_why_it_will_not_start(
    test_stack: Stack, image: str
) -> None:
    refused = test_stack.run(
        "docker run --rm --network none -e MONGO_PASSWORD=a -e MONGO_PASSWORD_FILE=/b"
        f" nmdc-runtime-{image}:test",
        check=False,
    )
    assert refused.returncode == 1
    assert "MONGO_PASSWORD_FILE" in refused.stdout
