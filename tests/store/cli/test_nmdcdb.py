"""`nmdcdb-mongoexport`, `-mongodump` and `-mongoimport`, as operators type them."""

import gzip
import json
import struct
import tomllib
from importlib import import_module
from pathlib import Path

import bson
import pytest
from bson import json_util
from click.testing import CliRunner
from pydantic import SecretStr

from nmdc_runtime.cli.nmdcdb import mongodump, mongoexport
from nmdc_runtime.cli.nmdcdb_import import mongoimport
from nmdc_runtime.plans.guard import GUARDS, MAINTENANCE
from tests.support.documents import a_study, biosamples

ROOT = Path(__file__).parents[3]
STUDY = a_study()
SAMPLES = biosamples(2, study_id=STUDY["id"])
ROW = {"type": "nmdc:FunctionalAnnotationAggMember", "count": 1}


@pytest.fixture
def run(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("MONGO_HOST", settings.mongo_host)
    monkeypatch.setenv("MONGO_DBNAME", settings.mongo_dbname)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def run(command, *arguments: object, status: int = 0, answer: str | None = None) -> str:
        result = CliRunner().invoke(command, [str(each) for each in arguments], input=answer)
        assert result.exit_code == status, result.output
        return result.output

    return run


@pytest.fixture
def stored(database):
    database["study_set"].insert_one(dict(STUDY))
    database["biosample_set"].insert_many([dict(each) for each in SAMPLES])
    database["functional_annotation_set"].insert_one(dict(ROW))
    database["functional_annotation_agg"].insert_one(dict(ROW))
    database["notes"].insert_one({"text": "not metadata", "at": bson.Int64(5)})
    return database


@pytest.fixture
def write(tmp_path):
    def write(content: object) -> Path:
        file = tmp_path / "database.json"
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        return file

    return write


def ids(database, collection: str) -> list[str]:
    return sorted(each["id"] for each in database[collection].find())


def test_the_three_commands_are_installed_under_their_published_names():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    for name, command in {"export": mongoexport, "dump": mongodump, "import": mongoimport}.items():
        module, _, attribute = project["scripts"][f"nmdcdb-mongo{name}"].partition(":")
        assert getattr(import_module(module), attribute) is command


def test_an_export_has_every_collection_but_the_large_in_the_published_folder(
    run, stored, database, tmp_path
):
    said = run(mongoexport)

    (folder,) = (tmp_path / "home" / "mongoexport").glob(f"*/{database.name}")
    names = {each.name for each in folder.iterdir()}
    assert names >= {"study_set.jsonl.gz", "functional_annotation_agg.jsonl.gz", "notes.jsonl.gz"}
    assert "functional_annotation_set.jsonl.gz" not in names
    assert all(name.endswith(".jsonl.gz") for name in names)
    assert "nmdcdb-mongoexport --collection functional_annotation_set" in said
    lines = gzip.decompress((folder / "notes.jsonl.gz").read_bytes()).splitlines()
    assert [json_util.loads(line) for line in lines] == list(stored["notes"].find())
    assert folder.stat().st_mode & 0o077 == 0


def test_an_export_of_the_schema_has_only_its_collections_with_ids(run, stored, tmp_path):
    run(mongoexport, "--just-schema-collections", "--out", tmp_path / "out")

    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == [
        "biosample_set.jsonl.gz",
        "study_set.jsonl.gz",
    ]


def test_a_large_collection_is_exported_when_it_is_named(run, stored, tmp_path):
    run(mongoexport, "--collection", "functional_annotation_set", "--out", tmp_path / "out")

    (file,) = (tmp_path / "out").iterdir()
    assert file.name == "functional_annotation_set.jsonl.gz"
    refused = run(mongoexport, "--collection", "nothing", "--out", tmp_path / "x", status=1)
    assert "has no collection 'nothing'" in refused
    again = run(mongoexport, "--out", tmp_path / "out", status=1)
    assert "is there already" in again


def test_sizes_are_told_of_the_sets_that_hold_documents(run, stored):
    told = {each["collection"]: each for each in json.loads(run(mongoexport, "--stats"))}

    assert set(told) == {"study_set", "biosample_set", "functional_annotation_set"}
    assert told["biosample_set"]["count"] == 2
    assert told["biosample_set"]["scaleFactor"] == 1024


def test_a_dump_is_as_mongorestore_reads_it_without_the_annotations(
    run, stored, database, tmp_path
):
    run(mongodump)

    (folder,) = (tmp_path / "home" / "nmdcdb-mongodump").glob(f"*/{database.name}")
    names = {each.name for each in folder.iterdir()}
    assert names >= {"study_set.bson.gz", "study_set.metadata.json.gz", "notes.bson.gz"}
    assert not {each for each in names if each.startswith("functional_annotation")}
    content = gzip.decompress((folder / "biosample_set.bson.gz").read_bytes())
    assert bson.decode_all(content) == list(stored["biosample_set"].find())
    assert struct.unpack_from("<i", content)[0] < len(content)


def test_a_dump_of_the_schema_has_no_other_collection(run, stored, database, tmp_path):
    run(mongodump, "--just-schema-collections", "--out", tmp_path / "out")

    names = {each.name for each in (tmp_path / "out" / database.name).iterdir()}
    assert "study_set.bson.gz" in names
    assert "notes.bson.gz" not in names


def test_no_command_takes_a_credential_and_a_failure_tells_none(run, settings, monkeypatch):
    for command in (mongoexport, mongodump, mongoimport):
        names = {option for each in command.params for option in each.opts}
        assert not [each for each in names if "pass" in each or "user" in each or "uri" in each]
    monkeypatch.setenv("MONGO_USERNAME", "admin")
    monkeypatch.setenv("MONGO_PASSWORD", "wrong-and-secret")
    host = settings.mongo_host.rpartition("@")[2]
    monkeypatch.setenv("MONGO_HOST", f"mongodb://{host}")

    said = run(mongoexport, status=1)

    assert said.startswith("Error: MongoDB:")
    assert SecretStr("wrong-and-secret").get_secret_value() not in said


def test_imported_documents_are_checked_and_stored_with_a_history(run, services, database, write):
    file = write({"@type": "nmdc:Database", "study_set": [STUDY], "biosample_set": SAMPLES})

    said = run(mongoimport, file)

    assert "biosample_set: 2 new, 0 replaced, 0 unchanged" in said
    assert ids(database, "biosample_set") == [each["id"] for each in SAMPLES]
    assert database["txn_log"].count_documents({"tgt.c": "biosample_set"}) == 2
    assert "study_set: 0 new, 0 replaced, 1 unchanged" in run(mongoimport, file)


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "not JSON"),
        ([STUDY], "not a JSON object of collections"),
        ({"study_set": [STUDY], "studies": []}, "Database has no studies"),
        ({"study_set": None}, "not a list of documents: study_set"),
        ({"study_set": [{**STUDY, "ecosystem": 5}]}, "nothing is stored, there are 1 problems"),
        ({"biosample_set": SAMPLES}, "nothing is stored"),
    ],
    ids=["broken", "list", "unknown", "null", "invalid", "dangling"],
)
def test_a_file_that_is_not_right_is_refused_as_a_whole(run, database, write, content, told):
    assert told in run(mongoimport, write(content), status=1)

    assert ids(database, "study_set") == ids(database, "biosample_set") == []


def test_dropping_replaces_the_named_collections_and_keeps_their_indexes(
    run, services, stored, database, write
):
    before = set(database["biosample_set"].index_information())
    file = write({"biosample_set": SAMPLES[:1]})

    assert "Aborted" in run(mongoimport, "--drop", file, status=1, answer="n\n")
    assert len(ids(database, "biosample_set")) == 2

    left_by_a_killed_import = database["_runtime.tmp.import.biosample_set"]
    left_by_a_killed_import.insert_one({"id": "half"})
    run(mongoimport, "--drop", "--yes", file)

    assert ids(database, "biosample_set") == [SAMPLES[0]["id"]]
    assert ids(database, "study_set") == [STUDY["id"]]
    assert set(database["biosample_set"].index_information()) == before
    assert database[GUARDS].find_one({"_id": MAINTENANCE}) is None
    assert not [each for each in database.list_collection_names() if ".tmp." in each]


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize(
    "wrong",
    [{"biosample_set": [SAMPLES[0], SAMPLES[0]]}, {"biosample_set": [{"id": "x"}]}],
    ids=["twice", "invalid"],
)
def test_dropping_for_documents_that_are_not_right_replaces_nothing(run, stored, write, wrong):
    run(mongoimport, "--drop", "--yes", write({"study_set": [], **wrong}), status=1)

    assert len(ids(stored, "biosample_set")) == 2
    assert ids(stored, "study_set") == [STUDY["id"]]
    assert not [each for each in stored.list_collection_names() if ".tmp." in each]
