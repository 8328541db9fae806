"""Changesheets for tests, and the published cases."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from nmdc_runtime.objects.models import StoredFile

DATA = Path(__file__).parents[1] / "data" / "changesheets"
TSV = "text/tab-separated-values"
HEADER = "id\taction\tattribute\tvalue\n"
#: Documents of upstream's own tests, and where they lie.
UPSTREAM_DOCUMENTS = {
    "study_set": ("nmdc_sty-11-pzmd0x14.json", "study_no_credit_associations.json"),
    "biosample_set": ("nmdc_bsm-11-0pyv7738.json", "nmdc_bsm-11-5nhz3402.json"),
    "data_object_set": ("nmdc_dobj-11-000n1286.json",),
}


@dataclass(frozen=True)
class Case:
    """A sheet, and what upstream makes of it."""

    name: str
    file: StoredFile
    expected: dict[str, Any]


def sheet(*rows: str, name: str = "sheet.tsv") -> StoredFile:
    """Return a sheet of rows whose cells stand between tabs."""
    content = HEADER + "".join(f"{row}\n" for row in rows)
    return StoredFile(name=name, content_type=TSV, content=content.encode())


def case_documents() -> dict[str, list[dict[str, Any]]]:
    """Return the database before each of the cases."""
    documents: dict[str, list[dict[str, Any]]] = orjson.loads(
        (DATA / "cases" / "documents.json").read_bytes()
    )
    return documents


def cases() -> Iterator[Case]:
    """Yield the worked examples in their order."""
    for folder in sorted(each for each in (DATA / "cases").iterdir() if each.is_dir()):
        expected = orjson.loads((folder / "expected.json").read_bytes())
        (file,) = folder.glob("sheet.*")
        stored = StoredFile(file.name, expected["content_type"], file.read_bytes())
        yield Case(folder.name, stored, expected)


def upstream_documents() -> dict[str, list[dict[str, Any]]]:
    """Return the database before each of upstream's own sheets."""
    folder = DATA / "upstream-tests"
    return {
        collection: [orjson.loads((folder / name).read_bytes()) for name in names]
        for collection, names in UPSTREAM_DOCUMENTS.items()
    }


def upstream_cases() -> Iterator[Case]:
    """Yield upstream's own sheets."""
    folder = DATA / "upstream-tests"
    for name, expected in orjson.loads((folder / "expected.json").read_bytes()).items():
        yield Case(name, StoredFile(name, TSV, (folder / name).read_bytes()), expected)
