"""Publishing files: once for the same bytes, whatever is in the way, and fetched back."""

from dataclasses import replace
from hashlib import sha256
from itertools import count

import pytest

from nmdc_runtime.clients.object_storage import ObjectStorageUnavailable
from nmdc_runtime.mongo.indexes import ensure_indexes
from nmdc_runtime.objects.errors import ObjectNotFound, PublishedBytesDiffer
from nmdc_runtime.objects.models import DrsObject, LocalFile, StoredFile
from nmdc_runtime.objects.rules import public
from nmdc_runtime.objects.store import INDEXES
from tests.support.object_storage import a_bucket

FOLDER = "nmdcdb-mongoexport/2026-11-01"
KEY = f"{FOLDER}/study_set.jsonl.gz"


@pytest.fixture
def file(tmp_path):
    def file(content: bytes, name: str = "study_set.jsonl.gz") -> LocalFile:
        path = tmp_path / name
        path.write_bytes(content)
        return LocalFile(
            path=path,
            name=name,
            content_type="application/gzip",
            description="studies",
            size_bytes=len(content),
            sha256=sha256(content).hexdigest(),
        )

    return file


@pytest.fixture
def publish(objects, database):
    ensure_indexes(database, INDEXES)
    numbers = count()

    def publish(file: LocalFile, folder: str = FOLDER):
        return objects.publisher.publish(file, folder=folder, mint=lambda: f"sys{next(numbers)}")

    return publish


@pytest.fixture
def bundle(objects):
    def bundle(members, *, name="2026-11-nmdcdb-mongoexport", object_id="b1"):
        return objects.transactions.run(
            lambda tx: objects.publisher.bundle(
                members, name=name, description="all", object_id=object_id, tx=tx
            )
        )

    return bundle


def stored_bytes(storage, key: str) -> bytes:
    return b"".join(storage.read(key))


def test_a_file_becomes_an_object_that_leads_to_its_bytes(publish, file, objects, storage):
    made = publish(file(b"studies"))

    assert stored_bytes(storage, KEY) == b"studies"
    assert b"".join(objects.read(made["id"])) == b"studies"
    assert made["size"] == 7
    assert made["checksums"] == [{"type": "sha256", "checksum": sha256(b"studies").hexdigest()}]
    (method,) = made["access_methods"]
    assert method["access_id"] == "own-site:nmdcdb-mongoexport~2026-11-01~study_set.jsonl.gz"
    assert DrsObject.model_validate(public(made)).name == "study_set.jsonl.gz"


def test_the_same_bytes_are_published_once_whenever_that_is(publish, file, database):
    first = publish(file(b"studies"))
    again = publish(file(b"studies"), "nmdcdb-mongoexport/2026-12-01")

    assert again["id"] == first["id"]
    assert database["objects"].count_documents({}) == 1


def test_other_bytes_of_the_same_name_and_day_leave_the_first_as_they_are(
    publish, file, objects, storage
):
    first = publish(file(b"studies"))
    second = publish(file(b"more studies"))
    third = publish(file(b"more studies"))

    assert first["id"] != second["id"] == third["id"]
    assert stored_bytes(storage, KEY) == b"studies"
    assert b"".join(objects.read(second["id"])) == b"more studies"


@pytest.mark.parametrize("mishap", ["lost", "damaged"])
def test_bytes_that_the_bucket_has_lost_are_sent_again(publish, file, objects, storage, mishap):
    first = publish(file(b"studies"))
    storage.delete(KEY)
    if mishap == "damaged":
        storage.upload(KEY, [b"stud"], content_type="application/gzip")

    again = publish(file(b"studies"), "nmdcdb-mongoexport/2026-12-01")

    assert again["id"] == first["id"]
    assert b"".join(objects.read(first["id"])) == b"studies"


def test_what_a_killed_export_had_sent_is_taken_over(publish, file, storage):
    storage.upload(KEY, [b"studies"], content_type="application/gzip")

    made = publish(file(b"studies"))

    assert made["access_methods"][0]["access_id"].endswith("~2026-11-01~study_set.jsonl.gz")


def test_a_site_that_registers_the_checksum_first_neither_stops_nor_replaces_the_file(
    publish, file, objects, database
):
    planted = DrsObject.model_validate(
        {
            "id": "planted",
            "self_uri": "drs://drs.example/planted",
            "size": 7,
            "created_time": "2026-01-01T00:00:00Z",
            "checksums": [{"type": "sha256", "checksum": sha256(b"studies").hexdigest()}],
            "access_methods": [{"access_url": {"url": "https://evil.example/x"}}],
        }
    )
    objects.transactions.run(lambda tx: objects.register(planted, site_id="other", tx=tx))

    made = publish(file(b"studies"))

    assert made["id"] != "planted"
    assert database["objects"].count_documents({}) == 2


def test_bytes_that_are_kept_already_are_not_kept_twice(publish, file, objects, database):
    kept = objects.keep(
        "gfs0abc", StoredFile("x.gz", "application/gzip", b"studies"), description="", username="u"
    )

    assert publish(file(b"studies"))["id"] == kept.id

    objects.files.delete("gfs0abc")
    with pytest.raises(PublishedBytesDiffer, match="gfs0abc"):
        publish(file(b"studies"))


def test_without_object_storage_nothing_is_recorded(objects, file, database, s3_endpoint):
    dead = a_bucket(replace(s3_endpoint, url="http://127.0.0.1:1"))
    publisher = replace(objects.publisher, storage=dead)

    with pytest.raises(ObjectStorageUnavailable):
        publisher.publish(file(b"studies"), folder=FOLDER, mint=lambda: "sys1")

    assert database["objects"].count_documents({}) == 0


def test_a_bundle_has_size_time_and_checksum_of_its_members(publish, bundle, file):
    studies = publish(file(b"studies"))
    samples = publish(file(b"samples", "biosample_set.jsonl.gz"))

    made, is_new = bundle([(studies["id"], "s"), (samples["id"], "b")])

    digests = sorted(each["checksums"][0]["checksum"] for each in (studies, samples))
    assert is_new
    assert made["checksums"] == [
        {"type": "sha256", "checksum": sha256("".join(digests).encode()).hexdigest()}
    ]
    assert made["size"] == 14
    assert made["created_time"] == max(studies["created_time"], samples["created_time"])
    assert "access_methods" not in made


def test_a_bundle_of_the_same_members_is_the_one_there_is_and_gets_the_new_name_too(
    publish, bundle, file, database
):
    members = [(publish(file(b"studies"))["id"], "study_set.jsonl.gz")]

    first, _ = bundle(members)
    again, is_new = bundle(members, object_id="b2")
    december, _ = bundle(members, name="2026-12-nmdcdb-mongoexport", object_id="b3")
    bundle(members, name="2026-12-nmdcdb-mongoexport", object_id="b4")

    assert (again["id"], december["id"], is_new) == (first["id"], first["id"], False)
    stored = database["objects"].find_one({"id": "b1"})
    assert stored["name"] == "2026-11-nmdcdb-mongoexport"
    assert stored["aliases"] == ["2026-12-nmdcdb-mongoexport"]
    assert stored["checksums"] == first["checksums"]
    assert database["objects"].count_documents({}) == 2


def test_a_bundle_of_what_is_not_there_is_refused(bundle, database):
    with pytest.raises(ObjectNotFound):
        bundle([("nothing", "x")])

    assert database["objects"].count_documents({}) == 0
