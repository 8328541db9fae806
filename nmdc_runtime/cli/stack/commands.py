"""`nmdc-runtime status`, `logs` and `down`: the local stack from the command line."""

import json
import signal
import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from nmdc_runtime.cli.examples import examples
from nmdc_runtime.cli.stack import lifecycle
from nmdc_runtime.cli.stack.display import megabytes, phase_text, print_whole
from nmdc_runtime.cli.stack.environment import read_env_file
from nmdc_runtime.cli.stack.errors import NotRunning, StackError
from nmdc_runtime.cli.stack.folder import Phase, StackFolder
from nmdc_runtime.cli.stack.logs import follow, last_lines
from nmdc_runtime.cli.stack.ports import SERVICE_NAMES

#: Exit status of `status` if nothing runs, as init scripts have it.
EXIT_NOT_RUNNING = 3

folder_option = click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".local"),
    show_default=True,
    help="Folder of the stack: data, logs, credentials.",
)


@click.command(
    epilog=examples(
        "nmdc-runtime status",
        "nmdc-runtime status --json | jq .services.fastapi.url",
        "nmdc-runtime status --secrets",
    ),
)
@folder_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--secrets", "with_secrets", is_flag=True, help="Print DIR/env, secrets included.")
def status(folder: Path, as_json: bool, with_secrets: bool) -> None:
    """Show the services of the stack. Ends with 0 if all are ready, 1 if not, 3 if none runs."""
    stack = StackFolder(folder.absolute())
    report = lifecycle.report(stack)
    if with_secrets:
        report["environment"] = read_env_file(stack.env_file)
    if as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        _show_report(report)
    if not report["is_running"]:
        raise SystemExit(EXIT_NOT_RUNNING)
    if report["phase"] != Phase.READY:
        raise SystemExit(1)


def _show_report(report: dict[str, Any]) -> None:
    console = Console()
    if not report["is_running"]:
        console.print(f"No stack runs in {report['folder']}.", highlight=False, soft_wrap=True)
    else:
        _show_services(console, report)
    for name, value in report.get("environment", {}).items():
        click.echo(f"{name}={value}")


def _show_services(console: Console, report: dict[str, Any]) -> None:
    table = Table("service", "state", "address", "process", "memory", "restarts", box=None)
    for name, service in report["services"].items():
        table.add_row(
            name,
            phase_text(Phase(service["phase"])),
            service["url"],
            str(service["pid"] or ""),
            megabytes(service["memory_bytes"]),
            str(service["restarts"]),
        )
    print_whole(console, table)
    for name, service in report["services"].items():
        if service["detail"]:
            console.print(f"{name}: {service['detail']}", highlight=False, soft_wrap=True)
    console.print(
        f"\n{report['phase']}, {megabytes(report['memory_bytes'])} in all, supervised by process "
        f"{report['supervisor_pid']} in {report['folder']}",
        highlight=False,
        soft_wrap=True,
    )


@click.command(
    epilog=examples(
        "nmdc-runtime logs fastapi",
        "nmdc-runtime logs dagster-code -f",
        "nmdc-runtime logs mongo -n 1000",
    ),
)
@click.argument("name", type=click.Choice([*SERVICE_NAMES, "supervisor"]))
@folder_option
@click.option("-f", "--follow", "keep_on", is_flag=True, help="Go on as the log grows.")
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    help="How many of the last lines.",
)
def logs(name: str, folder: Path, keep_on: bool, lines: int) -> None:
    """Print the last lines that a service logged."""
    log = StackFolder(folder.absolute()).log_of(name)
    if not log.exists():
        raise NotRunning(f"{name} has logged nothing yet: there is no {log}")
    for line in last_lines(log, lines):
        click.echo(line)
    if keep_on:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        for line in follow(log):
            click.echo(line)


@click.command(
    epilog=examples(
        "nmdc-runtime down",
        "nmdc-runtime down --dir /data/nmdc",
    ),
)
@folder_option
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=1),
    default=90,
    show_default=True,
    help="Seconds after which what still runs is killed.",
)
def down(folder: Path, timeout_s: float) -> None:
    """Stop the stack; its data, logs and credentials stay. Fine if none runs."""
    stack = StackFolder(folder.absolute())
    began = time.monotonic()
    if not lifecycle.stop(stack, timeout_s=timeout_s):
        click.echo(f"No stack runs in {stack.path}.")
        return
    if stack.is_locked():
        raise StackError(f"the stack in {stack.path} does not stop")
    click.echo(f"Stopped in {time.monotonic() - began:.1f} s.")
