"""`nmdc-runtime migrate` as a process."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: The interpreter of the environment that has the newest nmdc-schema.
NEWEST_SCHEMA = ROOT / ".schema-venv" / "bin" / "python"


def install_newest_schema() -> None:
    """Make that environment, unless it is there."""
    subprocess.run(["make", "newest-schema"], cwd=ROOT, check=True, capture_output=True)


def command(*arguments: object) -> list[str]:
    """Return the command line."""
    given = [str(each) for each in arguments]
    return [sys.executable, "-m", "nmdc_runtime.cli", "migrate", *given]


def environment(url: str, database: str) -> dict[str, str]:
    """Return the variables of its process."""
    return {
        **{key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ},
        "MONGO_HOST": url,
        "MONGO_DBNAME": database,
        "MONGO_USERNAME": "",
        "NMDC_ENVIRONMENT": "test",
    }


def run(url: str, database: str, *arguments: object, status: int = 0) -> str:
    """Run it to its end; return what it printed, errors included."""
    finished = subprocess.run(
        command(*arguments),
        env=environment(url, database),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=240,
    )
    assert finished.returncode == status, finished.stdout[-6000:]
    return finished.stdout


def run_until(url: str, database: str, step: str, *arguments: object) -> str:
    """Run it, and kill it as soon as it says that it has come to a step."""
    process = subprocess.Popen(
        command(*arguments),
        env=environment(url, database),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = ""
    with process:
        assert process.stderr is not None
        for line in process.stderr:
            said += line
            if f" {step}: " in line:
                process.kill()
                break
        said += process.stderr.read()
    assert process.returncode == -9, said
    return said
