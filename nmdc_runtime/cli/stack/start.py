"""Starting a stack: everything decided and checked first, then handed to the supervisor."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console

from nmdc_runtime.cli.stack import mongod, postgres
from nmdc_runtime.cli.stack.display import Progress
from nmdc_runtime.cli.stack.environment import (
    PEERS,
    addresses,
    inherited,
    read_env_file,
    settle_credentials,
    write_env_file,
)
from nmdc_runtime.cli.stack.errors import ServiceFailed, StackError
from nmdc_runtime.cli.stack.folder import Phase, ServiceState, StackFolder, StackState
from nmdc_runtime.cli.stack.lifecycle import end_leftovers
from nmdc_runtime.cli.stack.logs import last_lines
from nmdc_runtime.cli.stack.ports import PORTS, PortWish, choose_ports
from nmdc_runtime.cli.stack.services import Blueprint, Service, services_of
from nmdc_runtime.cli.stack.supervisor import Supervisor

#: How each server that has credentials built into its data tells whether it has any.
HAS_DATA: Final = {"mongo": mongod.has_data, "postgres": postgres.has_data}

POLL_S: Final = 0.1
#: Lines of a failed service's log that go with the error.
LOG_LINES: Final = 20


def run_in_foreground(
    stack: StackFolder,
    ports: Mapping[str, int],
    *,
    timeout_s: float,
    console: Console,
    when_ready: Callable[[], None],
) -> None:
    """Run a stack until a signal stops it; raise if it does not become ready."""
    stack.make()
    with stack.lock():
        end_leftovers(stack)
        services = plan(stack, ports)
        with Progress(console) as progress, stack.rotate_log("supervisor").open("a") as journal:

            def listen(name: str, state: ServiceState) -> None:
                progress.show(name, state)
                moment = datetime.now(UTC).isoformat(timespec="milliseconds")
                journal.write(f"{moment} {name} {state.phase} {state.detail}".rstrip() + "\n")
                journal.flush()

            def ready(_: float) -> None:
                progress.pause()
                when_ready()

            try:
                asyncio.run(_supervise(services, stack, listen, ready, timeout_s))
            except ServiceFailed as error:
                progress.pause()
                raise _with_log(error, stack) from error


async def _supervise(
    services: list[Service],
    stack: StackFolder,
    listen: Callable[[str, ServiceState], None],
    ready: Callable[[float], None],
    timeout_s: float,
) -> None:
    supervisor = Supervisor(services, stack, listen)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
            continue  # started by nohup: it is meant to outlive the terminal
        loop.add_signal_handler(number, supervisor.stop)
    await supervisor.run(timeout_s=timeout_s, when_ready=ready)


def plan(stack: StackFolder, ports: Mapping[str, int]) -> list[Service]:
    """Choose ports, settle credentials, write them down, and return the services to run."""
    chosen = choose_ports(
        PortWish(service, ports.get(service, default), option)
        for service, (option, default) in PORTS.items()
    )
    credentials = settle_credentials(
        read_env_file(Path(".env")),
        read_env_file(stack.env_file),
        has_data=lambda service: HAS_DATA[service](stack.data_of(service)),
    )
    variables = {**PEERS, **credentials} | addresses(chosen, dagster_home=stack.dagster_home)
    blueprint = Blueprint(folder=stack, ports=chosen, variables=variables, inherited=inherited())
    services = services_of(blueprint)
    write_env_file(stack.env_file, variables)
    return services


def _with_log(error: ServiceFailed, stack: StackFolder) -> StackError:
    """Return the error with the end of the log of the service that it names."""
    service = error.facts.get("service")
    log = stack.log_of(service) if service else None
    if log is None or not log.exists():
        return error
    lines = "\n".join(f"    {line}" for line in last_lines(log, LOG_LINES))
    return ServiceFailed(f"{error}\nThe end of {log}:\n{lines}", service=service)


def start_detached(
    stack: StackFolder, ports: Mapping[str, int], *, timeout_s: float, console: Console
) -> StackState:
    """Start a stack that outlives us; return its state when it is ready."""
    stack.make()
    with stack.lock():
        pass  # refuses at once, with the reason, if a stack runs here
    output = stack.path / "logs" / "up.out"
    with output.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603 (ourselves)
            [
                *(sys.executable, "-m", "nmdc_runtime.cli", "up", "--quiet"),
                *("--dir", str(stack.path), "--timeout", str(timeout_s)),
                *(f"{PORTS[service][0]}={port}" for service, port in ports.items()),
            ],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        with Progress(console) as progress:
            while process.poll() is None:
                state = stack.find_state()
                if state and state.supervisor.pid == process.pid and state.supervisor.is_alive():
                    for name, service in state.services.items():
                        progress.show(name, service)
                    if state.phase is Phase.READY:
                        process.returncode = 0  # it goes on without us
                        return state
                time.sleep(POLL_S)
    except BaseException:
        process.send_signal(signal.SIGTERM)
        process.wait()
        raise
    complaint = output.read_text(encoding="utf-8", errors="replace").strip()
    raise StackError(complaint.removeprefix("Error: ") or "the stack ended, and did not say why")
