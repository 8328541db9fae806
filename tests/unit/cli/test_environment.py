import subprocess

import pytest

from nmdc_runtime.cli.stack.environment import (
    ADDRESSES,
    MADE,
    PEERS,
    addresses,
    inherited,
    read_env_file,
    settle_credentials,
    write_env_file,
)
from nmdc_runtime.cli.stack.errors import CredentialsDiffer, StackError
from nmdc_runtime.cli.stack.ports import PORTS
from nmdc_runtime.site.presets import PEER_VARIABLES


def no_data(_service: str) -> bool:
    return False


def all_data(_service: str) -> bool:
    return True


def test_without_dot_env_every_credential_is_made_and_none_is_made_twice():
    first = settle_credentials({}, {}, has_data=no_data)
    second = settle_credentials({}, {}, has_data=no_data)

    assert set(first) == set(MADE)
    assert all(first.values())
    made_at_random = {name for name in first if first[name] != second[name]}
    assert made_at_random >= {
        "MONGO_PASSWORD",
        "DAGSTER_POSTGRES_PASSWORD",
        "DO_SPACES_KEY",
        "DO_SPACES_SECRET",
        "JWT_SECRET_KEY",
        "API_ADMIN_PASS",
        "API_SITE_CLIENT_ID",
        "API_SITE_CLIENT_SECRET",
    }


def test_credentials_once_made_are_kept():
    first = settle_credentials({}, {}, has_data=no_data)

    assert settle_credentials({}, first, has_data=all_data) == first


@pytest.mark.parametrize("placeholder", ["", "generateme", "replaceme", "x", "y", "GenerateMe"])
def test_a_placeholder_in_dot_env_counts_as_absent(placeholder):
    dot_env = {"JWT_SECRET_KEY": placeholder, "GOLD_API_USERNAME": placeholder}

    credentials = settle_credentials(dot_env, {}, has_data=no_data)

    assert len(credentials["JWT_SECRET_KEY"]) == 64
    assert "GOLD_API_USERNAME" not in credentials


def test_credentials_of_dot_env_are_used_and_its_addresses_are_not():
    dot_env = {
        "MONGO_PASSWORD": "root",
        "NEON_API_TOKEN": "a-token",
        "MONGO_HOST": "mongodb://mongo:27017",
        "API_HOST": "http://fastapi:8000",
        "DAGSTER_POSTGRES_HOST": "dagster-postgresql",
    }

    credentials = settle_credentials(dot_env, {}, has_data=no_data)

    assert credentials["MONGO_PASSWORD"] == "root"
    assert credentials["NEON_API_TOKEN"] == "a-token"
    assert not ADDRESSES & set(credentials)


def test_a_password_may_stand_in_a_file_that_dot_env_names(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("from-a-file\n")

    credentials = settle_credentials({"MONGO_PASSWORD_FILE": str(secret)}, {}, has_data=no_data)

    assert credentials["MONGO_PASSWORD"] == "from-a-file"
    assert "MONGO_PASSWORD_FILE" not in credentials


def test_a_password_and_its_file_at_once_are_refused():
    dot_env = {"MONGO_PASSWORD": "one", "MONGO_PASSWORD_FILE": "/two"}

    with pytest.raises(StackError, match="both MONGO_PASSWORD and MONGO_PASSWORD_FILE"):
        settle_credentials(dot_env, {}, has_data=no_data)


def test_a_password_that_is_built_into_the_data_cannot_be_changed_in_dot_env():
    kept = settle_credentials({}, {}, has_data=no_data)

    with pytest.raises(CredentialsDiffer, match=r"MONGO_PASSWORD in \.env differ"):
        settle_credentials({"MONGO_PASSWORD": "new"}, kept, has_data=all_data)


def test_before_there_is_data_dot_env_decides_and_other_secrets_may_change_always():
    kept = settle_credentials({}, {}, has_data=no_data)

    fresh = settle_credentials({"MONGO_PASSWORD": "new"}, kept, has_data=no_data)
    later = settle_credentials({"JWT_SECRET_KEY": "n" * 64}, kept, has_data=all_data)

    assert fresh["MONGO_PASSWORD"] == "new"
    assert later["JWT_SECRET_KEY"] == "n" * 64


def test_every_address_of_the_stack_is_local_and_none_of_containers_is_left(tmp_path):
    ports = {service: 10_000 + number for number, service in enumerate(PORTS)}

    found = addresses(ports, dagster_home=tmp_path)

    assert set(found) == ADDRESSES
    assert found["MONGO_HOST"] == f"mongodb://127.0.0.1:{ports['mongo']}"
    assert found["API_HOST_EXTERNAL"] == f"http://127.0.0.1:{ports['fastapi']}"


def test_services_inherit_paths_and_settings_but_no_credentials_of_the_shell():
    shell = {
        "PATH": "/bin",
        "LC_ALL": "C",
        "NMDC_HUB__LOG_LEVEL": "DEBUG",
        "NMDC_TEST_MONGO_URL": "mongodb://elsewhere",
        "https_proxy": "http://proxy",
        "MONGO_PASSWORD": "of-another-deployment",
        "AWS_SECRET_ACCESS_KEY": "somebody's",
    }

    assert set(inherited(shell)) == {"PATH", "LC_ALL", "NMDC_HUB__LOG_LEVEL", "https_proxy"}


@pytest.mark.parametrize(
    "value", ["plain", "two words", "a#b", "it's", 'a "quote"', "$HOME `id`", "back\\slash", ""]
)
def test_the_written_file_reads_the_same_in_python_and_in_a_shell(tmp_path, value):
    path = tmp_path / "a folder" / "env"
    path.parent.mkdir()

    write_env_file(path, {"SECRET": value, "NEXT": "1"})

    assert read_env_file(path) == {"SECRET": value, "NEXT": "1"}
    shell = subprocess.run(
        ["sh", "-c", 'set -a; . "$0"; printf %s "$SECRET"', path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shell.stdout == value


def test_only_the_owner_can_read_the_file_of_credentials(tmp_path):
    path = tmp_path / "env"
    path.write_text("OLD=1\n")
    path.chmod(0o644)

    write_env_file(path, {"NEW": "1"})

    assert path.stat().st_mode & 0o777 == 0o600
    assert read_env_file(path) == {"NEW": "1"}


def test_jobs_find_the_variables_of_every_peer_though_nobody_has_set_them():
    named = {name for variables in PEER_VARIABLES.values() for name in variables.values()}

    assert set(PEERS) == named
    assert all(PEERS[name].startswith("https://") for name in named if name.endswith("_URL"))
    assert {PEERS[name] for name in named if not name.endswith("_URL")} == {""}
