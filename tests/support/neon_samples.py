"""Many soil samples after NEON's pattern: the golden tables again and again under other names."""

import csv
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nmdc_runtime.translation.neon.constants import (
    ENVO_TABLE,
    INSTRUMENT_TABLE,
    RAW_MAPPING_TABLE,
)
from nmdc_runtime.translation.neon.soil_tables import (
    CHEMISTRY,
    CORES,
    EXTRACTION,
    MEASURED,
    MOISTURE,
    POOL_LIST,
    POOLS,
    SEQUENCING,
)
from nmdc_runtime.translation.tables import Row, Table
from tests.support.neon import Inputs

SITES = {
    "BLAN": "USA: Virginia, Blandy Experimental Farm",
    "HARV": "USA: Massachusetts, Harvard Forest & Quabbin Watershed",
    "SRER": "USA: Arizona, Santa Rita Experimental Range",
}
CORES_EACH = 3
#: Every so many samples have a second run, and every so many cores a replicate in chemistry.
SECOND_RUN_EVERY = 10
REPLICATE_EVERY = 4


def soil_samples(how_many: int, *, dirty: float = 0.05, seed: int = 7) -> Inputs:
    """Return tables of so many DNA samples, each pooled of three cores, at three sites.

    Parameters
    ----------
    dirty
        The part of all rows in which a cell is wrong: a word for a number, a day that does not
        exist, a status that nobody knows, an empty cell, a land cover of no mapping.
    """
    golden = Inputs("soil")
    chance = random.Random(seed)
    made: dict[str, list[Row]] = {name: [] for name in golden.neon_tables}
    made[RAW_MAPPING_TABLE] = []
    for number in range(how_many):
        for name, row in _sample(golden, number):
            made[name].append(row)
    for name, rows in made.items():
        for row in chance.sample(rows, int(len(rows) * dirty)):
            _spoil(name, row, chance)
        golden.tables[name] = Table(name, golden.tables[name].columns, rows)
    golden.site_names = dict(SITES)
    return golden


def write_inputs(inputs: Inputs, folder: Path) -> None:
    """Write the tables and the site names as files, as the fixtures have them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in inputs.tables.items():
        helper = name in {ENVO_TABLE, RAW_MAPPING_TABLE, INSTRUMENT_TABLE}
        with (folder / f"{name}.{'tsv' if helper else 'csv'}").open("w", newline="") as file:
            writer = csv.writer(file, delimiter="\t" if helper else ",")
            writer.writerow(table.columns)
            writer.writerows([[row.get(c) for c in table.columns] for row in table.rows])
    (folder / "site_code_mapping.json").write_text(json.dumps(inputs.site_names))


def _sample(golden: Inputs, number: int) -> Iterator[tuple[str, Row]]:
    site = list(SITES)[number % len(SITES)]
    pool_id = f"{site}_{number:05d}-M-20200713-COMP"
    dna_id = f"{pool_id}-DNA1"
    core_ids = [f"{site}_{number:05d}-M-{at}-{number % 40}-20200713" for at in range(CORES_EACH)]
    first = {name: table.rows[0] for name, table in golden.tables.items()}
    names: dict[str, Any] = {"dnaSampleID": dna_id, "genomicsSampleID": pool_id, "siteID": site}
    yield EXTRACTION, first[EXTRACTION] | names
    yield SEQUENCING, first[SEQUENCING] | {"dnaSampleID": dna_id, "siteID": site}
    yield (
        POOLS,
        first[POOLS] | {"genomicsSampleID": pool_id, "siteID": site, POOL_LIST: "|".join(core_ids)},
    )
    for at, core_id in enumerate(core_ids):
        own = {"sampleID": core_id, "siteID": site}
        yield CORES, golden.tables[CORES].rows[at] | own
        for name in MEASURED:
            yield name, golden.tables[name].rows[at] | own
        if (number * CORES_EACH + at) % REPLICATE_EVERY == 0:
            carbon = {"nitrogenPercent": None, "organicCPercent": "2.5", "analyticalRepNumber": "2"}
            yield CHEMISTRY, golden.tables[CHEMISTRY].rows[at] | own | carbon
    for run in range(2 if number % SECOND_RUN_EVERY == 0 else 1):
        for row in golden.tables[RAW_MAPPING_TABLE].rows:
            old, new = "HVT2HBGXJ_20S_08_0661", f"RUN{run}_{number:05d}"
            path = str(row["rawDataFilePath"]).replace(old, new)
            yield RAW_MAPPING_TABLE, row | {"dnaSampleID": dna_id, "rawDataFilePath": path}


def _spoil(table: str, row: Row, chance: random.Random) -> None:
    wrong: dict[str, list[tuple[str, str | None]]] = {
        EXTRACTION: [("qaqcStatus", "Warning"), ("sampleMass", "a spoon"), ("processedDate", None)],
        SEQUENCING: [("instrument_model", "MinION"), ("dnaSampleID", None)],
        POOLS: [("genomicsSampleID", None), (POOL_LIST, "NOWHERE-1|NOWHERE-2")],
        CORES: [
            ("soilTemp", "warm"),
            ("collectDate", "2020-02-30"),
            ("elevation", None),
            ("nlcdClass", "moonscape"),
            ("horizon", "Z"),
        ],
        CHEMISTRY: [("nitrogenPercent", "<0.1"), ("sampleID", "OTHER-CORE")],
        MOISTURE: [("soilMoisture", "wet")],
        RAW_MAPPING_TABLE: [("checkSum", "NA"), ("rawDataFilePath", "https://x.org/notes.txt")],
    }
    column, value = chance.choice(wrong.get(table, [("sampleID", None)]))
    row[column] = value
