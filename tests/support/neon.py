"""NEON's fixtures: reading them, varying them case by case, comparing graphs up to their ids."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.translation.neon.constants import (
    ENVO_TABLE,
    INSTRUMENT_TABLE,
    RAW_MAPPING_TABLE,
)
from nmdc_runtime.translation.neon.translator import NeonReferences
from nmdc_runtime.translation.planning import Plan
from nmdc_runtime.translation.report import TranslationReport
from nmdc_runtime.translation.tables import Table, read_csv

DATA = Path(__file__).parents[1] / "data" / "neon"
#: What the cases call the helper tables.
ALIASES = {"raw_mapping": RAW_MAPPING_TABLE, "instrument_map": INSTRUMENT_TABLE}
HELPERS = (ENVO_TABLE, RAW_MAPPING_TABLE, INSTRUMENT_TABLE)


class Inputs:
    """The input folder of a product: its tables by file stem, and its JSON files."""

    def __init__(self, product: str) -> None:
        self.folder = DATA / product / "input"
        self.tables: dict[str, Table] = {}
        for file in sorted(self.folder.glob("*.[ct]sv")):
            if "." not in file.stem:  # others are variants of a table
                self.use_file(file.stem, file.name)
        self.site_names: dict[str, str] = self.json("site_code_mapping.json")

    def json(self, name: str) -> Any:
        """Return what a JSON file of the folder holds."""
        return json.loads((self.folder / name).read_bytes())

    def use_file(self, table: str, name: str) -> None:
        """Read a table from another file of the folder."""
        separator = "\t" if name.endswith(".tsv") else ","
        self.tables[table] = read_csv(self.folder / name, name=table, separator=separator)

    @property
    def references(self) -> NeonReferences:
        """The helper tables."""
        return NeonReferences(
            site_names=self.site_names,
            instruments=self.tables.get(INSTRUMENT_TABLE),
            envo=self.tables.get(ENVO_TABLE),
            raw_files=self.tables.get(RAW_MAPPING_TABLE),
        )

    @property
    def neon_tables(self) -> dict[str, Table]:
        """NEON's own tables."""
        return {name: table for name, table in self.tables.items() if name not in HELPERS}

    def patch(self, patches: Iterable[Mapping[str, Any]]) -> "Inputs":
        """Apply the changes of an edge case, in order."""
        for each in patches:
            name = ALIASES.get(each["table"], each["table"])
            if each["op"] == "drop_table":
                del self.tables[name]
            elif each["op"] == "use_file":
                self.use_file(name, each["file"])
            elif each["op"] == "replace_json":
                self.site_names = each["values"]
            else:
                self._change(self.tables[name], each)
        return self

    def _change(self, table: Table, patch: Mapping[str, Any]) -> None:
        rows = table.rows
        if patch["op"] == "clear":
            rows.clear()
            return
        where = patch.get("where", {})
        matching = [row for row in rows if all(row.get(k) == v for k, v in where.items())]
        assert matching, f"the patch {patch} changes nothing"
        if patch["op"] == "delete":
            rows[:] = [row for row in rows if row not in matching]
            return
        if patch["op"] == "append_copy":
            matching = [dict(row) for row in matching]
            rows.extend(matching)
            replaced = patch.get("replace_text", {})
        else:
            assert patch["op"] in {"set", "replace_text"}, patch
            replaced = patch["values"] if patch["op"] == "replace_text" else {}
        for row in matching:
            if patch["op"] != "replace_text":
                row.update(patch.get("values", {}))
            for column, (old, new) in replaced.items():
                row[column] = str(row[column]).replace(old, new)


def cases(product: str) -> list[dict[str, Any]]:
    """Return the edge cases of a product."""
    content = json.loads((DATA / product / "edge_cases.json").read_bytes())
    found: list[dict[str, Any]] = content["cases"]
    return found


def expected(product: str, name: str) -> dict[str, Any]:
    """Return a file of the expected results of a product."""
    content: dict[str, Any] = json.loads((DATA / product / "expected" / name).read_bytes())
    return content


def canonical(database: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return a database in a form that is equal for graphs equal up to their ids.

    Each placeholder id is replaced by what it stands for: the class, and all that the document says
    with the ids in it replaced likewise. Lists of ids are sets; so are collections.
    """
    documents = {each["id"]: each for held in database.values() for each in held}
    makers: dict[str, list[str]] = {}
    for each in documents.values():
        for output in each.get("has_output", ()):
            makers.setdefault(output, []).append(each["id"])
    told: dict[str, str] = {}

    def tell(id_: str) -> str:
        if id_ not in told:
            told[id_] = id_
            # Without outputs: a process and its output may name each other.
            held = {k: v for k, v in documents[id_].items() if k not in {"id", "has_output"}}
            slots = {slot: value(each) for slot, each in held.items()}
            made_by = sorted(tell(maker) for maker in makers.get(id_, ()))
            told[id_] = json.dumps([slots, made_by], sort_keys=True)
        return told[id_]

    def value(held: Any) -> Any:
        if isinstance(held, str):
            return tell(held) if held in documents else held
        if isinstance(held, list):
            return sorted((value(each) for each in held), key=json.dumps)
        if isinstance(held, dict):
            return {key: value(each) for key, each in held.items()}
        return held

    def whole(document: Mapping[str, Any]) -> str:
        outputs = sorted(
            json.dumps(value(documents[each]) if each in documents else each, sort_keys=True)
            for each in document.get("has_output", ())
        )
        return json.dumps([tell(document["id"]), outputs])

    return {name: sorted(map(whole, held)) for name, held in database.items() if held}


def dangling(database: Mapping[str, Any], *, external: Iterable[str] = ()) -> set[str]:
    """Return the ids that documents refer to and that are neither there nor external."""
    held = {each["id"] for documents in database.values() for each in documents} | set(external)
    slots = load_registry().reference_slots
    return {
        target
        for documents in database.values()
        for each in documents
        for slot, _ in slots.get(each["type"], ())
        for target in _listed(each.get(slot))
        if target not in held
    }


def used_and_skipped_add_up(report: TranslationReport) -> bool:
    """Tell whether each row of each table was used, or skipped for a reason."""
    return all(use.read == use.used + use.skipped.total() for use in report.tables.values())


def of_type(database: Mapping[str, Any], class_name: str) -> list[dict[str, Any]]:
    """Return the documents of a class, whichever collection holds them."""
    return [
        each
        for documents in database.values()
        for each in documents
        if each["type"] == f"nmdc:{class_name}"
    ]


def minted_counts(plan: Plan) -> dict[str, int]:
    """Return how many ids of each class a plan needs."""
    return {class_uri: len(labels) for class_uri, labels in plan.labels_by_class().items()}


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
