"""`nmdc-client` from PyPI, as people have it, against a real hub with generated data."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from pymongo.database import Database

from nmdc_runtime.config import Settings
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import ensure_indexes
from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.wiring import all_indexes, open_services
from tests.api.authorisation.world import settings_of
from tests.support import nmdc_client
from tests.support.generated import fill
from tests.support.nmdc_client import ask
from tests.support.uvicorn_hub import running_hub

# One hub for all of these: what it takes to fill and start it is most of their time.
pytestmark = pytest.mark.xdist_group("nmdc-client")

BIOSAMPLES = 330
ANNOTATIONS = 900
#: The classes for collections that need no arguments, each with a collection.
SEARCHES = {
    "BiosampleSearch": "biosample_set",
    "CalibrationSearch": "calibration_set",
    "CollectingBiosamplesFromSiteSearch": "collecting_biosamples_from_site_set",
    "ConfigurationSearch": "configuration_set",
    "DataGenerationSearch": "data_generation_set",
    "DataObjectSearch": "data_object_set",
    "InstrumentSearch": "instrument_set",
    "ManifestSearch": "manifest_set",
    "MaterialProcessingSearch": "material_processing_set",
    "ProcessedSampleSearch": "processed_sample_set",
    "StorageProcessSearch": "storage_process_set",
    "StudySearch": "study_set",
    "WorkflowExecutionSearch": "workflow_execution_set",
}
#: A page of the client's own choice, so that the larger collections take several.
PAGE = 100


@pytest.fixture(scope="module", autouse=True)
def client_installed() -> None:
    nmdc_client.install()


@pytest.fixture(scope="module")
def settings(mongo_url) -> Settings:
    """Return settings of a hub that all of these tests only read from."""
    return settings_of(mongo_url, f"test_{uuid4().hex}")


@pytest.fixture(scope="module")
def database(mongo_client, settings) -> Iterator[Database[Document]]:
    name = settings.mongo_dbname
    assert ensure_indexes(mongo_client[name], all_indexes(load_registry())) == []
    fill(mongo_client[name], BIOSAMPLES, annotations=ANNOTATIONS)
    yield mongo_client[name]
    mongo_client.drop_database(name)


@pytest.fixture(scope="module")
def url(settings, database) -> Iterator[str]:
    with open_services(settings) as services:
        services.graph.rebuild()
    with running_hub(settings) as (url, _):
        yield url


def stored(database, collection: str, condition: dict | None = None) -> list[dict]:
    return list(database[collection].find(condition or {}, {"_id": 0}).sort("id"))


def by_id(documents: list[dict]) -> list[dict]:
    assert isinstance(documents, list), documents  # what was raised
    return sorted(documents, key=lambda each: each["id"])


def test_every_collection_is_read_whole_over_several_pages(url, database):
    paged = ("get_records", {"max_page_size": PAGE})
    # This version's own class for sites cannot be made: a method of it is abstract.
    sites_alone = ("CollectionSearch", {"collection_name": "field_research_site_set"}, *paged)

    *answers, sites = ask(url, *((name, {}, *paged) for name in SEARCHES), sites_alone)

    assert by_id(sites) == stored(database, "field_research_site_set")
    for (name, collection), records in zip(SEARCHES.items(), answers, strict=True):
        assert by_id(records) == stored(database, collection), name
    sizes = [database[collection].estimated_document_count() for collection in SEARCHES.values()]
    assert sum(size > 3 * PAGE for size in sizes) >= 3


def on_biosamples(method: str, **arguments) -> nmdc_client.Call:
    return ("BiosampleSearch", {}, method, arguments)


def test_biosamples_are_found_by_filter_attribute_and_id(url, database):
    biosamples = stored(database, "biosample_set")
    one, ids = biosamples[7], [each["id"] for each in biosamples]
    study, missing = one["associated_studies"][0], "nmdc:bsm-99-nobody"
    named = {"attribute_name": "name", "attribute_value": one["name"], "exact_match": True}
    aquatic = {"attribute_name": "ecosystem_category", "attribute_value": "aqua"}

    by_filter, first_page, exactly, roughly, the_one, some_slots, all_there, not_all, many = ask(
        url,
        on_biosamples("get_record_by_filter", filter=f'{{"associated_studies":"{study}"}}'),
        on_biosamples("get_records", max_page_size=5, fields="id, name", all_pages=False),
        on_biosamples("get_record_by_attribute", **named),
        on_biosamples("get_record_by_attribute", **aquatic),
        on_biosamples("get_record_by_id", record_id=one["id"]),
        on_biosamples("get_record_by_id", record_id=one["id"], fields="id,name"),
        on_biosamples("check_ids_exist", ids=ids),
        on_biosamples("check_ids_exist", ids=[missing, *ids[:150]], return_missing_ids=True),
        on_biosamples("get_batch_records", id_list=[study], search_field="associated_studies"),
    )

    assert by_id(by_filter) == stored(database, "biosample_set", {"associated_studies": study})
    assert [sorted(each) for each in first_page] == [["id", "name"]] * 5
    assert exactly == the_one == [one]
    assert by_id(roughly) == stored(database, "biosample_set", {"ecosystem_category": "Aquatic"})
    assert some_slots == [{"id": one["id"], "name": one["name"]}]
    assert all_there is True
    assert not_all == [False, [missing]]
    assert by_id(many) == by_id(by_filter)


def test_biosamples_are_found_by_place(url, database):
    one = stored(database, "biosample_set")[7]
    latitude, longitude = one["lat_lon"]["latitude"], one["lat_lon"]["longitude"]
    corner = {"latitude": latitude, "longitude": longitude, "fields": "id"}

    north, west, south_east, near = ask(
        url,
        on_biosamples("get_record_by_latitude", comparison="gte", latitude=latitude),
        on_biosamples("get_record_by_longitude", comparison="lt", longitude=longitude),
        on_biosamples(
            "get_record_by_lat_long", lat_comparison="lt", long_comparison="gt", **corner
        ),
        on_biosamples("get_record_by_proximity", radius_km=0.001, record_id=one["id"]),
    )

    assert by_id(north) == stored(
        database, "biosample_set", {"lat_lon.latitude": {"$gte": latitude}}
    )
    assert by_id(west) == stored(
        database, "biosample_set", {"lat_lon.longitude": {"$lt": longitude}}
    )
    found = stored(
        database,
        "biosample_set",
        {"lat_lon.latitude": {"$lt": latitude}, "lat_lon.longitude": {"$gt": longitude}},
    )
    assert by_id(south_east) == [{"id": each["id"]} for each in found]
    assert near == [one]


def test_rows_without_an_id_are_found_by_their_function_over_several_pages(url, database):
    search = "FunctionalAnnotationAggSearch"
    function = {"annotation": "COG00001", "annotation_type": "COG", "page_size": 7}

    rows, refused = ask(
        url,
        (search, {}, "get_functional_annotations", function),
        (search, {}, "get_record_by_id", {"record_id": "x"}),
    )

    expected = database["functional_annotation_agg"].find(
        {"gene_function_id": "COG:COG00001"}, {"_id": 0}
    )
    assert rows == list(expected.sort("_id"))
    assert len(rows) > 3 * 7
    assert refused["raised"] == "OperationNotSupportedError"


def test_documents_are_found_by_id_alone(url, database):
    biosamples, files = stored(database, "biosample_set"), stored(database, "data_object_set")
    some = [*biosamples[:120], files[0]]
    unknown = {"id": "nmdc:bsm-99-nobody"}

    version, collection, many, record, nothing = ask(
        url,
        ("NMDCSearch", {}, "get_schema_version", {}),
        ("NMDCSearch", {}, "get_collection_name_from_id", {"doc_id": files[0]["id"]}),
        ("NMDCSearch", {}, "get_records_by_id", {"ids": [each["id"] for each in some]}),
        ("NMDCSearch", {}, "get_record_from_id", {"id": files[3]["id"], "fields": "id,url"}),
        ("NMDCSearch", {}, "get_record_from_id", unknown),
    )

    assert version == load_registry().version
    assert collection == "data_object_set"
    assert by_id(many) == by_id(some)
    assert record == {key: files[3][key] for key in ("id", "url")}
    assert nothing["raised"] == "RuntimeError"


def test_superseded_and_failed_records_are_left_out_when_asked_for(url, database):
    good = {"superseded_by": None, "qc_status": {"$ne": "fail"}}
    without = {"include_superseded_records": False, "include_failed_records": False}

    everything, executions, files, processes = ask(
        url,
        ("WorkflowExecutionSearch", {}, "get_records", {}),
        ("WorkflowExecutionSearch", without, "get_records", {"max_page_size": 50}),
        ("DataObjectSearch", {"include_superseded_records": False}, "get_records", {}),
        ("MaterialProcessingSearch", {"include_failed_records": False}, "get_records", {}),
    )

    assert by_id(everything) == stored(database, "workflow_execution_set")
    assert by_id(executions) == stored(database, "workflow_execution_set", good)
    assert by_id(files) == stored(database, "data_object_set", {"superseded_by": None})
    assert by_id(processes) == stored(
        database, "material_processing_set", {"qc_status": {"$ne": "fail"}}
    )
    assert len(executions) < len(everything)


def test_linked_instances_keep_their_shape_over_pages_and_batches(url, database):
    biosamples = stored(database, "biosample_set")
    ids, study = [each["id"] for each in biosamples], biosamples[0]["associated_studies"][0]
    of_study = [each for each in biosamples if study in each["associated_studies"]]
    studies = {"types": ["nmdc:Study"], "ids": ids}
    hydrated = {"ids": study, "types": "nmdc:Biosample", "hydrate": True, "max_page_size": 30}
    one = {"ids": [ids[0]], "types": ["nmdc:Biosample", "nmdc:Study"]}

    slim, whole, by_biosample, upstream = ask(
        url,
        ("NMDCSearch", {}, "get_linked_instances", {**hydrated, "hydrate": False}),
        ("NMDCSearch", {}, "get_linked_instances", hydrated),
        ("NMDCSearch", {}, "get_linked_instances_and_associate_ids", studies),
        ("NMDCSearch", {}, "get_linked_instances", one),
    )

    # The client sends neither page size nor `hydrate` with its second page.
    assert len(of_study) > 3 * 30
    assert by_id(slim) == [
        {"id": each["id"], "type": each["type"], "_downstream_of": [study]} for each in of_study
    ]
    assert by_id(whole) == [{**each, "_downstream_of": [study]} for each in of_study]
    # And asks for 250 ids at a time.
    assert set(by_biosample) == set(ids)
    consortium = database["study_set"].find_one({"study_category": "consortium"})["id"]
    for each in biosamples:
        assert set(by_biosample[each["id"]]) == {*each["associated_studies"], consortium}
    assert {each["id"] for each in upstream} == {study, consortium}


def test_the_files_of_a_study_are_listed_by_biosample(url, database):
    study = stored(database, "biosample_set")[0]["associated_studies"][0]

    (found,) = ask(url, ("DataObjectSearch", {}, "get_data_objects_for_study", {"study_id": study}))

    files = {each["id"]: each for each in stored(database, "data_object_set")}
    listed = [each for entry in found for each in entry["data_objects"]]
    assert all(files[each["id"]] == each for each in listed)
    mine = {each["id"] for each in stored(database, "biosample_set", {"associated_studies": study})}
    assert {entry["biosample_id"] for entry in found} <= mine
    made = stored(database, "data_generation_set", {"associated_studies": study})
    raw = {file for each in made for file in each["has_output"]}
    assert raw
    assert raw <= {each["id"] for each in listed}


def test_those_who_log_in_list_staged_files_and_validate_documents(url, database, settings):
    log_in = {
        "username": settings.api_admin_user,
        "password": settings.api_admin_pass.get_secret_value(),
    }
    good, bad = database["biosample_set"].find({}, {"_id": 0}).limit(2)
    bad["id"] = "nmdc:dobj-11-not-a-biosample"

    projects, tasks, valid, invalid = ask(
        url,
        ("JGISequencingProjectAPI", {}, "list_jgi_sequencing_projects", {}),
        ("GlobusTaskAPI", {}, "list_globus_tasks", {}),
        ("Metadata", {}, "validate_json", {"json_records": {"biosample_set": [good]}}),
        ("Metadata", {}, "validate_json", {"json_records": {"biosample_set": [bad]}}),
        log_in=log_in,
    )

    assert projects == tasks == []
    assert valid == 200
    assert "does not match" in invalid["said"]
