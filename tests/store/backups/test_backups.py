"""Backups in a real bucket: what they hold, which are believed, which stay."""

import gzip

import bson
import pytest
from bson import json_util

from nmdc_runtime.backups.errors import BackupDamaged, BackupThere, DatabaseNotEmpty, NoWholeBackup
from nmdc_runtime.backups.restoring import MARK
from nmdc_runtime.backups.rules import PREFIX
from nmdc_runtime.backups.store import BACKUPS
from nmdc_runtime.checks.models import Outcome
from tests.store.backups.conftest import STUDY


def keys(storage, backup_id: str = "") -> list[str]:
    return sorted(key for key, _ in storage.list_keys(f"{PREFIX}/{backup_id}"))


def drill(backups):
    return backups.drill(run_id=None, tell=lambda _: None)


def overwrite(storage, backup_id: str, file: str, content: bytes) -> None:
    key = f"{PREFIX}/{backup_id}/{file}"
    storage.upload(key, [content], content_type="application/gzip")


def test_a_backup_is_as_mongorestore_reads_it_with_a_manifest_and_a_report(
    backups, back_up, fresh_database, storage, told
):
    fresh_database.create_collection("odd", collation={"locale": "de"})
    fresh_database.command({"create": "a_view", "viewOn": "study_set", "pipeline": []})
    fresh_database["alldocs"].insert_one({"id": "derived"})
    fresh_database["_runtime.tmp.alldocs.x"].insert_one({"id": "temporary"})

    backup_id = back_up()

    place = f"{PREFIX}/{backup_id}/"
    name = fresh_database.name
    assert [key.removeprefix(place) for key in keys(storage, backup_id)] == sorted(
        [
            *(f"{name}/{each}.bson.gz" for each in ("study_set", "biosample_set", "odd")),
            *(f"{name}/{each}.metadata.json.gz" for each in ("study_set", "biosample_set", "odd")),
            "manifest.json",
        ]
    )
    content = gzip.decompress(b"".join(storage.read(f"{place}{name}/biosample_set.bson.gz")))
    stored = list(fresh_database["biosample_set"].find(sort=[("_id", 1)]))
    assert content == b"".join(bson.encode(each) for each in stored)
    about = b"".join(storage.read(f"{place}{name}/study_set.metadata.json.gz"))
    indexes = json_util.loads(gzip.decompress(about))["indexes"]
    assert [each["name"] for each in indexes] == ["_id_", "id_1"]
    (dump,) = backups.list_dumps()
    assert dump.manifest.is_snapshot
    assert dump.manifest.documents == 8
    assert set(dump.manifest.left_out) >= {"alldocs", "_runtime.tmp.alldocs.x"}
    assert "biosample_set: 7 documents" in told
    (report,) = backups.checks.reports.list_of("backup_nmdcdb")
    assert (report.outcome, report.counts["documents"]) == (Outcome.GOOD, 8)
    with pytest.raises(BackupThere):
        backups.backup(run_id=None, tell=told.append)


def test_all_collections_are_as_they_were_when_it_began(
    backups, back_up, fresh_database, storage, told
):
    """While one collection is read, documents of the next one come and go."""

    def tell(text: str) -> None:
        if text.startswith("biosample_set"):
            fresh_database["study_set"].update_one({"id": STUDY["id"]}, {"$set": {"name": "new"}})
            fresh_database["study_set"].insert_one({"id": "nmdc:sty-11-late"})

    backups.backup(run_id=None, tell=tell)

    assert fresh_database["study_set"].count_documents({}) == 2
    name = fresh_database.name
    (dump,) = backups.list_dumps()
    content = b"".join(storage.read(f"{PREFIX}/{dump.id}/{name}/study_set.bson.gz"))
    (study,) = bson.decode_all(gzip.decompress(content))
    assert study["name"] == STUDY["name"]


def test_a_collection_that_is_made_anew_meanwhile_is_dumped_as_it_is_and_the_report_says_so(
    backups, fresh_database, told
):
    def tell(text: str) -> None:
        told.append(text)
        if text.startswith("biosample_set"):
            fresh_database.drop_collection("study_set")
            fresh_database["study_set"].insert_many([{"id": "x"}, {"id": "y"}])

    report = backups.backup(run_id=None, tell=tell)

    (dump,) = backups.list_dumps()
    assert not dump.manifest.is_snapshot
    assert dump.manifest.documents == 9
    assert "not all collections are as of one moment" in report.notes[0]
    assert drill(backups).outcome is Outcome.GOOD


def test_the_same_documents_give_the_same_bytes(backups, back_up):
    back_up()
    back_up()

    first, second = (each.manifest.collections for each in backups.list_dumps())
    assert [each.sha256 for each in first] == [each.sha256 for each in second]


def test_too_many_and_too_old_ones_are_removed_but_never_the_newest(
    backups, back_up, storage, time
):
    made = [back_up() for _ in range(3)]

    assert [each.id for each in backups.list_dumps()] == made[1:]
    assert keys(storage, made[0]) == []
    time.pass_by(days=31)
    newest = back_up()
    assert [each.id for each in backups.list_dumps()] == [newest]
    (report, *_) = backups.checks.reports.list_of("backup_nmdcdb")
    assert report.counts["removed"] == 2
    time.pass_by(days=400)
    assert drill(backups).outcome is Outcome.GOOD


def test_what_is_not_whole_is_never_taken_for_a_backup(backups, back_up, storage, time):
    whole = back_up()
    lost, changed, headless = "20261101T070000Z", "20261101T080000Z", "20261101T090000Z"
    for key in keys(storage, whole):
        for each in (lost, changed, headless):
            content = b"".join(storage.read(key)).replace(whole.encode(), each.encode())
            file = key.removeprefix(f"{PREFIX}/{whole}/")
            if each != headless or file != "manifest.json":
                overwrite(storage, each, file, content)
    name = backups.database.name
    storage.delete(f"{PREFIX}/{lost}/{name}/study_set.bson.gz")
    overwrite(storage, changed, "manifest.json", b'{"format": 1}')
    overwrite(storage, "notes", "read.me", b"by hand")

    dumps = {each.id: each for each in backups.list_dumps()}

    assert [id_ for id_, each in dumps.items() if each.manifest] == [whole]
    assert [id_ for id_, each in dumps.items() if each.is_strange] == [lost, changed]
    assert drill(backups).summary.startswith(f"{whole}: restored as it was dumped")
    time.pass_by(days=3)
    newest = back_up()
    assert [each.id for each in backups.list_dumps()] == [whole, lost, changed, newest]
    (report, *_) = backups.checks.reports.list_of("backup_nmdcdb")
    assert f"have a manifest, and are not whole: {lost}, {changed}" in report.notes
    assert keys(storage, "notes")


def test_a_drill_restores_everything_compares_and_leaves_nothing(backups, back_up, fresh_database):
    backup_id = back_up()
    left = fresh_database.client[f"{fresh_database.name}_drill_0123456789"]
    left["study_set"].insert_one({"left": "by a drill that died"})

    report = drill(backups)

    assert report.outcome is Outcome.GOOD
    assert report.summary == f"{backup_id}: restored as it was dumped, 8 documents"
    assert {each.collection: each.documents for each in report.collections} == {
        "biosample_set": 7,
        "study_set": 1,
    }
    names = fresh_database.client.list_database_names()
    assert not [each for each in names if each.startswith(f"{fresh_database.name}_drill_")]
    assert fresh_database["study_set"].count_documents({}) == 1


@pytest.mark.parametrize("damage", ["other documents", "cut", "written over"])
def test_a_damaged_backup_is_found_by_the_drill(backups, back_up, storage, damage):
    backup_id = back_up()
    file = f"{backups.database.name}/study_set.bson.gz"
    content = b"".join(storage.read(f"{PREFIX}/{backup_id}/{file}"))
    if damage == "other documents":
        changed = gzip.compress(bson.encode({"_id": 1, "name": "another"}), mtime=0)
        overwritten = changed + b"\0" * (len(content) - len(changed))
    elif damage == "cut":
        overwritten = content[: len(content) // 2] + b"\0" * (len(content) - len(content) // 2)
    else:
        overwritten = b"\xff" * len(content)
    overwrite(storage, backup_id, file, overwritten)

    report = drill(backups)

    assert report.outcome is Outcome.PROBLEMS
    found = {each.collection: each.problems for each in report.collections}
    assert found["biosample_set"] == 0
    assert found["study_set"] >= 1
    assert report.counts["problems"] == found["study_set"]
    with pytest.raises(BackupDamaged, match="study_set"):
        backups.restore(None, into=f"{backups.database.name}_new", tell=lambda _: None)
    backups.database.client.drop_database(f"{backups.database.name}_new")


def test_without_a_whole_backup_a_drill_fails_and_says_so(backups, storage):
    overwrite(storage, "20261101T000000Z", "half", b"x")

    with pytest.raises(NoWholeBackup):
        drill(backups)

    (report,) = backups.checks.reports.list_of("restore_drill")
    assert report.outcome is Outcome.FAILED
    assert "no whole backup" in report.summary


def test_a_backup_is_restored_into_an_empty_database_with_options_indexes_and_views(
    backups, back_up, fresh_database
):
    fresh_database.create_collection("odd", collation={"locale": "de"})
    fresh_database.command({"create": "a_view", "viewOn": "study_set", "pipeline": []})
    first = back_up()
    fresh_database["study_set"].delete_many({})
    back_up()
    name = f"{fresh_database.name}_new"
    target = fresh_database.client[name]
    target[BACKUPS].insert_one({"_id": MARK, "backup": "broke off"})
    target["study_set"].insert_one({"half": True})

    try:
        manifest = backups.restore(first, into=name, tell=lambda _: None)

        assert manifest.id == first
        assert [each["id"] for each in target["a_view"].find()] == [STUDY["id"]]
        assert target["study_set"].index_information() == (
            fresh_database["study_set"].index_information()
        )
        assert target["odd"].options() == fresh_database["odd"].options()
        assert list(target["biosample_set"].find(sort=[("_id", 1)])) == list(
            fresh_database["biosample_set"].find(sort=[("_id", 1)])
        )
        assert target[BACKUPS].count_documents({}) == 0
        with pytest.raises(DatabaseNotEmpty):
            backups.restore(None, into=name, tell=lambda _: None)
        with pytest.raises(NoWholeBackup):
            backups.restore("20200101T000000Z", into="anything", tell=lambda _: None)
    finally:
        fresh_database.client.drop_database(name)
