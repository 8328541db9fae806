"""The images' entrypoint: passwords from variables or files, one verb a process."""

import os
import subprocess
from pathlib import Path

import pytest

ENTRYPOINT = Path(__file__).parents[3] / "docker" / "entrypoint.sh"
SECRETS = ["MONGO_PASSWORD", "DAGSTER_POSTGRES_PASSWORD"]


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run(
        [ENTRYPOINT, *arguments], capture_output=True, text=True, check=False, env=environment
    )


def environment_of(process: subprocess.CompletedProcess[str]) -> dict[str, str]:
    assert process.returncode == 0, process.stderr
    return dict(line.split("=", 1) for line in process.stdout.splitlines() if "=" in line)


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_comes_from_the_file_that_is_named(name: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("it's $HOME `id` \\n\n")

    seen = environment_of(run("env", **{f"{name}_FILE": str(file)}))

    assert seen[name] == "it's $HOME `id` \\n"
    assert f"{name}_FILE" not in seen


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_that_is_given_directly_is_left_alone(name: str) -> None:
    assert environment_of(run("env", **{name: "a b'c"}))[name] == "a b'c"


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_that_is_not_given_is_empty(name: str) -> None:
    assert environment_of(run("env"))[name] == ""


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_that_is_given_twice_is_an_error_that_does_not_show_it(
    name: str, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.write_text("from-file")

    refused = run("env", **{name: "from-variable", f"{name}_FILE": str(file)})

    assert refused.returncode == 1
    assert name in refused.stderr
    assert "from-" not in refused.stderr + refused.stdout


def test_a_file_that_cannot_be_read_is_an_error_that_names_it(tmp_path: Path) -> None:
    refused = run("env", MONGO_PASSWORD_FILE=str(tmp_path / "nothing"))
    assert refused.returncode == 1
    assert str(tmp_path / "nothing") in refused.stderr


def test_no_verb_is_an_error_that_lists_them() -> None:
    refused = run()
    assert refused.returncode == 2
    assert "code-server" in refused.stderr


def test_any_other_command_is_run_with_its_arguments() -> None:
    assert run("printf", "%s|", "a b", "c").stdout == "a b|c|"
