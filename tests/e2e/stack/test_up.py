"""`nmdc-runtime up` from outside: the whole stack, in a folder with a blank in its name."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psutil
import psycopg2
import pytest
import requests
from pymongo import MongoClient

from nmdc_runtime.cli.stack.environment import read_env_file
from nmdc_runtime.cli.stack.folder import StackFolder
from nmdc_runtime.cli.stack.ports import PORTS, SERVICE_NAMES
from nmdc_runtime.cli.stack.processes import end_group
from tests.support.servers import wait_until

NO_PORTS = [f"{option}=0" for option, _ in PORTS.values()]
#: Generous: the machine may be busy with other tests.
START_S = 300
SECRETS = (
    "MONGO_PASSWORD",
    "DAGSTER_POSTGRES_PASSWORD",
    "DO_SPACES_SECRET",
    "JWT_SECRET_KEY",
    "API_ADMIN_PASS",
    "API_SITE_CLIENT_SECRET",
)


@dataclass
class Stack:
    """One stack in a folder of its own, used through the command line alone."""

    home: Path
    prefix: tuple[str, ...] = ()

    @property
    def folder(self) -> StackFolder:
        return StackFolder(self.home / ".local")

    def command(self, *arguments: str) -> list[str]:
        return [*self.prefix, sys.executable, "-m", "nmdc_runtime.cli", *arguments]

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.command(*arguments),
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=START_S + 60,
            check=False,
        )

    def up(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self.run("up", "--detach", "--timeout", str(START_S), *NO_PORTS, *arguments)

    def status(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self.run("status", "--json").stdout)
        return report

    @property
    def variables(self) -> dict[str, str]:
        return read_env_file(self.folder.env_file)

    def processes(self) -> list[psutil.Process]:
        """Return every process that was started for this folder, children included."""
        state = self.folder.find_state()
        if state is None or not state.supervisor.is_alive():
            return []
        supervisor = psutil.Process(state.supervisor.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def clean_up(self) -> None:
        state = self.folder.find_state()
        if state is None:
            return
        self.run("down")
        for group in state.groups:
            if group.is_alive():
                end_group(group.pid, number=signal.SIGKILL, timeout_s=1)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    home = tmp_path / "a home"
    home.mkdir()
    stack = Stack(home)
    yield stack
    stack.clean_up()


def has_ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def all_ended(processes: list[psutil.Process]) -> bool:
    return all(has_ended(process) for process in processes)


def command_line(process: psutil.Process) -> str:
    """Return what the process was started with; PostgreSQL's helpers come and go meanwhile."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def owner_of(process: psutil.Process) -> int | None:
    try:
        return int(process.uids().effective)
    except psutil.NoSuchProcess:
        return None


def write_everywhere(variables: dict[str, str]) -> None:
    with MongoClient(
        variables["MONGO_HOST"],
        username=variables["MONGO_USERNAME"],
        password=variables["MONGO_PASSWORD"],
    ) as client:
        client.nmdc.kept.insert_one({"_id": "this"})
    with postgres(variables) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (id text)")
        cursor.execute("INSERT INTO kept VALUES ('this')")
    connection.close()
    s3(variables).put_object(Bucket=variables["API_SITE_ID"], Key="kept", Body=b"this")


def read_everywhere(variables: dict[str, str]) -> set[str]:
    with MongoClient(
        variables["MONGO_HOST"],
        username=variables["MONGO_USERNAME"],
        password=variables["MONGO_PASSWORD"],
    ) as client:
        found = {document["_id"] for document in client.nmdc.kept.find()}
    with postgres(variables) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM kept")
        found |= {row[0] for row in cursor.fetchall()}
    connection.close()
    answer = s3(variables).get_object(Bucket=variables["API_SITE_ID"], Key="kept")
    return found | {answer["Body"].read().decode()}


def postgres(variables: dict[str, str]):
    return psycopg2.connect(
        host=variables["DAGSTER_POSTGRES_HOST"],
        port=variables["DAGSTER_POSTGRES_PORT"],
        user=variables["DAGSTER_POSTGRES_USER"],
        password=variables["DAGSTER_POSTGRES_PASSWORD"],
        dbname=variables["DAGSTER_POSTGRES_DB"],
    )


def s3(variables: dict[str, str]):
    return boto3.client(
        "s3",
        endpoint_url=variables["DO_ENDPOINT_URL"],
        aws_access_key_id=variables["DO_SPACES_KEY"],
        aws_secret_access_key=variables["DO_SPACES_SECRET"],
        region_name=variables["DO_REGION_NAME"],
    )


DOT_ENV = """
MONGO_HOST=mongodb://mongo:27017
MONGO_USERNAME=chief
MONGO_PASSWORD='two words, $one dollar'
JWT_SECRET_KEY=generateme
"""


@pytest.mark.endurance
def test_a_stack_survives_every_kill_and_keeps_credentials_and_data(stack):
    """One story, because each start takes seconds."""
    (stack.home / ".env").write_text(DOT_ENV)
    started = stack.up()
    assert started.returncode == 0, started.stderr
    first = stack.variables
    check_that_all_is_there(stack, first)
    check_that_credentials_of_dot_env_are_used(first)
    check_that_nobody_else_reads_a_secret(stack, first, started.stdout)
    check_that_a_second_stack_in_the_folder_is_refused(stack)

    write_everywhere(first)
    check_that_every_killed_service_comes_back(stack)
    assert read_everywhere(first) == {"this"}

    processes = stack.processes()
    os.kill(stack.status()["supervisor_pid"], signal.SIGKILL)
    wait_until(lambda: all_ended(processes), timeout_s=150, what="the end without supervisor")
    assert stack.run("status").returncode == 3
    check_that_a_password_in_the_data_cannot_be_changed(stack)

    (stack.home / ".env").unlink()
    assert stack.up().returncode == 0
    again = stack.variables
    assert {name: again[name] for name in SECRETS} == {name: first[name] for name in SECRETS}
    assert read_everywhere(again) == {"this"}

    check_that_down_ends_what_a_killed_supervisor_and_watchdog_leave(stack)


def check_that_all_is_there(stack: Stack, variables: dict[str, str]) -> None:
    report = stack.status()
    assert report["phase"] == "ready"
    assert set(report["services"]) == set(SERVICE_NAMES)
    assert report["memory_bytes"] < 1.3e9
    for address in (f"{variables['API_HOST']}/health", f"{variables['DAGIT_HOST']}/server_info"):
        assert requests.get(address, timeout=10).status_code == 200


def check_that_credentials_of_dot_env_are_used(variables: dict[str, str]) -> None:
    assert variables["MONGO_USERNAME"] == "chief"
    assert variables["MONGO_PASSWORD"] == "two words, $one dollar"
    assert variables["MONGO_HOST"].startswith("mongodb://127.0.0.1:")
    assert len(variables["JWT_SECRET_KEY"]) == 64


def check_that_nobody_else_reads_a_secret(
    stack: Stack, variables: dict[str, str], printed: str
) -> None:
    assert stack.folder.env_file.stat().st_mode & 0o777 == 0o600
    command_lines = " ".join(command_line(each) for each in stack.processes())
    logs = "".join(path.read_text(errors="replace") for path in stack.home.rglob("*.log"))
    assert "mongod" in command_lines
    assert "postgres" in logs
    for name in SECRETS:
        assert len(variables[name]) >= 20
        for place in (command_lines, logs, printed):
            assert variables[name] not in place
    shown = stack.run("status", "--secrets").stdout
    assert f"JWT_SECRET_KEY={variables['JWT_SECRET_KEY']}" in shown


def check_that_a_second_stack_in_the_folder_is_refused(stack: Stack) -> None:
    second = stack.up()
    assert second.returncode == 1
    supervisor = stack.status()["supervisor_pid"]
    assert f"a stack runs in {stack.folder.path} (process {supervisor})" in second.stderr


def check_that_every_killed_service_comes_back(stack: Stack) -> None:
    for name, service in stack.status()["services"].items():
        os.kill(service["pid"], signal.SIGKILL)
        wait_until(
            lambda name=name: stack.folder.find_state().services[name].restarts == 1,
            timeout_s=30,
            what=f"the restart of {name}",
        )
    wait_until(lambda: stack.status()["phase"] == "ready", timeout_s=START_S, what="all services")


def check_that_a_password_in_the_data_cannot_be_changed(stack: Stack) -> None:
    (stack.home / ".env").write_text("MONGO_PASSWORD=changed\n")
    refused = stack.up()
    assert refused.returncode == 1
    assert "MONGO_PASSWORD in .env differ" in refused.stderr


def check_that_down_ends_what_a_killed_supervisor_and_watchdog_leave(stack: Stack) -> None:
    supervisor, *others = stack.processes()
    (watchdog,) = [p for p in others if "watchdog.py" in command_line(p)]
    services = [p for p in others if p != watchdog]
    watchdog.suspend()  # so that it cannot act between the two kills
    supervisor.kill()
    watchdog.kill()
    assert not all_ended(services)

    stack.run("down")

    wait_until(lambda: all_ended(services), timeout_s=120, what="the end of all services")


def test_ctrl_c_stops_a_stack_in_the_foreground_even_before_it_is_ready(stack):
    with subprocess.Popen(
        stack.command("up", *NO_PORTS),
        cwd=stack.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in process.stdout:
            if line.startswith("postgres: ready"):
                break
        processes = stack.processes()
        assert len(processes) >= 5
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()

    assert process.returncode == 0
    assert "mongo: stopped" in rest
    assert all_ended(processes)
    assert "Traceback" not in rest


@pytest.mark.endurance
def test_a_service_that_cannot_start_fails_the_stack_with_its_log_and_stops_the_rest(stack):
    stack.prefix = ("env", "NMDC_NO_SUCH_SETTING=1")

    result = stack.up()

    assert result.returncode == 1
    assert "fastapi ended with status 1, 3 times in a row" in result.stderr
    assert "NMDC_NO_SUCH_SETTING" in result.stderr
    assert not stack.processes()
    state = stack.folder.find_state()
    assert not [group for group in state.groups if group.is_alive()]


@pytest.mark.endurance
@pytest.mark.skipif(os.geteuid() != 0, reason="everybody else is an ordinary user already")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv of util-linux")
def test_an_ordinary_user_can_run_the_stack_too(stack):
    nobody = 65534
    os.chown(stack.home, nobody, nobody)
    for parent in stack.home.parents:
        if parent.stat().st_uid == 0 and parent.is_relative_to("/tmp") and parent != Path("/tmp"):
            parent.chmod(0o755)
    # Python itself may lie where only root can read; writing is what makes root special here.
    stack.prefix = (
        *("setpriv", "--reuid", str(nobody), "--regid", str(nobody), "--clear-groups"),
        *("--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"),
    )

    started = stack.up()

    assert started.returncode == 0, started.stderr
    owners = {owner_of(process) for process in stack.processes()}
    assert owners - {None} == {nobody}
    assert stack.run("down").returncode == 0
