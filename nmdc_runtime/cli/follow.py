"""`nmdc-runtime follow` and `nmdc-runtime graph`: the link graph from the command line.

Not by way of the services of the hub, most of which are for other things: the follower is a small
process that stands beside everything else.
"""

import json
import logging
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click
from pythonjsonlogger.json import JsonFormatter

from nmdc_runtime.cli.examples import examples
from nmdc_runtime.config import Settings
from nmdc_runtime.graph.assembly import assemble_graph
from nmdc_runtime.graph.service import GraphService
from nmdc_runtime.kernel.clock import as_text, utc_now
from nmdc_runtime.mongo.client import MongoAddress, durable, open_client
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.schema.load import load_registry

#: At most so often the file is touched that tells of life.
BEAT_S = 1.0


@contextmanager
def opened_graph() -> Iterator[GraphService]:
    """Yield the graph in the database that the settings name, logging as they say."""
    settings = Settings()
    handler = logging.StreamHandler()
    if settings.hub.log_format == "json":
        names = {"asctime": "time", "levelname": "level", "name": "logger"}
        fields = "{asctime}{levelname}{name}{message}"
        handler.setFormatter(JsonFormatter(fields, style="{", rename_fields=names))
    logging.basicConfig(handlers=[handler], level=settings.hub.log_level.upper())
    logging.getLogger("pymongo").setLevel(logging.WARNING)
    mongo = settings.mongo
    address = MongoAddress(
        url=mongo.url,
        username=mongo.username,
        password=mongo.password.get_secret_value() if mongo.password else None,
        pool_size=mongo.pool_size,
    )
    with open_client(address) as client:
        yield assemble_graph(
            durable(client[mongo.database]),
            load_registry(),
            transactions=Transactions(client),
            clock=utc_now,
        )


class Heartbeat:
    """Touches a file while its owner is well."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._last = 0.0

    def beat(self) -> None:
        """Touch the file, unless that was done just now."""
        if self._file is not None and time.monotonic() - self._last > BEAT_S:
            self._file.touch()
            self._last = time.monotonic()


@click.command(
    epilog=examples(
        "nmdc-runtime follow",
        "nmdc-runtime follow --heartbeat /tmp/nmdc-follower",
    ),
)
@click.option(
    "--heartbeat",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to touch every second or so while all is well.",
)
def follow(heartbeat: Path | None) -> None:
    """Keep the link graph current with every write, until a signal ends it.

    Builds the graph if there is none. Several may be started: one works, the others wait.
    """
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    with opened_graph() as graph:
        graph.follow(stop, beat=Heartbeat(heartbeat).beat)


@click.group(
    epilog=examples("nmdc-runtime graph rebuild", "nmdc-runtime graph status --json"),
)
def graph() -> None:
    """Build the link graph as a whole, or see how it is."""


@graph.command(epilog=examples("nmdc-runtime graph rebuild"))
def rebuild() -> None:
    """Build the graph anew and put it in place of the old one, while readers and writers go on."""
    began = time.monotonic()
    with opened_graph() as opened:
        count = opened.rebuild()
    click.echo(f"{count} documents in {time.monotonic() - began:.1f} s")


@graph.command(
    epilog=examples("nmdc-runtime graph status", "nmdc-runtime graph status --max-age 60"),
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--max-age",
    "max_age_s",
    type=click.FloatRange(min=0),
    help="End with 1 if the graph is further behind the data, in seconds.",
)
def status(as_json: bool, max_age_s: float | None) -> None:
    """Show which graph there is, how far it is behind, and what is missing in it."""
    with opened_graph() as opened:
        state = opened.find_state()
    if state is None:
        click.echo("The graph was never built: run `nmdc-runtime follow`.", err=True)
        sys.exit(1)
    age_s = max(0.0, (utc_now() - state.fresh_as_of).total_seconds())
    if as_json:
        told = {
            "build_id": state.build_id,
            "built_at": as_text(state.built_at),
            "fresh_as_of": as_text(state.fresh_as_of),
            "age_s": round(age_s, 1),
            "documents": state.documents,
            "skipped_count": state.skipped_count,
            "skipped": [
                {"collection": each.collection, "id": each.id, "reason": each.reason}
                for each in state.skipped
            ],
        }
        click.echo(json.dumps(told, indent=2))
    else:
        click.echo(f"build {state.build_id} of {as_text(state.built_at)}")
        click.echo(f"{state.documents} documents, {age_s:.1f} s behind the data")
        click.echo(f"{state.skipped_count} documents skipped by the last full build")
        for each in state.skipped:
            click.echo(f"  {each.collection} {each.id}: {each.reason}")
    if max_age_s is not None and age_s > max_age_s:
        sys.exit(1)
