"""Generated files are what their command writes, and hold what they promise."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from dotenv import dotenv_values
from pydantic import SecretStr

from nmdc_runtime.cli.reference.settings import variables_by_group
from nmdc_runtime.cli.reference.variables import ELSEWHERE, GROUPS, Group
from nmdc_runtime.cli.regen import MODULES, PAGES, regen
from nmdc_runtime.config import Settings, check_names, declared_names, is_weak, ready_for_hub
from tests.docs.clone import clone_to
from tests.docs.pages import ROOT

EXAMPLE = ROOT / ".env.example"
WRITTEN = [*PAGES, "tests/contract/openapi.json", "docker/dagster.yaml", "workspace.yaml"]

#: Every variable of the published table, with its value in the example file; None: it had none.
PUBLISHED = {
    "MONGO_HOST": "mongodb://mongo:27017",
    "MONGO_USERNAME": "admin",
    "MONGO_PASSWORD": "root",
    "MONGO_DBNAME": "nmdc",
    "MONGO_TEST_DBNAME": None,
    "DO_REGION_NAME": "nyc3",
    "DO_ENDPOINT_URL": "https://nyc3.digitaloceanspaces.com",
    "DO_SPACES_KEY": "generateme",
    "DO_SPACES_SECRET": "generateme",
    "ENABLE_DB_TESTS": "false",
    "JWT_SECRET_KEY": "generateme",
    "API_HOST": "http://fastapi:8000",
    "API_HOST_EXTERNAL": "http://127.0.0.1:8000",
    "API_ADMIN_USER": "admin",
    "API_ADMIN_PASS": "root",
    "API_SITE_ID": "nmdc-runtime",
    "API_SITE_CLIENT_ID": "generateme",
    "API_SITE_CLIENT_SECRET": "generateme",
    "MINTING_SERVICE_ID": "nmdc:minter_service_11",
    "DAGIT_HOST": "http://dagster-dagit:3000",
    "GOLD_API_BASE_URL": "https://gold.jgi.doe.gov/rest/nmdc",
    "GOLD_API_USERNAME": "x",
    "GOLD_API_PASSWORD": "x",
    "NMDC_PORTAL_API_BASE_URL": "https://data-dev.microbiomedata.org/",
    "NMDC_PORTAL_API_REFRESH_TOKEN": "replaceme",
    "NEON_API_BASE_URL": "https://data.neonscience.org/api/v0",
    "NEON_API_TOKEN": "y",
    "NERSC_USERNAME": "replaceme",
    "ORCID_NMDC_CLIENT_ID": "replaceme",
    "ORCID_NMDC_CLIENT_SECRET": "replaceme",
    "ORCID_BASE_URL": "https://orcid.org",
    "INFO_BANNER_INNERHTML": "This is a <em>development</em> deployment.",
    "MONGO_REMOTE_DUMP_DIR": "replaceme",
    "PATH_TO_NERSC_SSHPROXY": "replaceme",
    "DEV_STACK_HOST_MACHINE_PORT_DAGIT": "3000",
    "DEV_STACK_HOST_MACHINE_PORT_FASTAPI": "8000",
    "DEV_STACK_HOST_MACHINE_PORT_MONGO": "27018",
    "TEST_STACK_HOST_MACHINE_PORT_DAGIT": "3005",
    "TEST_STACK_HOST_MACHINE_PORT_FASTAPI": "8005",
    "TEST_STACK_HOST_MACHINE_PORT_MONGO": "27022",
    "IS_LINKED_INSTANCES_ENDPOINT_ENABLED": "true",
    "IS_SCALAR_ENABLED": "true",
    "IS_PROFILING_ENABLED": "true",
    "IS_SENTRY_ENABLED": "false",
    "SENTRY_DSN": "",
    "SENTRY_ENVIRONMENT": "unknown",
    "SENTRY_TRACES_SAMPLE_RATE": "0.0",
    "SENTRY_PROFILES_SAMPLE_RATE": "0.0",
    "NMDC_ENVIRONMENT": "dev",
    **dict.fromkeys(
        (
            *("DAGSTER_POSTGRES_USER", "DAGSTER_POSTGRES_PASSWORD", "DAGSTER_POSTGRES_DB"),
            *("DAGSTER_POSTGRES_PASSWORD_FILE", "MONGO_PASSWORD_FILE", "DAGSTER_HOME"),
            *("VIRTUAL_ENV", "PYTHONFAULTHANDLER", "API_HOST_DEV", "API_QUERY_USER"),
            *("API_QUERY_PASS", "API_USERNAME", "API_PASSWORD", "MONGO_DB", "MONGO_PORT"),
            *("MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_PASSWORD", "MONGO_REPLICA_SET"),
        )
    ),
}


def example() -> dict[str, str | None]:
    return dotenv_values(EXAMPLE, interpolate=False)


def test_writing_the_generated_files_again_changes_nothing(tmp_path: Path) -> None:
    copy = clone_to(tmp_path / "checkout").folder
    shutil.rmtree(copy / "docs" / "reference")
    (copy / ".env.example").unlink()
    for name in ("docs/reference/admin.md", "docs/reference/contributing-docs.md"):
        (copy / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, copy / name)

    # The copy's own modules: Python looks into the current folder first.
    subprocess.run([sys.executable, "-m", "nmdc_runtime.cli.regen"], cwd=copy, check=True)

    differing = [
        name for name in WRITTEN if (copy / name).read_bytes() != (ROOT / name).read_bytes()
    ]
    assert differing == [], "make regen"


@pytest.mark.parametrize("name", WRITTEN)
def test_a_generated_file_names_its_command_where_it_begins(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    beginning = text if name.endswith(".json") else text.splitlines()[0]
    assert re.search(r"(Written by `|\"x-generated-by\": \")python -m nmdc_runtime\.", beginning)


def test_elsewhere_than_in_a_checkout_nothing_is_written(tmp_path: Path) -> None:
    result = CliRunner().invoke(regen, ["--root", str(tmp_path)])
    assert result.exit_code == 1
    assert "no checkout" in result.output
    assert list(tmp_path.iterdir()) == []


def test_every_module_that_writes_files_of_its_own_is_there() -> None:
    places = [Path(*name.split(".")) for name, *_ in MODULES]
    assert [
        str(place)
        for place in places
        if not (ROOT / place).with_suffix(".py").is_file()
        and not (ROOT / place / "__main__.py").is_file()
    ] == []


def test_the_example_file_has_every_published_variable_with_its_published_value() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    named = set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))
    assert set(PUBLISHED) - named == set()
    values = example()
    assert {name: values.get(name) for name in PUBLISHED} == PUBLISHED


def test_every_setting_and_nothing_unknown_is_in_the_example_file() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    named = re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE)
    assert sorted(named) == sorted({*declared_names(), *ELSEWHERE})


def test_the_example_file_sets_up_a_hub_for_development_and_none_for_production(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in example().items():
        monkeypatch.setenv(name, value or "")
    check_names()
    hub = ready_for_hub(Settings())
    assert not is_weak(hub.jwt_secret_key.get_secret_value())
    assert hub.mongo.password == SecretStr("root")

    monkeypatch.setenv("NMDC_ENVIRONMENT", "prod")
    with pytest.raises(ValueError, match="JWT_SECRET_KEY, API_ADMIN_PASS, API_SITE_CLIENT_ID"):
        ready_for_hub(Settings())


def test_the_example_file_is_also_a_shell_script() -> None:
    """People load it with `set -a; . ./.env`."""
    printed = subprocess.run(
        ["sh", "-c", f'set -a; . {EXAMPLE}; printf %s "$INFO_BANNER_INNERHTML"'],
        check=True,
        capture_output=True,
        text=True,
        env={},
    ).stdout
    assert printed == example()["INFO_BANNER_INNERHTML"]


def test_no_secret_of_the_example_file_would_do_in_production() -> None:
    secrets = {
        field.validation_alias
        for field in Settings.model_fields.values()
        if field.annotation in {SecretStr, SecretStr | None}
    }
    values = example()
    assert {name for name in secrets if not is_weak(values.get(str(name)) or "")} == set()


@pytest.mark.parametrize("name", [name for name, each in ELSEWHERE.items() if each.readers])
def test_a_variable_that_settings_do_not_read_is_read_where_the_table_says(name: str) -> None:
    for reader in ELSEWHERE[name].readers:
        text = (ROOT / reader).read_text(encoding="utf-8")
        stem = name.removesuffix("_FILE")  # the entrypoint composes these names
        assert name in text or (stem in text and "_FILE" in text), reader


def test_what_makefile_and_compose_files_read_is_in_the_tables() -> None:
    known = {*declared_names(), *ELSEWHERE}
    compose = [ROOT / "docker-compose.yml", ROOT / "docker-compose.test.yml"]
    read = {
        name
        for page in compose
        for name in re.findall(r"(?<!\$)\$\{([A-Z][A-Z0-9_]+)", page.read_text(encoding="utf-8"))
    }
    makefile = re.sub(r"(?m)^#.*$", "", (ROOT / "Makefile").read_text(encoding="utf-8"))
    read |= set(re.findall(r"call dotenv,([A-Z][A-Z0-9_]+)", makefile))
    instance = ROOT / "nmdc_runtime" / "site" / "instance"
    for page in instance.glob("*.yaml"):
        read |= set(re.findall(r"env: ([A-Z][A-Z0-9_]+)", page.read_text(encoding="utf-8")))
    assert read
    assert read - known == set()


def test_a_variable_without_a_group_is_not_passed_over() -> None:
    without_mongo = [group for group in GROUPS if group.title != "MongoDB"]
    with pytest.raises(LookupError, match="MONGO_HOST"):
        variables_by_group(without_mongo)


def test_a_group_that_names_what_nobody_reads_is_not_passed_over() -> None:
    with pytest.raises(LookupError, match="MONGO_HOTS"):
        variables_by_group([*GROUPS, Group("Typos", {"MONGO_HOTS": None})])


def test_defaults_that_the_example_file_shows_can_be_taken_over_as_they_stand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = Settings()
    shown = {
        each.name: each.default
        for variables in variables_by_group().values()
        for each in variables
        if each.name in declared_names() and each.default
    }
    assert shown["NMDC_EXPORTS__MAPPING_HOSTS"] == '["raw.githubusercontent.com"]'
    for name, value in shown.items():
        monkeypatch.setenv(name, value)

    assert Settings() == plain
