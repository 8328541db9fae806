"""Keeps a server of the test session alive for as long as anybody uses it, then removes it.

    python keeper.py USERS_LOCK FOLDER SIGNAL COMMAND...

Everybody who uses the server holds a shared lock on USERS_LOCK. The kernel drops a lock when its
holder ends, however it ends, so the exclusive lock is had here when the last user is gone: then
the server gets SIGNAL (``KILL`` if its data is not wanted any more) and FOLDER is removed. If this
keeper is killed itself, the kernel kills the server. Standard library only: it starts in 30 ms.
"""

import ctypes
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

PR_SET_PDEATHSIG = 1
PATIENCE_S = 60


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def main(users_lock: str, folder: str, number: signal.Signals, command: list[str]) -> None:
    """Run the command until the users are gone."""
    with (Path(folder) / "log").open("wb") as log:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 (there are no threads here)
            start_new_session=True,
        )
    threading.Thread(target=server.wait, daemon=True).start()  # leaves no zombie if it crashes
    with Path(users_lock).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server.send_signal(number)
        try:
            server.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.chdir("/")
    main(sys.argv[1], sys.argv[2], signal.Signals[f"SIG{sys.argv[3]}"], sys.argv[4:])
