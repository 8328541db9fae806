"""The end of a log, and what is added to it."""

import os
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final

POLL_S: Final = 0.2


def last_lines(log: Path, count: int) -> list[str]:
    """Return the last lines of a log, without their ends."""
    with log.open(encoding="utf-8", errors="replace") as file:
        return [line.rstrip("\n") for line in deque(file, maxlen=count)]


def follow(log: Path) -> Iterator[str]:
    """Yield lines as they are added, for ever; a log that was set aside is opened anew."""
    file = log.open(encoding="utf-8", errors="replace")
    file.seek(0, 2)
    rest = ""
    try:
        while True:
            chunk = file.readline()
            if chunk.endswith("\n"):
                yield rest + chunk.rstrip("\n")
                rest = ""
            elif chunk:
                rest += chunk
            else:
                if _was_replaced(log, file.fileno()):
                    file.close()
                    file = log.open(encoding="utf-8", errors="replace")
                time.sleep(POLL_S)
    finally:
        file.close()


def _was_replaced(log: Path, descriptor: int) -> bool:
    try:
        return log.stat().st_ino != os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False
