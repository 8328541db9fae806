"""Ends what the supervisor started if the supervisor itself is killed.

    python -I -S watchdog.py < pipe

Reads lines ``+GROUP`` and ``-GROUP``: process groups that came and went. The pipe ends when the
supervisor does, however that happens; groups that are left then are asked to end, as Ctrl-C would
ask, and killed if they do not. Standard library only: it holds 6 MB and needs no other process.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable

PATIENCE_S = 15.0
POLL_S = 0.1


def groups_left_by(lines: Iterable[str]) -> set[int]:
    """Read until the pipe ends; return the groups that were not taken back."""
    groups: set[int] = set()
    for line in lines:
        sign, group = line[0], int(line[1:])
        if sign == "+":
            groups.add(group)
        else:
            groups.discard(group)
    return groups


def _is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def end(groups: set[int]) -> None:
    """Ask the groups to end, and kill those that do not."""
    deadline = time.monotonic() + PATIENCE_S
    for number in (signal.SIGINT, signal.SIGKILL):
        for group in filter(_is_there, groups):
            os.killpg(group, number)
        while any(_is_there(group) for group in groups) and time.monotonic() < deadline:
            time.sleep(POLL_S)


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    end(groups_left_by(sys.stdin))
