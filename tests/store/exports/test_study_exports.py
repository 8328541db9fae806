"""The biosamples of a study on a real MongoDB: what is read, in how many queries, and kept how."""

import csv
import io
from dataclasses import replace

import pytest
from pymongo import MongoClient
from pymongo.monitoring import CommandListener

from nmdc_runtime.exports.study_errors import (
    BiosampleNotFlat,
    StudyNotFound,
    StudyWithoutBiosamples,
)
from nmdc_runtime.exports.study_files import StudyFormat, parts_of
from nmdc_runtime.exports.study_store import StudyStore
from tests.support.documents import a_study, biosamples
from tests.support.measured_study import (
    COLUMNS,
    EMPTY_STUDY_ID,
    ROWS,
    STUDY_ID,
    put_measured_study,
)


class Asked(CommandListener):
    """Notes what is asked of the server."""

    def __init__(self) -> None:
        self.collections: list[str] = []

    def started(self, event) -> None:
        if event.command_name in {"find", "getMore", "aggregate"}:
            name = event.command.get("collection") or event.command[event.command_name]
            self.collections.append(name)

    def succeeded(self, event) -> None:
        """Say nothing."""

    def failed(self, event) -> None:
        """Say nothing."""


def table_of(rows):
    content = b"".join(parts_of(rows, StudyFormat.CSV)).decode()
    return list(csv.reader(io.StringIO(content, newline="")))


def test_biosamples_are_rows_with_what_was_measured_in_them_or_in_what_was_made_of_them(
    services, database
):
    put_measured_study(database)

    rows = services.study_exports.gather(STUDY_ID)

    assert table_of(rows) == [COLUMNS, *ROWS]
    assert database.list_collection_names(filter={"name": "alldocs"}) == []  # no graph is needed


def test_an_unknown_study_one_without_biosamples_and_an_odd_biosample_are_named(services, database):
    put_measured_study(database)

    with pytest.raises(StudyNotFound, match="nmdc:sty-11-nowhere"):
        services.study_exports.gather("nmdc:sty-11-nowhere")
    with pytest.raises(StudyWithoutBiosamples, match=EMPTY_STUDY_ID):
        services.study_exports.gather(EMPTY_STUDY_ID)
    database["biosample_set"].update_one({"id": "nmdc:bsm-11-c"}, {"$set": {"odd": [["x"]]}})
    with pytest.raises(BiosampleNotFlat, match=r"nmdc:bsm-11-c .*odd\.0"):
        services.study_exports.gather(STUDY_ID)


def test_the_number_of_queries_depends_on_the_steps_and_not_on_the_biosamples(
    services, database, mongo_url
):
    study = a_study()
    database["study_set"].insert_one(dict(study))
    asked_for = {}
    for count in (10, 900):
        database["biosample_set"].delete_many({})
        database["data_generation_set"].delete_many({})
        samples = biosamples(count, study_id=study["id"])
        database["biosample_set"].insert_many(samples)
        database["data_generation_set"].insert_many(
            {
                "id": f"nmdc:dgns-11-{number}",
                "has_input": [each["id"]],
                "analyte_category": "metagenome",
            }
            for number, each in enumerate(samples)
        )
        asked = Asked()
        with MongoClient(mongo_url, tz_aware=True, event_listeners=[asked]) as client:
            store = StudyStore(client[database.name], services.registry, time_limit_ms=30_000)
            rows = replace(services.study_exports, store=store).gather(study["id"])
        assert rows.count == count
        asked_for[count] = asked.collections
    assert asked_for[10] == asked_for[900]
    assert len(asked_for[10]) == 5  # ids, three kinds of processes, documents


def test_progress_is_told_and_a_study_of_several_batches_is_whole(services, database):
    study = a_study()
    samples = biosamples(2_100, study_id=study["id"])
    database["study_set"].insert_one(dict(study))
    database["biosample_set"].insert_many(samples)
    told = []

    rows = services.study_exports.gather(study["id"], tell=lambda *each: told.append(each))

    header, *lines = table_of(rows)
    assert [line[header.index("id")] for line in lines] == [each["id"] for each in samples]
    assert told == [(1_000, 2_100), (2_000, 2_100), (2_100, 2_100)]


def test_the_same_biosamples_are_stored_once_and_changed_ones_anew(services, database):
    put_measured_study(database)
    exports = services.study_exports

    first = exports.publish(exports.gather(STUDY_ID), username="ada")
    again = exports.publish(exports.gather(STUDY_ID), username="bob")

    assert (again.object_id, again.is_new) == (first.object_id, False)
    assert database["objects"].count_documents({}) == 1
    stored = services.objects.get(first.object_id)
    assert stored["name"] == first.name == "study_nmdc_sty-11-meadow_biosamples.csv"
    assert stored["mime_type"] == "text/csv"
    assert stored["description"].startswith(f"{STUDY_ID} biosamples (created by/for ada at ")
    assert {"type": "sha256", "checksum": first.sha256} in stored["checksums"]
    content = services.objects.content(first.object_id).content
    assert list(csv.reader(io.StringIO(content.decode(), newline=""))) == [COLUMNS, *ROWS]
    assert len(content) == first.size_bytes
    (audited,) = services.audit.list_of(f"objects/{first.object_id}")
    assert audited.details == {"study_id": STUDY_ID, "for": "ada", "biosamples": 3}

    database["biosample_set"].update_one({"id": "nmdc:bsm-11-a"}, {"$set": {"name": "new"}})
    changed = exports.publish(exports.gather(STUDY_ID), username="ada")
    assert changed.is_new
    assert changed.object_id != first.object_id
