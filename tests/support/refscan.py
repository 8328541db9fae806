"""Do all references of a database lead somewhere? By our own scan, and by NMDC's own tool."""

import csv
import subprocess
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from pymongo.database import Database

from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.schema.references import References

REFSCAN = Path(__file__).parents[2] / ".refscan-venv" / "bin" / "refscan"


def check_integrity(database: Database[dict[str, Any]]) -> None:
    """Fail if a document names one that is not there; quick enough for every test."""
    registry = load_registry()
    references = References(registry)
    for name in registry.collection_names:
        references.add(name, list(database[name].find({}, {"_id": 0})))
    assert references.broken({}).is_valid, references.broken({})


def run_refscan(
    mongo_url: str, database: Database[dict[str, Any]], folder: Path
) -> list[dict[str, str]]:
    """Return the violations that `refscan scan` reports, having scanned something."""
    report = folder / "violations.tsv"
    schema = files("nmdc_schema") / "nmdc_materialized_patterns.yaml"
    with as_file(schema) as path:
        told = subprocess.run(
            [
                str(REFSCAN),
                "scan",
                *("--schema", str(path)),
                *("--mongo-uri", mongo_url),
                *("--database-name", database.name),
                *("--reference-report", str(folder / "references.tsv")),
                *("--violation-report", str(report)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    assert told.returncode == 0, told.stdout[-2_000:] + told.stderr[-2_000:]
    with (folder / "references.tsv").open(newline="") as lines:
        assert len(list(csv.DictReader(lines, delimiter="\t"))) > 20
    with report.open(newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))
