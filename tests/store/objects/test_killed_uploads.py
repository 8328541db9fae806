"""Killed while it keeps bytes: they are there with their record, or not at all."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from nmdc_runtime.clients.object_storage import StoredBytesNotFound
from nmdc_runtime.objects.service import ObjectService
from tests.support.servers import wait_until

#: Keeps files, one after the other, for as long as it lives; every other one in the bucket.
KEEPER = """
import json, os, sys
from datetime import UTC, datetime
from itertools import count

from pydantic import SecretStr

from nmdc_runtime.audit.service import AuditService
from nmdc_runtime.audit.store import AuditStore
from nmdc_runtime.clients.object_storage import S3Storage
from nmdc_runtime.config import ObjectStorageSettings
from nmdc_runtime.config.sections import ObjectSettings
from nmdc_runtime.mongo.client import MongoAddress, open_client
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.objects.files import FileStore
from nmdc_runtime.objects.service import ObjectService
from nmdc_runtime.objects.store import ObjectStore

facts = json.loads(sys.stdin.readline())
client = open_client(MongoAddress(url=facts["url"]))
database = client[facts["database"]]
clock = lambda: datetime.now(UTC)
storage = S3Storage(
    ObjectStorageSettings(
        endpoint_url=facts["endpoint"],
        region=facts["region"],
        key=SecretStr(facts["key"]),
        secret=SecretStr(facts["secret"]),
        bucket=facts["bucket"],
    )
)
objects = ObjectService(
    objects=ObjectStore(database),
    files=FileStore(database),
    storage=storage,
    transactions=Transactions(client),
    audit=AuditService(audit=AuditStore(database), clock=clock),
    clock=clock,
    drs_host="drs.example",
    site_id="own-site",
    settings=ObjectSettings(s3_over_bytes=1_000_000),
)
for number in count():
    parts = (os.urandom(200_000) for _ in range(3 if number % 2 else 8))
    objects.keep_parts(
        f"gfs0n{os.getpid()}x{number}", parts, name="f", content_type="text/plain",
        description="", username="alice",
    )
"""


#: Longer than any step of the transactions of the tests beside this one.
IDLE_FOR = timedelta(seconds=3)


@pytest.mark.parametrize("delay_s", [0.0, 0.013, 0.031, 0.057])
def test_killed_while_it_keeps_bytes_it_leaves_no_half_of_anything(
    *, objects: ObjectService, database, mongo_url, s3_endpoint, storage, delay_s
):
    storage.prepare()
    facts = {
        "url": mongo_url,
        "database": database.name,
        "endpoint": s3_endpoint.url,
        "region": s3_endpoint.region,
        "key": s3_endpoint.key,
        "secret": s3_endpoint.secret,
        "bucket": storage.settings.bucket,
    }
    keeper = subprocess.Popen([sys.executable, "-c", KEEPER], stdin=subprocess.PIPE)
    assert keeper.stdin is not None
    keeper.stdin.write(json.dumps(facts).encode() + b"\n")
    keeper.stdin.flush()
    wait_until(
        lambda: database["objects"].count_documents({}) >= 4, timeout_s=60, what="kept objects"
    )
    time.sleep(delay_s)
    keeper.send_signal(signal.SIGKILL)
    keeper.wait()
    keeper.stdin.close()

    # What the hub does every few seconds; else the killed one's transaction locks what it wrote.
    time.sleep(IDLE_FOR.total_seconds())
    objects.transactions.end_abandoned(idle_for=IDLE_FOR)

    in_flight = {note["_id"] for note in database["_runtime.uploads"].find()}
    replace(objects, clock=lambda: objects.clock() + timedelta(days=1000)).sweep()

    kept = list(database["objects"].find())
    assert len(in_flight) <= 1
    assert not in_flight & {record["id"] for record in kept}
    for record in kept:
        content = b"".join(objects.read(record["id"]))
        assert sha256(content).hexdigest() == record["checksums"][0]["checksum"]
    in_gridfs = {record["id"] for record in kept if record["size"] < 1_000_000}
    assert {file["_id"] for file in database["fs.files"].find()} == in_gridfs
    assert set(database["fs.chunks"].distinct("files_id")) == in_gridfs
    assert database["_runtime.uploads"].count_documents({}) == 0
    for object_id in in_flight:
        with pytest.raises(StoredBytesNotFound):
            list(storage.read(f"do/{object_id}"))
