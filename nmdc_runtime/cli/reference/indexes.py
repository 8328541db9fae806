"""The reference page of MongoDB's indexes, from what the stores declare."""

from itertools import groupby

from bson import json_util

from nmdc_runtime.cli.reference.settings import COMMAND
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.wiring import all_indexes


def indexes_page() -> str:
    """Return the reference page of all indexes, in Markdown."""
    registry = load_registry()
    indexes = sorted(all_indexes(registry), key=lambda index: (index.collection, index.index_name))
    parts = [
        f"<!-- Written by `{COMMAND}` from the stores: edit those. -->",
        "# Indexes",
        "",
        "The hub makes these at every start, on the schema's collections (of nmdc-schema "
        f"{registry.version}) and on its own. MongoDB's own index on `_id` is left out. An index "
        "that the data does not allow, for instance because two documents have one id, is "
        "reported by `/health/ready` under `boot`; the hub starts without it.",
    ]
    for collection, found in groupby(indexes, key=lambda index: index.collection):
        parts += ["", f"## `{collection}`", "", "| Index | Keys | |", "| --- | --- | --- |"]
        parts += [_row(index) for index in found]
    return "\n".join(parts) + "\n"


def _row(index: Index) -> str:
    keys = ", ".join(f"`{key}`" for key in index.keys)
    return f"| `{index.index_name}` | {keys} | {'; '.join(_facts(index))} |"


def _facts(index: Index) -> list[str]:
    facts = ["unique"] if index.unique else []
    if index.expire_after is not None:
        seconds = int(index.expire_after.total_seconds())
        facts.append(f"documents expire after {seconds} s")
    if index.partial is not None:
        facts.append(f"only where `{json_util.dumps(index.partial)}`")
    return facts
