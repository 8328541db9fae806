"""The bars of the translators: seconds and memory for many samples, and for the golden case."""

import json
import subprocess
import sys
import time
from pathlib import Path

from nmdc_runtime.translation.gold.options import GoldOptions
from nmdc_runtime.translation.gold.study import plan_gold_study
from nmdc_runtime.translation.minting import mint_all, placeholder_minter
from nmdc_runtime.translation.neon.soil import plan_soil
from nmdc_runtime.translation.tables import read_csv
from tests.bench.conftest import Ledger, median_s
from tests.support.gold import instrument_map, many, records_of
from tests.support.neon import Inputs
from tests.support.neon_samples import soil_samples, write_inputs
from tests.support.portal import many_samples, translated

ROOT = Path(__file__).parents[2]
SAMPLES = 10_000
GOLD_BIOSAMPLES = 5_000

#: The whole way in a process of its own: files read, planned, minted, documents with ids. It is one
#: thread that waits for nothing, so that its CPU time is what it takes on a machine of its own.
TRANSLATE = """
import json, sys, time
from pathlib import Path
from nmdc_runtime.translation.minting import mint_all, placeholder_minter
from nmdc_runtime.translation.neon.options import NeonOptions, OnError
from nmdc_runtime.translation.neon.soil import plan_soil
from nmdc_runtime.translation.neon.soil_tables import COLUMNS
from nmdc_runtime.translation.neon.translator import NeonReferences
from nmdc_runtime.translation.tables import read_csv
folder = Path(sys.argv[1])
began = time.process_time()
tables = {
    name: read_csv(folder / f"{name}.csv", name=name, columns=columns)
    for name, columns in COLUMNS.items()
}
def helper(name):
    return read_csv(folder / f"{name}.tsv", name=name, separator="\\t")
references = NeonReferences(
    site_names=json.loads((folder / "site_code_mapping.json").read_bytes()),
    instruments=helper("neon_nmdc_instrument_map"),
    envo=helper("neon_envo_mappings"),
    raw_files=helper("neon_raw_data_file_mappings"),
)
plan, report = plan_soil(tables, references, NeonOptions(on_error=OnError.SKIP))
database = plan.emit(mint_all(plan, placeholder_minter()))
seconds = time.process_time() - began
with open("/proc/self/status") as status:
    peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
print(json.dumps({
    "seconds": seconds, "megabytes": int(peak) / 1024, "counts": report.counts(),
    "tables": report.table(),
}))
"""


def bare_s(folder: Path) -> float:
    """Read the same files into rows and nothing else; return the seconds."""
    began = time.process_time()
    for file in folder.glob("*.[ct]sv"):
        read_csv(file, name=file.stem, separator="\t" if file.suffix == ".tsv" else ",")
    return time.process_time() - began


def test_ten_thousand_soil_samples_of_which_some_are_dirty(tmp_path, ledger: Ledger):
    write_inputs(soil_samples(SAMPLES), tmp_path)

    finished = subprocess.run(
        [sys.executable, "-c", TRANSLATE, str(tmp_path)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
    )

    told = json.loads(finished.stdout.splitlines()[-1])
    assert told["counts"]["biosample_set"] > SAMPLES
    assert told["counts"]["data_generation_set"] > SAMPLES / 2
    ledger.add("NEON soil, 10,000 samples", told["seconds"], "s", bar=20, bare=bare_s(tmp_path))
    ledger.add("NEON soil, memory of its process", told["megabytes"], "MB", bar=500)


def test_the_golden_case_takes_no_time(ledger: Ledger):
    def translate() -> None:
        inputs = Inputs("soil")
        plan, _ = plan_soil(inputs.neon_tables, inputs.references)
        plan.emit(mint_all(plan, placeholder_minter()))

    ledger.add("NEON soil, the golden case", median_s(translate), "s", bar=0.2)


def test_five_thousand_biosamples_of_gold_of_which_some_have_faults(ledger: Ledger):
    content = many(GOLD_BIOSAMPLES)
    records = records_of(content, instrument_map())

    began = time.process_time()
    json.loads(json.dumps(content))
    bare = time.process_time() - began
    began = time.process_time()
    plan, report = plan_gold_study(records, GoldOptions(include_field_site_info=True))
    database = plan.emit(mint_all(plan, placeholder_minter()))
    seconds = time.process_time() - began

    assert len(database["biosample_set"]) == GOLD_BIOSAMPLES
    assert len(database["data_generation_set"]) == 2 * GOLD_BIOSAMPLES
    assert report.problems.by_code == {"missing_unit": GOLD_BIOSAMPLES // 10}
    ledger.add("GOLD study, 5,000 biosamples", seconds, "s", bar=10, bare=bare)


def test_a_submission_of_two_thousand_samples_each_with_a_run(ledger: Ledger):
    envelope = many_samples(2000)
    began = time.process_time()
    database, report = translated(envelope)
    seconds = time.process_time() - began

    assert len(database["biosample_set"]) == len(database["data_generation_set"]) == 2000
    assert report.problems.by_code == {"bad_quantity": 2000}
    ledger.add("Submission Portal, 2,000 samples with runs", seconds, "s", bar=10)
