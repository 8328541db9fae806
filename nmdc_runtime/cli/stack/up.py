"""`nmdc-runtime up`: start the local stack from the command line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.table import Table

from nmdc_runtime.cli.examples import examples
from nmdc_runtime.cli.stack.commands import folder_option
from nmdc_runtime.cli.stack.folder import StackFolder, StackState
from nmdc_runtime.cli.stack.ports import PORTS
from nmdc_runtime.cli.stack.start import run_in_foreground, start_detached

Command = TypeVar("Command", bound=Callable[..., Any])


def port_options(command: Command) -> Command:
    """Give a command an option for each port, as the table of services has them."""
    for service, (option, default) in reversed(list(PORTS.items())):
        command = click.option(
            option,
            service.replace("-", "_"),
            type=click.IntRange(0, 65535),
            default=default,
            show_default=True,
            help=f"Port of {service}; 0: any free one.",
        )(command)
    return command


@click.command(
    epilog=examples(
        "nmdc-runtime up",
        "nmdc-runtime up --detach",
        "nmdc-runtime up --dir /data/nmdc --api-port 8001 --dagit-port 0",
    ),
)
@folder_option
@port_options
@click.option("--detach", is_flag=True, help="Return when all is ready; it goes on running.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=1),
    default=120,
    show_default=True,
    help="Seconds within which all must be ready.",
)
@click.option("--quiet", is_flag=True, help="Say nothing unless it fails.")
def up(folder: Path, detach: bool, timeout_s: float, quiet: bool, **ports: int) -> None:
    """Start the whole stack on this machine, with real servers and without containers.

    MongoDB, PostgreSQL, S3, the hub, Dagster's web server, daemon and code server run until
    Ctrl-C, or with --detach until `nmdc-runtime down`. Credentials come from .env in the current
    folder if there is one; those it lacks are made once and kept in DIR/env.
    """
    by_service = {_service_of(name): port for name, port in ports.items()}
    stack = StackFolder(folder.absolute())
    console = Console(quiet=quiet)
    if detach:
        state = start_detached(stack, by_service, timeout_s=timeout_s, console=console)
        _show_addresses(console, stack, state, is_detached=True)
    else:
        run_in_foreground(
            stack,
            by_service,
            timeout_s=timeout_s,
            console=console,
            when_ready=lambda: _show_addresses(
                console, stack, stack.find_state(), is_detached=False
            ),
        )


def _service_of(parameter: str) -> str:
    """Return the service whose port a parameter holds: click makes identifiers of names."""
    return next(service for service in PORTS if service.replace("-", "_") == parameter)


def _show_addresses(
    console: Console, stack: StackFolder, state: StackState | None, *, is_detached: bool
) -> None:
    if state is None:
        return
    url = {name: service.url for name, service in state.services.items()}
    folder = stack.as_typed
    console.print(f"\nReady in {state.ready_after_s} s.", style="bold green")
    table = Table.grid(padding=(0, 2))
    table.add_row("  API", url["fastapi"])
    table.add_row("  API documentation", f"{url['fastapi']}/docs")
    table.add_row("  Dagster", url["dagster-dagit"])
    table.add_row("  Credentials", f"nmdc-runtime status --dir {folder} --secrets")
    table.add_row("  Logs", f"nmdc-runtime logs --dir {folder} fastapi -f")
    table.add_row("  Stop", f"nmdc-runtime down --dir {folder}" if is_detached else "Ctrl-C")
    console.print(table, highlight=False, soft_wrap=True)
