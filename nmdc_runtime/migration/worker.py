"""Run by another interpreter, never imported by ours: runs the migrators of its nmdc-schema.

Standard library, pymongo and nmdc-schema only. What to do comes as one line of JSON on standard
input, credentials included, so that no list of processes shows them; what happens goes out as lines
of JSON. The end of standard input means that whoever started this is dead: then this ends, too.
"""

import importlib
import importlib.metadata
import importlib.util
import inspect
import json
import logging
import os
import re
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

#: Where a migrator's module says from which version it leads to which.
VERSIONS = {
    "source": re.compile(r"^ +_from_version(?:: str)? = [\"'](.+?)[\"']", re.MULTILINE).search,
    "target": re.compile(r"^ +_to_version(?:: str)? = [\"'](.+?)[\"']", re.MULTILINE).search,
}
PACKAGE = "nmdc_schema.migrators"
#: Characters of a message that are passed on: migrators like to put documents into theirs.
MOST_TEXT = 2_000


class Teller:
    """Writes lines of JSON; what migrators print goes to standard error instead."""

    def __init__(self) -> None:
        self._stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        self._lock = threading.Lock()

    def tell(self, event: str, **facts: Any) -> None:  # noqa: ANN401 (any JSON)
        """Write one line."""
        with self._lock:
            self._stream.write(json.dumps({"event": event, **facts}) + "\n")
            self._stream.flush()


class Passing(logging.Handler):
    """Passes on what migrators log."""

    def __init__(self, teller: Teller) -> None:
        super().__init__(logging.INFO)
        self._teller = teller

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one record on."""
        self._teller.tell("log", text=record.getMessage()[:MOST_TEXT])


def describe(teller: Teller) -> None:
    """Tell which nmdc-schema this interpreter has, and its migrators, without importing it.

    The import takes seconds, and all that is asked for stands in the text of the modules.
    """
    for name in ("nmdc_schema", "pymongo"):
        if importlib.util.find_spec(name) is None:
            raise ModuleNotFoundError(f"No module named {name!r}")
    version = importlib.metadata.version("nmdc-schema")
    spec = importlib.util.find_spec("nmdc_schema")
    folder = Path(((spec and spec.submodule_search_locations) or ["."])[0])
    found = []
    for file in sorted((folder / "migrators").glob("migrator_from_*_to_*.py")):
        text = file.read_text(encoding="utf-8")
        versions = {which: each.group(1) for which in VERSIONS if (each := VERSIONS[which](text))}
        if len(versions) == len(VERSIONS):
            found.append({"module": file.stem, **versions})
    teller.tell("package", version=version, folder=str(folder), migrators=found)


def run(teller: Teller, task: dict[str, Any]) -> None:
    """Run migrators on a database, one after another."""
    import pymongo  # noqa: PLC0415 (whoever only asks may not have it)

    adapter_class = importlib.import_module(f"{PACKAGE}.adapters.mongo_adapter").MongoAdapter
    logger = logging.getLogger("migrators")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(Passing(teller))
    with pymongo.MongoClient(task["url"], **task["options"]) as client:
        adapter = adapter_class(database=client[task["database"]])
        for name in task["modules"]:
            teller.tell("started", module=name)
            migrator = importlib.import_module(f"{PACKAGE}.{name}").Migrator(
                adapter=adapter, logger=logger
            )
            # Older ones know no transactions, and so nothing of committing.
            takes = inspect.signature(migrator.upgrade).parameters
            try:
                migrator.upgrade(**({"commit_changes": True} if "commit_changes" in takes else {}))
            except Exception as error:
                traceback.print_exc()
                text = f"{type(error).__name__}: {error}"
                teller.tell("failed", module=name, reason=text[:MOST_TEXT])
                return
            teller.tell("finished", module=name)
    teller.tell("done")


def end_with_parent() -> None:
    """End this process when standard input ends."""
    while sys.stdin.buffer.read(1):
        pass
    os._exit(9)


def main() -> int:
    """Do what standard input says."""
    teller = Teller()
    task = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=end_with_parent, daemon=True).start()
    try:
        if task["do"] == "describe":
            describe(teller)
        else:
            run(teller, task)
    except Exception as error:
        traceback.print_exc()
        teller.tell("broken", reason=f"{type(error).__name__}: {error}"[:MOST_TEXT])
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # the thread still reads
