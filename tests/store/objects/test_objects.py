from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from nmdc_runtime.objects.errors import StoredFileNotFound
from nmdc_runtime.objects.models import StoredFile
from nmdc_runtime.objects.service import ObjectService
from nmdc_runtime.objects.store import ObjectStore

FILE = StoredFile(name="", content_type="application/json", content=b'{"a": 1}')


@pytest.fixture
def objects(database) -> ObjectService:
    return ObjectService(
        objects=ObjectStore(database),
        clock=lambda: datetime(2026, 7, 1, 12, 0, 30, tzinfo=UTC),
        drs_host="drs.example",
        base_url="https://drs.example",
    )


def keep(objects: ObjectService, object_id: str, file: StoredFile = FILE):
    return objects.keep(object_id, file, description="JSON metadata in", username="alice")


def test_kept_bytes_come_back_with_their_true_digest(objects, database):
    record = keep(objects, "gfs0a")

    assert objects.content("gfs0a").content == FILE.content
    assert objects.content("gfs0a").content_type == "application/json"
    assert record.checksums[0].checksum == sha256(FILE.content).hexdigest()
    assert record.size == len(FILE.content)
    assert record.self_uri == "drs://drs.example/gfs0a"
    assert record.description == "JSON metadata in (created by/for alice at 2026-07-01T05:00-07:00)"
    assert objects.get("gfs0a").name == "gfs0a"
    assert database["objects"].find_one({})["_mgr_site"] == "nmdc-runtime"
    assert database["fs.files"].find_one({})["contentType"] == "application/json"


def test_the_same_bytes_are_kept_once(objects, database):
    first = keep(objects, "gfs0a")
    second = keep(objects, "gfs0b")

    assert second.id == first.id == "gfs0a"
    assert database["fs.files"].count_documents({}) == 1


def test_of_many_at_once_one_keeps_the_bytes_and_the_others_leave_none(objects, database):
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda number: keep(objects, f"gfs0{number}"), range(16)))

    assert len({record.id for record in kept}) == 1
    assert database["objects"].count_documents({}) == 1
    assert database["fs.files"].count_documents({}) == 1
    assert database["fs.chunks"].count_documents({}) == 1
    assert objects.content(kept[0].id).content == FILE.content


def test_bytes_that_are_not_there_are_not_found(objects):
    with pytest.raises(StoredFileNotFound):
        objects.content("gfs0a")


def test_an_access_url_leads_to_the_hub(objects):
    keep(objects, "gfs0a")

    url = objects.access_url("gfs0a", "gfs0a").url

    assert url == "https://drs.example/metadata/stored_files/gfs0a"
