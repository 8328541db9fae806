"""The bar of the export: documents a second to both kinds of file, and the memory of that."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nmdc_runtime.exports.store import ExportStore
from nmdc_runtime.mongo.documents import to_json
from tests.bench.conftest import Ledger
from tests.site.conftest import variables
from tests.support.generated import fill
from tests.support.object_storage import storage_variables, with_storage
from tests.support.servers import S3Endpoint, shared_s3

ROOT = Path(__file__).parents[2]
DOCUMENTS = 1_000_000
#: Half of the documents are those of so many biosamples, the others are annotations.
BIOSAMPLES = 62_500

#: The whole job, as a run's process does it: written, sent, registered, fetched back, bundled.
EXPORT = """
import json, time
from nmdc_runtime.site.definitions import CONCERNS, repository_of
from nmdc_runtime.site.presets import preset_dev
(job,) = [
    made for concern in CONCERNS.values() for make in concern.jobs
    if (made := make(preset_dev)).name == "export_nmdcdb"
]
began = time.monotonic()
done = job.execute_in_process()
seconds = time.monotonic() - began
with open("/proc/self/status") as status:
    peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
bundle = done.output_for_node("bundle_nmdcdb_export")
told = {"documents": bundle.documents, "seconds": seconds, "megabytes": int(peak) / 1024}
print(json.dumps(told))
"""


@pytest.fixture(scope="session")
def s3_endpoint(testrun_uid: str, tmp_path_factory) -> Iterator[S3Endpoint]:
    with shared_s3(testrun_uid, tmp_path_factory.getbasetemp()) as endpoint:
        yield endpoint


def add_annotations(database, how_many: int) -> None:
    """Add rows of `functional_annotation_agg`, which have no id."""
    for start in range(0, how_many, 5_000):
        database["functional_annotation_agg"].insert_many(
            [
                {
                    "was_generated_by": f"nmdc:wfmgan-11-{at % 997:06d}.1",
                    "gene_function_id": f"KEGG.ORTHOLOGY:K{at // 997:05d}",
                    "count": at % 100,
                    "type": "nmdc:FunctionalAnnotationAggMember",
                }
                for at in range(start, min(start + 5_000, how_many))
            ],
            ordered=False,
        )


def bare_s(database, names: list[str]) -> float:
    """Read the same documents and make JSON of them, and nothing else; return the seconds."""
    store = ExportStore(database)
    began = time.perf_counter()
    for name in names:
        for batch in store.batches(name, by="_id"):
            b"\n".join([to_json(each, zoned=True) for each in batch])
    return time.perf_counter() - began


def test_exporting_a_million_documents(database, settings, s3_endpoint, ledger: Ledger):
    counts = fill(database, BIOSAMPLES)
    add_annotations(database, DOCUMENTS - sum(counts.values()))
    environ = {
        **os.environ,
        **variables(settings),
        **storage_variables(with_storage(settings, s3_endpoint)),
    }

    finished = subprocess.run(
        [sys.executable, "-c", EXPORT],
        cwd=ROOT,
        env=environ,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
    )

    told = json.loads(finished.stdout.splitlines()[-1])
    assert told["documents"] == DOCUMENTS
    names = [*counts, "functional_annotation_agg"]
    per_document = 1e6 * told["seconds"] / DOCUMENTS
    bare = 1e6 * bare_s(database, names) / DOCUMENTS
    ledger.add("export_nmdcdb, one document", per_document, "us", bar=1e6 / 15_000, bare=bare)
    ledger.add("export_nmdcdb, memory of its process", told["megabytes"], "MB", bar=400)
