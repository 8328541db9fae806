"""A replica set of three real mongods on this machine, whose primary a test may kill."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from nmdc_runtime.cli.stack.mongod import find_mongod
from tests.support.servers import SHARED_MEMORY, free_port, wait_until

NAME = "three"


@dataclass
class ThreeMembers:
    """The set: where it is, and the process of each member."""

    ports: list[int]
    processes: "dict[int, subprocess.Popen[bytes]]" = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Connection string; the set has no users."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        return f"mongodb://{hosts}/?replicaSet={NAME}"

    def primary(self) -> int:
        """Return the port of the primary."""
        with MongoClient(self.url, serverSelectionTimeoutMS=30_000) as client:
            client.admin.command("ping")
            assert client.primary is not None
            return client.primary[1]

    def kill(self, port: int) -> None:
        """End the member as a power cut would."""
        self.processes[port].kill()
        self.processes[port].wait()


@contextmanager
def three_members() -> Iterator[ThreeMembers]:
    """Yield a set of three members with MongoDB's own settings for elections."""
    where = SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
    folder = Path(tempfile.mkdtemp(prefix="nmdc-test-three-", dir=where))
    members = ThreeMembers([free_port() for _ in range(3)])
    binary = find_mongod()
    try:
        for port in members.ports:
            data = folder / str(port)
            data.mkdir()
            members.processes[port] = subprocess.Popen(
                [
                    str(binary),
                    *("--dbpath", str(data), "--port", str(port), "--bind_ip", "127.0.0.1"),
                    *("--replSet", NAME, "--oplogSize", "64", "--nounixsocket", "--quiet"),
                    *("--wiredTigerCacheSizeGB", "0.25", "--noscripting"),
                    *("--setParameter", "diagnosticDataCollectionEnabled=false"),
                ],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        _initiate(members)
        yield members
    finally:
        for process in members.processes.values():
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _initiate(members: ThreeMembers) -> None:
    first = members.ports[0]
    config = {
        "_id": NAME,
        "members": [
            {"_id": number, "host": f"127.0.0.1:{port}"}
            for number, port in enumerate(members.ports)
        ],
    }
    with MongoClient(f"mongodb://127.0.0.1:{first}", directConnection=True) as client:

        def initiated() -> bool:
            try:
                client.admin.command("replSetInitiate", config)
            except PyMongoError as error:
                return getattr(error, "code", None) == ALREADY_INITIALIZED
            return True

        wait_until(initiated, timeout_s=60, what="three mongods")

        def all_there() -> bool:
            states = [each["state"] for each in client.admin.command("replSetGetStatus")["members"]]
            return sorted(states) == [PRIMARY, SECONDARY, SECONDARY]

        wait_until(all_there, timeout_s=60, what="a primary and two secondaries")


ALREADY_INITIALIZED = 23
PRIMARY, SECONDARY = 1, 2
