"""The process in which migrators run: started, listened to, and ended with us."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from nmdc_runtime.migration import worker
from nmdc_runtime.migration.errors import InterpreterUnusable, MigratorFailed
from nmdc_runtime.migration.models import Migrator, SchemaPackage

MOST_TEXT: Final = 1_000
GRACE_S: Final = 10


def describe_package(python: Path | None) -> SchemaPackage:
    """Return which nmdc-schema an interpreter has; raise `InterpreterUnusable`."""
    # Not resolved: the interpreter of an environment is a link, by which it finds its packages.
    path = python.absolute() if python is not None else Path(sys.executable)
    told: dict[str, Any] = {}
    with _lines(path, {"do": "describe"}) as lines:
        for line in lines:
            told = line
    if told.get("event") != "package":
        raise InterpreterUnusable(str(path), str(told.get("reason", "it says nothing")))
    return SchemaPackage(
        python=path,
        version=told["version"],
        folder=Path(told["folder"]),
        migrators=tuple(Migrator(**each) for each in told["migrators"]),
    )


def run_migrators(
    python: Path,
    modules: Sequence[str],
    *,
    url: str,
    options: Mapping[str, Any],
    database: str,
    tell: Callable[[str], None],
) -> None:
    """Run migrators on a database; raise `MigratorFailed`.

    Parameters
    ----------
    url, options
        How to reach MongoDB, as `pymongo.MongoClient` takes it. They go through a pipe.
    tell
        Is given what happens, sentence by sentence.
    """
    task = {
        "do": "run",
        "url": url,
        "options": dict(options),
        "database": database,
        "modules": list(modules),
    }
    module = "the migrators"
    with _lines(python, task) as lines:
        for line in lines:
            match line:
                case {"event": "started", "module": str(module)}:
                    tell(f"{module} ...")
                case {"event": "log", "text": str(text)}:
                    tell(f"  {text[:MOST_TEXT]}")
                case {"event": "failed", "reason": str(reason)}:
                    raise MigratorFailed(module, reason)
                case {"event": "broken", "reason": str(reason)}:
                    raise InterpreterUnusable(str(python), reason)
                case {"event": "done"}:
                    return
    raise MigratorFailed(module, "its process ended before it was done")


@contextmanager
def _lines(python: Path, task: Mapping[str, Any]) -> Iterator[Iterator[dict[str, Any]]]:
    """Yield what a worker tells; it ends with the block."""
    with tempfile.TemporaryFile() as complaints:
        try:
            process = subprocess.Popen(  # noqa: S603 (the operator's own interpreter)
                [python, "-I", worker.__file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
            )
        except OSError as error:
            raise InterpreterUnusable(str(python), error.strerror or str(error)) from error
        with process:
            if process.stdin is None or process.stdout is None:  # pipes were asked for
                raise InterpreterUnusable(str(python), "it cannot be talked to")
            try:
                try:
                    process.stdin.write(json.dumps(task).encode() + b"\n")
                    process.stdin.flush()
                except BrokenPipeError as error:
                    with suppress(BrokenPipeError):
                        process.stdin.close()  # what is still to be written would fail again
                    process.wait(GRACE_S)
                    raise InterpreterUnusable(str(python), _end_of(complaints)) from error
                yield _parsed(process.stdout)
            finally:
                process.kill()


def _parsed(stream: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 (a pipe)
    for line in stream:
        try:
            told = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(told, dict):
            yield told


def _end_of(complaints: Any) -> str:  # noqa: ANN401 (a file)
    complaints.seek(0)
    return complaints.read().decode(errors="replace")[-MOST_TEXT:].strip() or "it ended at once"
