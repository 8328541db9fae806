"""The client of the bucket, against a real S3 service."""

from dataclasses import replace

import psutil
import pytest
import requests

from nmdc_runtime.clients.object_storage import (
    MULTIPART_OVER,
    ObjectStorageUnavailable,
    PartReader,
    StoredBytesNotFound,
)
from tests.support.object_storage import a_bucket

MEGABYTE = 1 << 20


def test_presigned_addresses_put_and_get_the_same_bytes(storage):
    storage.prepare()
    put = storage.presign_put("do/a", content_type="text/plain", expires_s=60)
    answer = requests.put(put, data=b"bytes", headers={"Content-Type": "text/plain"}, timeout=10)

    assert answer.status_code == 200
    assert requests.get(storage.presign_get("do/a", expires_s=60), timeout=10).content == b"bytes"


def test_a_presigned_address_is_good_for_its_time_and_its_content_type_alone(storage):
    storage.prepare()
    put = storage.presign_put("do/a", content_type="text/plain", expires_s=60)
    over = storage.presign_get("do/a", expires_s=-1)

    wrong = requests.put(put, data=b"x", headers={"Content-Type": "text/html"}, timeout=10)

    assert wrong.status_code == 403
    assert requests.get(over, timeout=10).status_code in {400, 403}


@pytest.mark.parametrize("size", [0, 1, MULTIPART_OVER + 3 * MEGABYTE])
def test_bytes_of_any_size_go_up_and_come_down(storage, size):
    block = bytes(range(256)) * 4096
    parts = [block] * (size // MEGABYTE) + [block[: size % MEGABYTE]]

    storage.upload("do/a", iter(parts), content_type="text/plain")

    sent = b"".join(parts)
    assert b"".join(storage.read("do/a")) == sent


def test_a_large_upload_is_never_whole_in_memory(storage):
    block = b"x" * MEGABYTE
    process = psutil.Process()
    seen = []

    def parts():
        for number in range(320):
            if number % 16 == 0:
                seen.append(process.memory_info().rss)
            yield block

    storage.upload("do/a", parts(), content_type="text/plain")

    # What is held: the first 64 MB, until it is known that there is more, and parts under way.
    assert max(seen) - seen[0] < 250 * MEGABYTE
    assert sum(map(len, storage.read("do/a"))) == 320 * MEGABYTE


def test_an_upload_whose_source_breaks_leaves_nothing(storage):
    def parts():
        for _ in range(100):
            yield b"x" * MEGABYTE
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        storage.upload("do/a", parts(), content_type="text/plain")

    with pytest.raises(StoredBytesNotFound):
        list(storage.read("do/a"))


def test_deleting_ends_uploads_that_nobody_ended(storage):
    storage.prepare()
    client = storage._s3()
    place = {"Bucket": storage.settings.bucket, "Key": "do/a"}
    client.create_multipart_upload(**place)
    client.create_multipart_upload(**{**place, "Key": "do/ab"})

    storage.delete("do/a")

    listed = client.list_multipart_uploads(Bucket=storage.settings.bucket).get("Uploads", [])
    assert [upload["Key"] for upload in listed] == ["do/ab"]


def test_deleting_what_is_not_there_is_no_failure(storage):
    storage.prepare()
    storage.delete("do/none")


def test_a_bucket_is_made_in_development_and_not_in_production(s3_endpoint):
    production = a_bucket(s3_endpoint, makes_bucket=False)
    with pytest.raises(ObjectStorageUnavailable, match="NoSuchBucket"):
        production.upload("do/a", iter([b"x"]), content_type="text/plain")

    development = replace(production, makes_bucket=True)
    development.upload("do/a", iter([b"x"]), content_type="text/plain")

    assert list(development.read("do/a")) == [b"x"]


@pytest.mark.parametrize("work", ["upload", "read", "delete", "prepare"])
def test_a_service_that_does_not_answer_is_unavailable_and_no_secret_is_told(s3_endpoint, work):
    dead = a_bucket(replace(s3_endpoint, url="http://127.0.0.1:1"))
    calls = {
        "upload": lambda: dead.upload("do/a", iter([b"x"]), content_type="text/plain"),
        "read": lambda: list(dead.read("do/a")),
        "delete": lambda: dead.delete("do/a"),
        "prepare": dead.prepare,
    }

    with pytest.raises(ObjectStorageUnavailable) as refused:
        calls[work]()

    assert s3_endpoint.secret not in str(refused.value)
    assert s3_endpoint.key not in str(refused.value)


def test_a_wrong_secret_is_unavailable(s3_endpoint):
    wrong = a_bucket(replace(s3_endpoint, secret="wrong"))

    with pytest.raises(ObjectStorageUnavailable):
        wrong.upload("do/a", iter([b"x"]), content_type="text/plain")


@pytest.mark.parametrize("size", [1, 3, 7, -1])
def test_parts_are_read_as_a_file_in_pieces_of_any_size(size):
    reader = PartReader(iter([b"ab", b"", b"cdefgh", b"i"]))
    pieces = []
    while piece := reader.read(size):
        pieces.append(piece)

    assert b"".join(pieces) == b"abcdefghi"
    assert all(len(piece) == size for piece in pieces[:-1])
