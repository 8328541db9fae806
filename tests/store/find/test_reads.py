"""The report of URLs and the merged stream, read from a real MongoDB."""

from nmdc_runtime.find.reads import FindReads
from nmdc_runtime.mongo.sorting import SortedQuery
from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.web.visibility import Visibility


async def urls(reads: FindReads, prefix: str = "", *, chunk: int) -> list[str]:
    return [url async for batch in reads.data_object_urls(prefix, chunk=chunk) for url in batch]


async def test_the_report_is_the_same_whatever_the_chunk_and_however_many_share_a_url(
    async_database, database
):
    names = ["a", "b", "b", "b", "b", "b", "c", "c", "d", "e", "e", "f"]
    database["data_object_set"].insert_many(
        {"id": f"nmdc:dobj-11-{n}", "url": f"https://x.org/{name}"} for n, name in enumerate(names)
    )
    # Of the five with one URL only the last is put out; c and f are not.
    put_out = [f"nmdc:dobj-11-{n}" for n in (0, 5, 8, 9, 10)]
    database["workflow_execution_set"].insert_one({"id": "w", "has_output": put_out})
    reads = FindReads(async_database, load_registry(), time_limit_ms=5_000)
    expected = [f"https://x.org/{name}" for name in "abde"]
    for chunk in (1, 2, 3, 5, 12, 100):
        assert await urls(reads, chunk=chunk) == expected, chunk
        assert await urls(reads, "https://x.org/b", chunk=chunk) == ["https://x.org/b"]
        assert await urls(reads, "https://x.org/c", chunk=chunk) == []


async def test_a_merged_walk_goes_on_when_the_document_at_its_place_is_deleted(
    async_database, database
):
    for number, name in enumerate(("data_generation_set", "workflow_execution_set")):
        database[name].insert_one({"id": f"nmdc:p-{number}", "name": "a"})
    reads = FindReads(async_database, load_registry(), time_limit_ms=5_000)
    names = reads.planned_process_collections
    assert set(names) == {
        "collecting_biosamples_from_site_set",
        "data_generation_set",
        "material_processing_set",
        "storage_process_set",
        "workflow_execution_set",
    }
    query = SortedQuery(
        sort=(("name", 1), ("id", 1)), size=1, projection={"_id": 0}, time_limit_ms=5_000
    )
    first = await reads.page(names, query, Visibility())
    assert first.documents == [{"id": "nmdc:p-0", "name": "a"}]
    database["data_generation_set"].delete_one({"id": "nmdc:p-0"})
    after = SortedQuery(
        sort=query.sort, size=5, after=first.next, projection={"_id": 0}, time_limit_ms=5_000
    )
    rest = await reads.page(names, after, Visibility())
    assert rest.documents == [{"id": "nmdc:p-1", "name": "a"}]
    assert rest.next is None
