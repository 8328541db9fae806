"""The database handle that notebooks and other people's ops use."""

from typing import Any

import dagster as dg
import pytest
from pymongo.database import Database

from nmdc_runtime.config import Settings
from nmdc_runtime.metadata.errors import DocumentsClash, UnknownCollection
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.plans.errors import DocumentWithoutId
from nmdc_runtime.site.repository import preset_normal, run_config_frozen__normal_env
from nmdc_runtime.site.resources import MongoResource, get_mongo
from nmdc_runtime.wiring import Services

STUDY = {
    "id": "nmdc:sty-11-8fb6t785",
    "type": "nmdc:Study",
    "study_category": "research_study",
    "name": "Deep subsurface",
}
BIOSAMPLE = {
    "id": "nmdc:bsm-11-6zd5nb38",
    "type": "nmdc:Biosample",
    "name": "Core 1",
    "associated_studies": ["nmdc:sty-11-missing1"],
}


@pytest.fixture
def mongo(services: Services, settings: Settings) -> Any:
    """Yield the resource as a notebook makes it."""
    resource = MongoResource(host=settings.mongo_host, dbname=settings.mongo_dbname)
    yield resource
    resource.close()


def test_documents_get_the_dates_of_their_first_and_last_write(
    mongo: MongoResource, database: Database[Document], deployed: None
) -> None:
    def provenance() -> dict[str, Any]:
        found = database["biosample_set"].find_one({"id": BIOSAMPLE["id"]}) or {}
        return dict(found["provenance_metadata"])

    inserted = mongo.add_docs({"biosample_set": [BIOSAMPLE]}, validate=False)
    first = provenance()
    replaced = mongo.add_docs({"biosample_set": [{**BIOSAMPLE, "name": "Core 2"}]}, validate=False)
    second = provenance()
    database["biosample_set"].update_one({}, {"$unset": {"provenance_metadata": 1}})
    mongo.add_docs({"biosample_set": [{**BIOSAMPLE, "name": "Core 3"}]}, validate=False)

    result = inserted["biosample_set"]
    stored = database["biosample_set"].find_one({"id": BIOSAMPLE["id"]}) or {}
    assert (result.upserted_count, result.upserted_ids) == (1, {0: stored["_id"]})
    assert replaced["biosample_set"].modified_count == 1
    assert set(first) == {"type", "add_date"}
    assert first["add_date"].endswith("Z")
    assert second["add_date"] == first["add_date"]
    assert "mod_date" in second
    assert set(provenance()) == {"type", "mod_date"}  # nobody knows when it was added
    logged = database["txn_log"].find({}, {"_id": 0, "tgt": 1, "type": 1})
    target = {"id": BIOSAMPLE["id"], "c": "biosample_set"}
    assert list(logged) == [{"tgt": target, "type": "upsert"}] * 3
    assert database["_runtime.plans"].count_documents({"status": "applied"}) == 3
    assert database["_runtime.audit"].count_documents({"action": "add_documents"}) == 3


def test_what_is_wrong_is_a_value_error_and_nothing_is_stored(
    mongo: MongoResource, database: Database[Document], deployed: None
) -> None:
    dangling = {"study_set": [STUDY], "biosample_set": [BIOSAMPLE]}
    misspelt = {"study_set": [{**STUDY, "nmae": "x"}]}

    for wrong, named in ((dangling, "env_medium"), (misspelt, "nmae")):
        with pytest.raises(ValueError, match=named):
            mongo.add_docs(wrong)
    with pytest.raises(ValueError, match="sty-11-missing1"):
        mongo.add_docs({"study_set": [{**STUDY, "part_of": ["nmdc:sty-11-missing1"]}]})
    with pytest.raises(DocumentWithoutId):
        mongo.add_docs({"study_set": [{"type": "nmdc:Study"}]}, validate=False)
    with pytest.raises(UnknownCollection):
        mongo.add_docs({"studies": [STUDY]}, validate=False)

    assert database["study_set"].count_documents({}) == 0
    assert database["_runtime.plans"].count_documents({}) == 0


def test_without_replacing_an_id_that_is_taken_is_refused_and_rows_without_ids_are_inserted(
    mongo: MongoResource, database: Database[Document], deployed: None
) -> None:
    row = {
        "type": "nmdc:FunctionalAnnotationAggMember",
        "was_generated_by": "nmdc:wfmgan-11-aaaa1111.1",
        "gene_function_id": "KEGG.ORTHOLOGY:K00001",
        "count": 3,
    }
    mongo.add_docs({"study_set": [STUDY], "biosample_set": []}, replace=False)

    with pytest.raises(DocumentsClash, match=STUDY["id"]):
        mongo.add_docs({"study_set": [{**STUDY, "name": "Other"}]}, replace=False)
    rows = {"functional_annotation_agg": [row, {**row, "count": 4}]}
    added = mongo.add_docs(rows, validate=False)

    assert added["functional_annotation_agg"].inserted_count == 2
    assert database["functional_annotation_agg"].count_documents({}) == 2
    assert mongo.db["study_set"].find_one({"id": STUDY["id"]})["name"] == STUDY["name"]
    assert mongo.client.admin.command("ping")["ok"] == 1


def test_the_handle_of_the_process_is_that_of_the_run_config_and_ops_get_one_too(
    services: Services, database: Database[Document], deployed: None
) -> None:
    handle = get_mongo(run_config_frozen__normal_env)  # type: ignore[arg-type]
    try:
        assert get_mongo(run_config_frozen__normal_env) is handle  # type: ignore[arg-type]
        handle.add_docs({"study_set": [STUDY]})
    finally:
        handle.close()
        get_mongo.cache_clear()  # type: ignore[attr-defined]

    @dg.op(required_resource_keys={"mongo"})
    def count_studies(context: dg.OpExecutionContext) -> int:
        return int(context.resources.mongo.db["study_set"].count_documents({}))

    @dg.graph
    def counted() -> int:
        return count_studies()

    done = counted.to_job(name="counted", **preset_normal).execute_in_process()
    assert done.output_value() == 1
