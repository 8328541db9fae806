"""The command `nmdc-runtime`: a table of commands, each loaded only when it is asked for."""

import importlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import click

from nmdc_runtime.cli.examples import examples
from nmdc_runtime.kernel.errors import NmdcError


class Registered(NamedTuple):
    """Where a command is, and what the list of commands says of it."""

    place: str
    summary: str


#: To add a command, add a line. The summary stands here so that `--help` imports nothing else.
COMMANDS: Final[Mapping[str, Registered]] = {
    "up": Registered("nmdc_runtime.cli.stack.up:up", "Start the whole stack on this machine."),
    "status": Registered("nmdc_runtime.cli.stack.commands:status", "Show the stack's services."),
    "logs": Registered("nmdc_runtime.cli.stack.commands:logs", "Print what a service logged."),
    "down": Registered("nmdc_runtime.cli.stack.commands:down", "Stop the stack; its data stays."),
    "demo": Registered("nmdc_runtime.cli.demo:demo", "Submit a real study and read it back."),
    "validate": Registered(
        "nmdc_runtime.cli.validate:validate", "Check files of metadata, and store nothing."
    ),
    "quick-blade": Registered(
        "nmdc_runtime.cli.quick_blade:quick_blade", "Print one id for trying things out."
    ),
    "export": Registered("nmdc_runtime.cli.export:export", "Write metadata to files."),
    "translate": Registered(
        "nmdc_runtime.cli.translate:translate", "Translate other systems' records to documents."
    ),
    "follow": Registered(
        "nmdc_runtime.cli.follow:follow", "Keep the link graph current with every write."
    ),
    "graph": Registered("nmdc_runtime.cli.follow:graph", "Build the link graph, or see how it is."),
    "migrate": Registered(
        "nmdc_runtime.cli.migrate:migrate", "Move all data to another version of nmdc-schema."
    ),
    "restore": Registered(
        "nmdc_runtime.cli.restore:restore", "Restore a backup into an empty database."
    ),
    "mongo-init": Registered(
        "nmdc_runtime.cli.mongo_init:mongo_init", "Make MongoDB a replica set of one, once."
    ),
    "mongo-users": Registered(
        "nmdc_runtime.cli.mongo_users:mongo_users", "Make users of MongoDB that are not root."
    ),
}


class Commands(click.Group):
    """Finds commands in the table, and tells errors that are the user's without a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command."""
        registered = COMMANDS.get(cmd_name)
        if registered is None:
            return None
        module, _, name = registered.place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, loading none."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 (whatever a command returns)
        """Run the command; a refusal becomes one message and exit status 1."""
        try:
            return super().invoke(ctx)
        except NmdcError as error:
            raise click.ClickException(str(error)) from error
        except (PermissionError, NotADirectoryError) as error:
            raise click.ClickException(f"{error.filename}: {error.strerror}") from error


@click.group(
    epilog=examples(
        "nmdc-runtime up --detach     start everything on this machine",
        "nmdc-runtime status          see what runs, and where",
        "nmdc-runtime up --help       see all options of a command",
    ),
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="nmdc-runtime", prog_name="nmdc-runtime")
def cli() -> None:
    """NMDC Runtime: the hub of the National Microbiome Data Collaborative."""
