"""Collections as files for operators: whole documents in MongoDB's relaxed Extended JSON."""

import gzip
from pathlib import Path
from typing import Final

from bson import json_util

from nmdc_runtime.exports.store import ExportStore

LEVEL: Final = 3


def write_extended(store: ExportStore, collection: str, folder: Path) -> int:
    """Write ``<collection>.jsonl.gz`` with a document a line; return how many.

    Types that JSON does not have are kept, as mongoimport reads them. The file has its name when
    it is complete, and not before.
    """
    file = folder / f"{collection}.jsonl.gz"
    partial = folder / f"{collection}.jsonl.gz.part"
    count = 0
    with partial.open("xb") as stream, gzip.GzipFile("", "wb", LEVEL, stream, mtime=0) as packed:
        for document in store.whole_documents(collection):
            line = json_util.dumps(document, json_options=json_util.RELAXED_JSON_OPTIONS)
            packed.write(line.encode() + b"\n")
            count += 1
    partial.replace(file)
    return count
