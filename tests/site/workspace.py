"""The Dagster workspace as real processes: PostgreSQL, code server, web server, daemon."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
import psutil
import requests
from grpc_health.v1 import health_pb2, health_pb2_grpc

from nmdc_runtime.cli.stack.postgres import Postgres, find_postgres
from nmdc_runtime.site.instance import content_of
from tests.support.servers import free_port, wait_until

START_TIMEOUT_S = 120.0


class Workspace:
    """Processes of one workspace, each started and stopped by name."""

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        self.home = home
        self.dagit_port = free_port()
        self.code_port = free_port()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.environment = {
            **os.environ,
            **environment,
            "DAGSTER_HOME": str(home),
            "DAGSTER_CODE_HOST": "127.0.0.1",
            "DAGSTER_CODE_PORT": str(self.code_port),
        }
        for name in ("dagster.yaml", "workspace.yaml"):
            (home / name).write_text(content_of(name))

    @property
    def url(self) -> str:
        """The web server's address, as ``DAGIT_HOST`` has it."""
        return f"http://127.0.0.1:{self.dagit_port}"

    def start_code_server(self) -> None:
        """Start the code server and wait until it serves."""
        module = "nmdc_runtime.site.code_server"
        self._start("code", ["python", "-m", module, "-h", "127.0.0.1", "-p", str(self.code_port)])
        wait_until(self._code_serves, timeout_s=START_TIMEOUT_S, what="the code server")

    def start_web_server(self) -> None:
        """Start the web server and wait until it answers."""
        workspace = str(self.home / "workspace.yaml")
        address = ["-h", "127.0.0.1", "-p", str(self.dagit_port), "-w", workspace]
        self._start("web", ["dagster-webserver", *address])
        wait_until(self._web_answers, timeout_s=START_TIMEOUT_S, what="the web server")

    def start_daemon(self) -> None:
        """Start the daemon; it says nothing when it is ready."""
        self._start("daemon", ["dagster-daemon", "run", "-w", str(self.home / "workspace.yaml")])

    @property
    def running(self) -> list[str]:
        """The names of the processes that were started and not stopped."""
        return list(self._processes)

    def workers(self) -> list[psutil.Process]:
        """Return the processes in which runs execute."""
        children = psutil.Process(self.pid("code")).children()
        return [worker for child in children for worker in child.children()]

    def is_idle(self) -> bool:
        """Whether no run is waiting or at work, and no worker is left."""
        answer = self.ask(
            """{ runsOrError(filter: {statuses: [QUEUED, NOT_STARTED, STARTING, STARTED]}) {
                ... on Runs { results { runId } } } }"""
        )
        return not answer["runsOrError"]["results"] and not self.workers()

    def ask(self, query: str, **variables_: object) -> dict[str, Any]:
        """Return the data of a GraphQL query, for what the hub never asks."""
        answer = requests.post(
            f"{self.url}/graphql", json={"query": query, "variables": variables_}, timeout=30
        ).json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    def end_run(self, run_id: str) -> None:
        """Have a run canceled at once, whatever it is doing, and its worker ended."""
        self.ask(
            """mutation($id: String!) { terminateRun(
                runId: $id, terminatePolicy: MARK_AS_CANCELED_IMMEDIATELY) { __typename } }""",
            id=run_id,
        )
        for worker in self.workers():
            worker.kill()

    def stop(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop one process and wait for its end."""
        process = self._processes.pop(name)
        process.send_signal(how)
        process.wait(30)

    def close(self) -> None:
        """End all processes and what they started."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            with suppress(ProcessLookupError):  # itself, if it hangs, and workers it left
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def log(self, name: str) -> str:
        """Return what the process has written so far."""
        return (self.home / f"{name}.log").read_text(errors="replace")

    def pid(self, name: str) -> int:
        """Return the process id."""
        return self._processes[name].pid

    def _start(self, name: str, command: list[str]) -> None:
        program = Path(sys.executable).with_name(command[0])
        with (self.home / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [str(program), *command[1:]],
                cwd=self.home,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _code_serves(self) -> bool:
        self._check("code")
        with grpc.insecure_channel(f"127.0.0.1:{self.code_port}") as channel:
            try:
                answer = health_pb2_grpc.HealthStub(channel).Check(
                    health_pb2.HealthCheckRequest(service="DagsterApi"), timeout=1
                )
            except grpc.RpcError:
                return False
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    def _web_answers(self) -> bool:
        self._check("web")
        try:
            return requests.get(f"{self.url}/server_info", timeout=1).ok
        except requests.RequestException:
            return False

    def _check(self, name: str) -> None:
        code = self._processes[name].poll()
        if code is not None:
            raise AssertionError(f"{name} ended with {code}:\n{self.log(name)[-4000:]}")


@contextmanager
def running_postgres() -> Iterator[dict[str, str]]:
    """Yield the variables that name a fresh PostgreSQL."""
    # Not below pytest's folder: that is closed to the account that the server needs under root.
    folder = Path(tempfile.mkdtemp(prefix="nmdc-test-postgres-"))
    folder.chmod(0o755)
    server = Postgres(
        binaries=find_postgres(),
        folder=folder,
        port=free_port(),
        username="dagster",
        password="dagster-password",
        database="dagster",
    )
    try:
        server.prepare()
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(server.command(), stdout=log, stderr=log, cwd="/")
        try:
            wait_until(lambda: server.probe() is None, timeout_s=30, what="PostgreSQL")
            yield {
                "DAGSTER_POSTGRES_HOST": "127.0.0.1",
                "DAGSTER_POSTGRES_PORT": str(server.port),
                "DAGSTER_POSTGRES_USER": server.username,
                "DAGSTER_POSTGRES_PASSWORD": server.password,
                "DAGSTER_POSTGRES_DB": server.database,
            }
        finally:
            process.send_signal(server.stop_signal)
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
