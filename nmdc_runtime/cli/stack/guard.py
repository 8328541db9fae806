"""Our side of the watchdog: tells it which process groups to end if we are killed."""

import contextlib
import subprocess
import sys
from pathlib import Path


class Watchdog:
    """A small process that ends the services if this one is killed (see `watchdog`)."""

    def __init__(self) -> None:
        self._groups: set[int] = set()
        self._process = _start()

    def add(self, group: int) -> None:
        """Have a process group ended when we are gone."""
        self._groups.add(group)
        self._tell([f"+{group}\n"])

    def remove(self, group: int) -> None:
        """Take a group back that has ended."""
        self._groups.discard(group)
        self._tell([f"-{group}\n"])

    def close(self) -> None:
        """Take all back and let the process end."""
        self._tell([f"-{group}\n" for group in self._groups])
        self._process.communicate()

    def _tell(self, lines: list[str]) -> None:
        try:
            self._write(lines)
        except BrokenPipeError:  # somebody killed it: start another, which must know all
            with contextlib.suppress(BrokenPipeError):
                self._process.communicate()
            self._process = _start()
            self._write([f"+{group}\n" for group in self._groups])

    def _write(self, lines: list[str]) -> None:
        pipe = self._process.stdin
        if pipe is not None:
            pipe.writelines(lines)
            pipe.flush()


def _start() -> "subprocess.Popen[str]":
    script = str(Path(__file__).with_name("watchdog.py"))
    return subprocess.Popen(  # noqa: S603 (our own script)
        [sys.executable, "-I", "-S", script],
        stdin=subprocess.PIPE,
        text=True,
        cwd="/",
        start_new_session=True,  # what ends our process group must not end it
    )
