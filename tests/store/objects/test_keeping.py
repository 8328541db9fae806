"""Bytes that the hub keeps: true digests, once, and with their record or not at all."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from hashlib import md5, sha256

import pytest

from nmdc_runtime.clients.object_storage import ObjectStorageUnavailable, StoredBytesNotFound
from nmdc_runtime.objects.errors import StoredElsewhere, StoredFileNotFound, UploadGivenUp
from nmdc_runtime.objects.models import StoredFile
from nmdc_runtime.objects.service import ObjectService
from tests.support.object_storage import a_bucket

FILE = StoredFile(name="", content_type="application/json", content=b'{"a": 1}')
MEGABYTE = 1 << 20


def keep(objects: ObjectService, object_id: str, file: StoredFile = FILE):
    return objects.keep(object_id, file, description="JSON metadata in", username="alice")


def keep_parts(
    objects: ObjectService, object_id: str, parts, name: str = "export.csv", same_as=None
):
    return objects.keep_parts(
        object_id,
        parts,
        name=name,
        content_type="text/csv; charset=utf-8",
        description="Export",
        username="alice",
        same_as=same_as,
    )


def nothing_is_left(database) -> bool:
    names = ("objects", "fs.files", "fs.chunks", "_runtime.uploads")
    return all(database[name].count_documents({}) == 0 for name in names)


def test_kept_bytes_come_back_with_their_true_digests(objects, database):
    record = keep(objects, "gfs0a")

    assert objects.content("gfs0a").content == FILE.content
    assert objects.content("gfs0a").content_type == "application/json"
    assert [(each.type, each.checksum) for each in record.checksums] == [
        ("sha256", sha256(FILE.content).hexdigest()),
        ("md5", md5(FILE.content).hexdigest()),
    ]
    assert record.size == len(FILE.content)
    assert record.self_uri == "drs://drs.example/gfs0a"
    assert record.description == "JSON metadata in (created by/for alice at 2026-07-01T05:00-07:00)"
    assert objects.get("gfs0a")["name"] == "gfs0a"
    assert database["objects"].find_one({})["_mgr_site"] == "nmdc-runtime"
    assert database["fs.files"].find_one({})["contentType"] == "application/json"
    assert database["_runtime.uploads"].count_documents({}) == 0


@pytest.mark.parametrize("size", [0, 1, 255 * 1024, 255 * 1024 + 1, 9 * MEGABYTE])
def test_bytes_of_any_size_come_back(objects, size):
    content = bytes(range(256)) * (size // 256 + 1)
    content = content[:size]

    record = keep(objects, "gfs0a", replace(FILE, content=content))

    assert objects.content("gfs0a").content == content
    assert b"".join(objects.read("gfs0a")) == content
    assert record.size == size


def test_the_same_bytes_are_kept_once(objects, database):
    first = keep(objects, "gfs0a")
    second = keep(objects, "gfs0b")

    assert second.id == first.id == "gfs0a"
    assert database["fs.files"].count_documents({}) == 1


def test_of_many_at_once_one_keeps_the_bytes_and_the_others_leave_none(objects, database):
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda number: keep(objects, f"gfs0{number}"), range(16)))

    assert len({record.id for record in kept}) == 1
    for name in ("objects", "fs.files", "fs.chunks"):
        assert database[name].count_documents({}) == 1
    assert database["_runtime.uploads"].count_documents({}) == 0
    assert objects.content(kept[0].id).content == FILE.content


def test_who_registers_a_checksum_first_does_not_keep_the_hub_from_keeping_the_bytes(
    objects, database
):
    database["objects"].insert_one(
        {
            "id": "sys0evil",
            "checksums": [{"type": "sha256", "checksum": sha256(FILE.content).hexdigest()}],
            "access_methods": [{"access_url": {"url": "https://evil.example/"}}],
            "_mgr_site": "evil",
        }
    )

    record = keep(objects, "gfs0a")

    assert record.id == "gfs0a"
    assert objects.content("gfs0a").content == FILE.content


def test_a_name_that_no_object_may_have_is_kept_for_the_file_alone(objects, database):
    record = keep(objects, "gfs0a", replace(FILE, name="my sheet (1).tsv"))

    assert record.name == "my_sheet_1_.tsv"
    assert record.mime_type == "text/tab-separated-values"
    assert objects.content("gfs0a").name == "my sheet (1).tsv"


def test_bytes_that_are_not_there_are_not_found(objects):
    with pytest.raises(StoredFileNotFound):
        objects.content("gfs0a")
    with pytest.raises(StoredFileNotFound):
        list(objects.read("gfs0a"))


def test_a_few_parts_are_kept_in_gridfs(objects, database):
    record = keep_parts(objects, "gfs0a", iter([b"a,b\n", b"1,2\n"]))

    assert objects.content("gfs0a").content == b"a,b\n1,2\n"
    assert record.mime_type == "text/csv"
    assert record.access_methods[0].access_id == "gfs0a"
    assert keep_parts(objects, "gfs0b", iter([b"a,b\n1,2\n"])).id == "gfs0a"


def test_many_parts_are_kept_in_the_bucket_with_their_true_digests(objects, database):
    parts = [bytes([number]) * 1000 for number in range(250)]
    whole = b"".join(parts)

    record = keep_parts(objects, "gfs0a", iter(parts))

    assert b"".join(objects.read("gfs0a")) == whole
    assert record.size == len(whole)
    assert record.access_methods[0].access_id == "own-site:gfs0a"
    assert [each.checksum for each in record.checksums] == [
        sha256(whole).hexdigest(),
        md5(whole).hexdigest(),
    ]
    assert database["fs.chunks"].count_documents({}) == 0
    assert database["_runtime.uploads"].count_documents({}) == 0
    with pytest.raises(StoredElsewhere):
        objects.content("gfs0a")


@pytest.mark.parametrize("how_much", [1, 200_000], ids=["in GridFS", "in the bucket"])
def test_bytes_that_say_the_same_as_kept_ones_are_not_kept_again(objects, database, how_much):
    first = keep_parts(objects, "gfs0a", iter([b"1" * how_much]), same_as="d1")
    before = database["objects"].find_one({"id": "gfs0a"})

    again = keep_parts(objects, "gfs0b", iter([b"2" * how_much]), same_as="d1")
    other = keep_parts(objects, "gfs0c", iter([b"3" * how_much]), same_as="d2")
    unsaid = keep_parts(objects, "gfs0d", iter([b"4" * how_much]))

    assert again == first
    assert [each.id for each in (other, unsaid)] == ["gfs0c", "gfs0d"]
    assert database["objects"].find_one({"id": "gfs0a"}) == before
    assert b"".join(objects.read("gfs0a")) == b"1" * how_much
    assert first.checksums[0].checksum == sha256(b"1" * how_much).hexdigest()
    assert database["_runtime.uploads"].count_documents({}) == 0


def test_many_parts_that_are_kept_already_leave_nothing_in_the_bucket(objects, storage, database):
    parts = [b"x" * 1000] * 200
    first = keep_parts(objects, "gfs0a", iter(parts))

    second = keep_parts(objects, "gfs0b", iter(parts))

    assert second.id == first.id
    with pytest.raises(StoredBytesNotFound):
        list(storage.read("do/gfs0b"))
    assert database["_runtime.uploads"].count_documents({}) == 0


def test_parts_that_break_off_leave_nothing(objects, storage, database):
    def parts():
        for _ in range(300):
            yield b"x" * 1000
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        keep_parts(objects, "gfs0a", parts())

    assert nothing_is_left(database)
    with pytest.raises(StoredBytesNotFound):
        list(storage.read("do/gfs0a"))


def test_a_bucket_that_cannot_be_reached_is_told_and_leaves_no_record(
    objects, database, s3_endpoint
):
    dead = a_bucket(replace(s3_endpoint, url="http://127.0.0.1:1"))

    with pytest.raises(ObjectStorageUnavailable):
        keep_parts(replace(objects, storage=dead), "gfs0a", iter([b"x" * 200_000]))

    assert database["objects"].count_documents({}) == 0


def test_the_sweep_deletes_what_uploads_left_that_died(objects, storage, database, clock):
    def died(object_id: str, place: str) -> dict[str, object]:
        return {"_id": object_id, "place": place, "started_at": clock() - timedelta(days=2)}

    database["_runtime.uploads"].insert_many(
        [died("gfs0a", "gridfs"), died("gfs0b", "s3"), {**died("gfs0c", "s3"), "given_up": True}]
    )
    objects.files.put_chunks("gfs0a", b"half a file")
    for key in ("do/gfs0b", "do/gfs0c", "do/gfs0other"):
        storage.upload(key, iter([b"half an export"]), content_type="text/csv")

    assert objects.sweep() == 3

    assert nothing_is_left(database)
    assert list(storage.read("do/gfs0other")) == [b"half an export"]
    for key in ("do/gfs0b", "do/gfs0c"):
        with pytest.raises(StoredBytesNotFound):
            list(storage.read(key))
    assert objects.sweep() == 0


def test_the_sweep_leaves_uploads_that_may_yet_end_well(objects, database, clock):
    note = {"_id": "gfs0a", "place": "gridfs", "started_at": clock() - timedelta(hours=2)}
    database["_runtime.uploads"].insert_one(note)
    objects.files.put_chunks("gfs0a", b"half a file")

    assert objects.sweep() == 0

    assert database["fs.chunks"].count_documents({}) == 1


def test_an_upload_that_was_taken_for_dead_ends_without_a_trace(objects, database, clock):
    late = replace(objects, clock=lambda: clock() + timedelta(days=2))

    def slow_parts():
        yield b"x" * 200_000
        late.sweep()
        yield b"y" * 200_000

    with pytest.raises(UploadGivenUp):
        keep_parts(objects, "gfs0a", slow_parts())

    assert nothing_is_left(database)
    with pytest.raises(StoredBytesNotFound):
        list(objects.storage.read("do/gfs0a"))


def test_the_sweep_forgets_promises_that_a_site_did_not_keep_but_not_their_bytes(
    objects, storage, database, clock
):
    old, new = clock() - timedelta(days=31), clock() - timedelta(days=29)
    database["_runtime.uploads"].insert_many(
        [
            {"_id": "sys0old", "place": "site", "started_at": old},
            {"_id": "sys0new", "place": "site", "started_at": new},
        ]
    )
    storage.upload("do/sys0old", iter([b"a site's"]), content_type="text/csv")

    assert objects.sweep() == 0

    assert [each["_id"] for each in database["_runtime.uploads"].find()] == ["sys0new"]
    assert list(storage.read("do/sys0old")) == [b"a site's"]
