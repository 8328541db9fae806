"""The bar of a submission to NCBI: seconds for a study of 5,000 biosamples, and the memory."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from nmdc_runtime.exports.study_store import StudyStore
from nmdc_runtime.mongo.documents import to_json
from nmdc_runtime.schema.load import load_registry
from tests.bench.conftest import Ledger
from tests.support.generated import fill
from tests.support.ncbi_rules import broken_rules

ROOT = Path(__file__).parents[2]
BIOSAMPLES = 5_000
STUDY_ID = "nmdc:sty-11-large"

#: The whole command, as its process does it, connecting and importing included.
EXPORT = """
import json, sys, time
began = time.monotonic()
from click.testing import CliRunner
from nmdc_runtime.cli.main import cli
done = CliRunner().invoke(cli, ["export", "ncbi", *sys.argv[1:]], catch_exceptions=False)
assert done.exit_code == 0, done.output
with open("/proc/self/status") as status:
    peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
taken = {"seconds": time.monotonic() - began, "cpu_seconds": time.process_time()}
print(json.dumps({**taken, "megabytes": int(peak) / 1024}))
"""


def bare_s(database) -> float:
    """Read the same biosamples and make JSON of them, and nothing else; return the seconds."""
    store = StudyStore(database, load_registry(), time_limit_ms=60_000)
    began = time.perf_counter()
    ids = store.list_biosample_ids(STUDY_ID)
    b"\n".join([to_json(each) for each in store.list_biosamples(ids)])
    return time.perf_counter() - began


def test_making_a_submission_of_a_study(database, settings, tmp_path, ledger: Ledger):
    fill(database, BIOSAMPLES)
    database["biosample_set"].update_many({}, {"$set": {"associated_studies": [STUDY_ID]}})
    # JGI's are left out: here nobody's are.
    database["data_generation_set"].update_many({}, {"$unset": {"processing_institution": ""}})
    reads = {"data_object_type": "Metagenome Raw Reads"}
    names = {"$concat": ["https://example.org/", {"$substrBytes": ["$id", 5, -1]}, ".fastq.gz"]}
    database["data_object_set"].update_many(reads, [{"$set": {"url": names}}])
    database["study_set"].insert_one(
        {
            "id": STUDY_ID,
            "type": "nmdc:Study",
            "principal_investigator": {"name": "Ada Lovelace", "email": "ada@example.org"},
            "insdc_bioproject_identifiers": ["bioproject:PRJNA1"],
        }
    )
    file = tmp_path / "submission.xml"

    finished = subprocess.run(
        [
            *(sys.executable, "-c", EXPORT, STUDY_ID, "--output", str(file)),
            *("--organization", "NMDC", "--organism", "soil metagenome"),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "MONGO_HOST": settings.mongo_host,
            "MONGO_DBNAME": settings.mongo_dbname,
        },
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
    )

    told = json.loads(finished.stdout.splitlines()[-1])
    text = file.read_text(encoding="utf-8")
    assert text.count("<BioSample ") + text.count("<ExternalLink ") > BIOSAMPLES
    assert {rule for rule, _ in broken_rules(text)} <= {"package_name"}
    report = json.loads(file.with_name("submission_report.json").read_bytes())
    assert report["counts"]["sra_actions"] > BIOSAMPLES / 4
    what = f"export ncbi, {BIOSAMPLES:,} biosamples"
    ledger.add(what, told["seconds"], "s", bar=15, bare=bare_s(database))
    ledger.add(f"{what}, CPU of its process", told["cpu_seconds"], "s")
    ledger.add(f"{what}, memory", told["megabytes"], "MB")
