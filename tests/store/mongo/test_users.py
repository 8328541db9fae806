import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from dotenv import dotenv_values
from pydantic import SecretStr
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from nmdc_runtime.cli.main import cli
from nmdc_runtime.config import Settings
from nmdc_runtime.mongo.client import MongoAddress, open_client
from nmdc_runtime.mongo.users import Account
from nmdc_runtime.wiring import boot, open_services

UNAUTHORIZED = 13


@pytest.fixture
def users_of(mongo_client: MongoClient, database, settings: Settings) -> Iterator[str]:
    """Yield the database whose users a test makes; they are gone afterwards."""
    yield settings.mongo_dbname
    for account in Account:
        name = f"{settings.mongo_dbname}_{account}"
        if mongo_client.admin.command("usersInfo", name)["users"]:
            mongo_client.admin.command("dropUser", name)


def run(folder: Path, settings: Settings, *arguments: str, url: str | None = None):
    environment = {"MONGO_HOST": url or settings.mongo_host, "MONGO_DBNAME": settings.mongo_dbname}
    return CliRunner().invoke(
        cli, ["mongo-users", "--output", str(folder), *arguments], env=environment
    )


def as_user(settings: Settings, folder: Path, account: Account) -> Settings:
    """Return the settings of a process that got the file, in place of the administrator's."""
    given = dotenv_values(folder / f"{account}.env", interpolate=False)
    own = settings.mongo_host.rpartition("@")[2]
    return settings.model_copy(
        update={
            "mongo_host": f"mongodb://{own}",
            "mongo_username": given["MONGO_USERNAME"],
            "mongo_password": SecretStr(given["MONGO_PASSWORD"] or ""),
        }
    )


def client_of(settings: Settings) -> MongoClient:
    mongo = settings.mongo
    assert mongo.password is not None
    return open_client(
        MongoAddress(
            url=mongo.url, username=mongo.username, password=mongo.password.get_secret_value()
        )
    )


def test_the_runtime_works_as_its_own_user_who_is_no_administrator(
    tmp_path: Path, settings: Settings, users_of: str
) -> None:
    made = run(tmp_path, settings)
    assert made.exit_code == 0, made.output
    own = as_user(settings, tmp_path, Account.RUNTIME)
    scratch = f"{users_of}_scratch"

    with open_services(own) as services:
        boot(services)
        services.graph.rebuild()
        services.transactions.run(
            lambda tx: services.database["study_set"].insert_one({"id": "x"}, session=tx.session)
        )
        services.transactions.end_abandoned()
    with client_of(own) as client:
        client[scratch]["study_set"].insert_one({"id": "x"})
        client.drop_database(scratch)
        with client[users_of].watch(max_await_time_ms=1) as changes:
            assert changes.try_next() is None
        for verb, value, rest in (
            ("createUser", "mallory", {"pwd": "x", "roles": ["root"]}),
            ("grantRolesToUser", f"{users_of}_runtime", {"roles": ["root"]}),
            ("setParameter", 1, {"logLevel": 1}),
            ("shutdown", 1, {}),
            ("replSetStepDown", 1, {}),
        ):
            with pytest.raises(OperationFailure) as refused:
                client.admin.command(verb, value, **rest)
            assert refused.value.code == UNAUTHORIZED, verb
        with pytest.raises(OperationFailure) as refused:
            client.admin["system.users"].find_one()
        assert refused.value.code == UNAUTHORIZED


def test_a_backup_reads_the_database_and_nothing_else(
    tmp_path: Path, settings: Settings, users_of: str
) -> None:
    run(tmp_path, settings)

    with client_of(as_user(settings, tmp_path, Account.BACKUP)) as client:
        assert client[users_of].list_collection_names() is not None
        assert client[users_of]["study_set"].find_one() is None
        with pytest.raises(OperationFailure) as refused:
            client[users_of]["study_set"].insert_one({})
        assert refused.value.code == UNAUTHORIZED
        with pytest.raises(OperationFailure) as refused:
            client[f"{users_of}_updated"]["study_set"].find_one()
        assert refused.value.code == UNAUTHORIZED


def test_passwords_are_told_in_files_of_the_owner_and_stay_until_they_are_renewed(
    tmp_path: Path, settings: Settings, users_of: str
) -> None:
    first = run(tmp_path / "first", settings)
    again = run(tmp_path / "first", settings)
    in_the_way = run(tmp_path / "first", settings, "--renew")
    renewed = run(tmp_path / "second", settings, "--renew")

    assert [each.exit_code for each in (first, again, in_the_way, renewed)] == [0, 0, 1, 0]
    assert "password is as it was" in again.output
    assert "move it away first" in in_the_way.output
    old, new = (
        dotenv_values(tmp_path / name / "runtime.env", interpolate=False)["MONGO_PASSWORD"]
        for name in ("first", "second")
    )
    assert old != new
    assert old is not None
    assert old not in first.output
    for file in (tmp_path / "first").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with client_of(as_user(settings, tmp_path / "second", Account.RUNTIME)) as client:
        assert client.admin.command("ping")["ok"] == 1


def test_who_is_no_administrator_is_told_so_and_leaves_no_file(
    tmp_path: Path, settings: Settings, users_of: str
) -> None:
    run(tmp_path / "made", settings)
    backup = as_user(settings, tmp_path / "made", Account.BACKUP)
    assert backup.mongo_password is not None
    scheme, _, address = backup.mongo_host.partition("://")
    login = f"{backup.mongo_username}:{backup.mongo_password.get_secret_value()}"

    refused = run(tmp_path / "other", settings, "--renew", url=f"{scheme}://{login}@{address}")

    assert refused.exit_code == 1
    assert "must be an administrator" in refused.output
    assert list((tmp_path / "other").iterdir()) == []
