"""`nmdc-runtime demo`: a real study goes in and comes out, while you watch."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from nmdc_runtime.cli import demo_steps as steps
from nmdc_runtime.cli.examples import examples
from nmdc_runtime.cli.stack.commands import folder_option
from nmdc_runtime.cli.stack.display import print_whole
from nmdc_runtime.cli.stack.environment import read_env_file
from nmdc_runtime.cli.stack.folder import StackFolder
from nmdc_runtime.cli.stack.start import start_detached
from nmdc_runtime.cli.stack.up import port_options


@dataclass(frozen=True, slots=True)
class Target:
    """Where the demonstration goes, and as whom."""

    url: str
    dagit_url: str | None
    username: str
    password: str


class _DemoCommands(click.Group):
    """Knows its only subcommand by name, so that the demonstration itself need not load it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the name."""
        return ["generate"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load the subcommand."""
        if cmd_name != "generate":
            return None
        from nmdc_runtime.cli.demo_generate import generate  # noqa: PLC0415 (loads the driver)

        return generate


@click.group(
    cls=_DemoCommands,
    invoke_without_command=True,
    epilog=examples(
        "nmdc-runtime demo",
        "nmdc-runtime demo --api-port 0 --dagit-port 0",
        "nmdc-runtime demo generate 1000 --mongo",
        "nmdc-runtime demo --url http://127.0.0.1:8000 --username admin --password root",
    ),
)
@folder_option
@port_options
@click.option("--url", help="A hub that runs already; no stack is started then.")
@click.option("--dagit-url", help="Dagster's web page of that hub, for the links.")
@click.option("--username", default="admin", show_default=True, help="Who submits, with --url.")
@click.option(
    "--password",
    envvar="API_ADMIN_PASS",
    help="That user's password; better given as API_ADMIN_PASS, which no process list shows.",
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=1),
    default=120,
    show_default=True,
    help="Seconds to wait for the stack, and for each run.",
)
@click.pass_context
def demo(
    ctx: click.Context,
    /,
    *,
    folder: Path,
    url: str | None,
    dagit_url: str | None,
    username: str,
    password: str | None,
    timeout_s: float,
    **ports: int,
) -> None:
    """Submit a real study and follow it: checked, applied by Dagster, stored, read back.

    Starts the local stack first if none runs, and leaves it running. Running it again is
    harmless: the same documents are written once more. `demo generate` makes a database as large
    as you like.
    """
    if ctx.invoked_subcommand is not None:
        return
    console = Console()
    if url is not None:
        if not password:
            raise click.UsageError("--url needs --password, or API_ADMIN_PASS")
        target = Target(url.rstrip("/"), dagit_url, username, password)
    else:
        wishes = {name.replace("_", "-"): port for name, port in ports.items()}
        target = _local_target(folder, wishes, timeout_s=timeout_s, console=console)
    try:
        _run(target, timeout_s=timeout_s, console=console)
    except steps.DemoFailed as error:
        raise click.ClickException(str(error)) from error
    if url is None:
        _say_what_next(folder, target, console)


def _local_target(
    folder: Path, ports: Mapping[str, int], *, timeout_s: float, console: Console
) -> Target:
    stack = StackFolder(folder.absolute())
    if not stack.is_locked():
        console.print("Starting the local stack.")
        start_detached(stack, ports, timeout_s=timeout_s, console=console)
    variables = read_env_file(stack.env_file)
    return Target(
        url=variables["API_HOST_EXTERNAL"],
        dagit_url=variables["DAGIT_HOST"],
        username=variables["API_ADMIN_USER"],
        password=variables["API_ADMIN_PASS"],
    )


def _run(target: Target, *, timeout_s: float, console: Console) -> None:
    hub = steps.Hub(target.url)
    with console.status(f"Waiting for {target.url}"):
        hub.wait_until_ready(timeout_s=timeout_s)
    hub.log_in(target.username, target.password)
    results = Table("submitted", "documents", "collection", "read back at", box=None)
    runs = Table("run", "seconds", "look at it", box=None)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<28}"),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[status]:<12}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        for dataset in steps.load_datasets():
            task = progress.add_task(dataset.name, total=4, status="checking")
            run_id = steps.submit(hub, dataset)
            progress.update(task, completed=1)

            def tell(status: str, task: TaskID = task) -> None:
                done = {"REQUESTED": 1, "STARTED": 2, "COMPLETE": 3}.get(status, 1)
                progress.update(task, completed=done, status=status)

            seconds = steps.follow(hub, run_id, timeout_s=timeout_s, tell=tell)
            for back in steps.read_back(hub, dataset):
                results.add_row(dataset.name, str(len(back.ids)), back.collection, back.url)
            progress.update(task, completed=4, status="read back")
            runs.add_row(run_id, f"{seconds:.1f}", _link(target, hub, run_id))
    print_whole(console, results)
    console.print()
    print_whole(console, runs)


def _link(target: Target, hub: steps.Hub, run_id: str) -> str:
    dagster_run_id = steps.dagster_run_id(hub, run_id)
    if target.dagit_url is None or dagster_run_id is None:
        return f"{target.url}/runs/{run_id}"
    return f"{target.dagit_url.rstrip('/')}/runs/{dagster_run_id}"


def _say_what_next(folder: Path, target: Target, console: Console) -> None:
    option = "" if folder == Path(".local") else f" --dir {folder}"
    lines = (
        "",
        f"The API to try:   {target.url}/docs",
        f"Dagster:          {target.dagit_url}",
        f"Credentials:      nmdc-runtime status --secrets{option}",
        f"Stop the stack:   nmdc-runtime down{option}",
    )
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)
