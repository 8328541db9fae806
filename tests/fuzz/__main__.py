"""Start a local stack with generated data, and send its hub whatever might upset it."""

import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import click
import requests

from tests.support.live_stack import LiveStack, live_stack
from tests.support.servers import wait_until

ROOT: Final = Path(__file__).parents[2]
SCHEMATHESIS: Final = ROOT / ".fuzz-venv" / "bin" / "schemathesis"
BIOSAMPLES: Final = 200
LARGEST_SEED: Final = 2**32 - 1
#: What would end the fuzzer's own access, or its run, and not the hub.
LEFT_OUT: Final = ("/orcid_logout", "/users/me/password", "/jobs:watch")


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--time", "time_s", type=click.IntRange(min=1), default=900, show_default=True)
@click.option("--seed", type=click.IntRange(min=0, max=LARGEST_SEED), help="Repeats a run.")
@click.argument("more", nargs=-1, type=click.UNPROCESSED)
def fuzz(time_s: int, seed: int | None, more: tuple[str, ...]) -> None:
    """Fuzz for so many seconds; ends with 1 if an answer was a 5xx, or the hub went away.

    Whatever else is given goes to schemathesis, e.g. --include-path /studies.
    """
    seed = secrets.randbelow(LARGEST_SEED) if seed is None else seed
    click.echo(f"Seed {seed}: repeat this run with make fuzz SEED={seed} TIME={time_s}")
    with (
        tempfile.TemporaryDirectory(prefix="nmdc-fuzz-") as folder,
        live_stack(Path(folder) / ".local") as stack,
    ):
        _fill(stack)
        before = stack.service("fastapi")["restarts"]
        status = _run(stack, time_s=time_s, seed=seed, more=more)
        hub = requests.get(f"{stack.url}/version", timeout=30)
        restarts = stack.service("fastapi")["restarts"] - before
        log = stack.run("logs", "fastapi", "--lines", "60").stdout
    click.echo(f"Seed {seed}.")
    if not hub.ok or restarts:
        click.echo(log)
        raise click.ClickException(f"the hub answers {hub.status_code}, started anew {restarts} x")
    sys.exit(status)


def _fill(stack: LiveStack) -> None:
    arguments = ("demo", "generate", str(BIOSAMPLES), "--annotations", "1000", "--mongo")
    finished = stack.run(*arguments)
    if finished.returncode:
        raise click.ClickException(finished.stderr)
    study = requests.get(f"{stack.url}/studies?per_page=1", timeout=30).json()["results"][0]["id"]
    linked = f"{stack.url}/nmdcschema/linked_instances?ids={study}"
    wait_until(lambda: requests.get(linked, timeout=30).ok, timeout_s=60, what="the graph")


def _run(stack: LiveStack, *, time_s: int, seed: int, more: tuple[str, ...]) -> int:
    form = {
        "grant_type": "password",
        "username": stack.variables["API_ADMIN_USER"],
        "password": stack.variables["API_ADMIN_PASS"],
    }
    token = requests.post(f"{stack.url}/token", data=form, timeout=30).json()["access_token"]
    command = [
        *(SCHEMATHESIS, "run", f"{stack.url}/openapi.json"),
        *("--header", f"Authorization: Bearer {token}"),
        *("--checks", "not_a_server_error"),
        *("--phases", "examples,coverage,fuzzing"),
        *("--mode", "all", "--continue-on-failure", "--suppress-health-check", "all"),
        *("--max-time", str(time_s), "--seed", str(seed), "--request-timeout", "60"),
        *("--warnings", "off", "--no-color"),
        *(part for path in LEFT_OUT for part in ("--exclude-path", path)),
        *more,
    ]
    # In a folder of its own: schemathesis keeps what it found there.
    with tempfile.TemporaryDirectory(prefix="nmdc-fuzz-") as folder:
        hooks = {"SCHEMATHESIS_HOOKS": "media_types", "PYTHONPATH": str(Path(__file__).parent)}
        return subprocess.run(
            command, cwd=folder, env={**os.environ, **hooks}, check=False
        ).returncode


if __name__ == "__main__":
    fuzz()
