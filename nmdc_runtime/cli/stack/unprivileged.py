"""Becomes another user, then the command: PostgreSQL refuses to run as root.

    python -I -S unprivileged.py UID GID COMMAND...

Only the right to pass file permissions is kept (``CAP_DAC_OVERRIDE``, as an ambient capability):
the data folder and the program may lie below a private folder such as ``/root``, whose mode we
have no business changing. Where the kernel grants no such right, the command runs without it and
says itself what it cannot reach. Standard library only.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
PR_GET_PDEATHSIG = 2
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


def become(uid: int, gid: int) -> None:
    """Take on the user and group for good, keeping the one capability if that is possible."""
    is_linux = sys.platform == "linux"
    libc = ctypes.CDLL(None, use_errno=True) if is_linux else None
    death_signal = ctypes.c_int(0)
    if libc is not None:
        libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
        libc.prctl(PR_GET_PDEATHSIG, ctypes.byref(death_signal), 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if libc is not None:
        # Changing users made the kernel forget it.
        libc.prctl(PR_SET_PDEATHSIG, death_signal.value, 0, 0, 0)
        bit = 1 << CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        # Effective, permitted, inheritable: the low 32 capabilities, then the high ones.
        sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
        if libc.capset(header, sets) == 0:
            libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


if __name__ == "__main__":
    become(int(sys.argv[1]), int(sys.argv[2]))
    os.execv(sys.argv[3], sys.argv[3:])  # noqa: S606 (the command our own caller gives)
