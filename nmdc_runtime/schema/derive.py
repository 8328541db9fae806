"""Derive the registry from the installed nmdc-schema with LinkML: seconds, once a version.

``python -m nmdc_runtime.schema.derive --write`` writes the file that ships with this package;
without ``--write`` it only says whether that file is current.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
from linkml_runtime import SchemaView

from nmdc_runtime.schema import load
from nmdc_runtime.schema.registry import SlotKind

COMMAND = "python -m nmdc_runtime.schema.derive --write"
#: Up to 11.24 patterns begin with ``^(nmdc):``; since 11.25 all of it is a group, ``^(?:(nmdc):``.
_TYPECODES = re.compile(r"\^(?:\(\?:)?\(nmdc\):(.+?)-")
#: What LinkML calls the Python types of values; all others are texts.
_BASES = {
    SlotKind.INTEGER: {"int"},
    SlotKind.NUMBER: {"float", "Decimal"},
    SlotKind.BOOLEAN: {"Bool", "bool"},
}


def derive_registry(version: str, package: Path) -> dict[str, Any]:
    """Derive what `load` reads, from the files of an nmdc-schema package.

    Parameters
    ----------
    version
        The version of the package, which the result repeats.
    package
        The package's folder.

    Returns
    -------
    dict
        JSON-serialisable, the same for the same package: see the file it is written to.
    """
    json_schema = orjson.loads((package / load.JSON_SCHEMA).read_bytes())
    view = SchemaView(str(package / load.LINKML_SCHEMA))
    collections = {
        name: _concrete(view, _listed_classes(spec))
        for name, spec in json_schema["properties"].items()
        if _listed_classes(spec)
    }
    homes = _homes(view, collections)
    definitions = json_schema["$defs"]
    return {
        "generated_by": COMMAND,
        "format": load.FORMAT,
        "version": version,
        "collections": {
            name: {
                "has_id": any("id" in definitions[each]["properties"] for each in class_names),
                "classes": class_names,
            }
            for name, class_names in sorted(collections.items())
        },
        "classes": {
            name: _class(view, name, definitions.get(name, {}), homes)
            for name in sorted(view.all_classes())
        },
        "storage_units": _storage_units(view),
        **_slots(view),
    }


def _listed_classes(spec: Mapping[str, Any]) -> list[str]:
    items = spec.get("items", {})
    branches = items.get("anyOf", [items])
    return [each["$ref"].rsplit("/", 1)[1] for each in branches if "$ref" in each]


def _concrete(view: SchemaView, class_names: Iterable[str]) -> list[str]:
    below = {each for name in class_names for each in view.class_descendants(name)}
    return sorted(name for name in below if not view.get_class(name).abstract)


def _homes(view: SchemaView, collections: Mapping[str, list[str]]) -> dict[str, str]:
    """Map each storable class to its collection; no class may have two."""
    homes: dict[str, str] = {}
    for collection, class_names in collections.items():
        for name in class_names:
            if homes.setdefault(name, collection) != collection:
                raise ValueError(f"{name} is storable in both {homes[name]} and {collection}")
    return homes


def _class(
    view: SchemaView, name: str, definition: Mapping[str, Any], homes: Mapping[str, str]
) -> dict[str, Any]:
    pattern = definition.get("properties", {}).get("id", {}).get("pattern")
    found = _TYPECODES.match(pattern) if pattern else None
    return {
        "uri": str(view.get_class(name).class_uri),
        "ancestors": [str(each) for each in view.class_ancestors(name)],
        "abstract": bool(view.get_class(name).abstract),
        "collection": homes.get(name),
        "typecodes": found.group(1).strip("()").split("|") if found else [],
        "id_pattern": pattern,
        "references": _references(view, name, homes) if name in homes else {},
    }


def _references(view: SchemaView, name: str, homes: Mapping[str, str]) -> dict[str, list[str]]:
    """Map the slots that name documents to the storable classes they may name."""
    found: dict[str, list[str]] = {}
    classes = view.all_classes()
    for slot in view.class_induced_slots(name):
        ranges = [each.range for each in slot.any_of] or [slot.range]
        below = {d for each in ranges if each in classes for d in view.class_descendants(each)}
        targets = sorted(str(each) for each in below if each in homes)
        if targets:
            found[str(slot.name)] = targets
    return dict(sorted(found.items()))


def _storage_units(view: SchemaView) -> dict[str, list[str]]:
    units: dict[str, list[str]] = {}
    for name in sorted(view.all_slots()):
        annotations = view.get_slot(name).annotations
        if "storage_units" in annotations:
            units[str(name)] = str(annotations["storage_units"].value).split("|")
    return units


def _slots(view: SchemaView) -> dict[str, Any]:
    """Describe the slots of all classes: each variant of a slot once, classes as lists of them.

    What a slot is depends on the class: induced slots know what classes above and slot usages say.
    A variant is ``name kind ranges flags``, written as one text because there are many: the first
    variant of a name is called by it, a further one ``name@2``.
    """
    variants: dict[str, list[str]] = {}
    by_class: dict[str, str] = {}
    for class_name in sorted(view.all_classes()):
        names: list[str] = []
        for slot in sorted(view.class_induced_slots(class_name), key=lambda each: str(each.name)):
            name = str(slot.name).replace(" ", "_")
            known = variants.setdefault(name, [])
            variant = _variant(view, slot)
            if variant not in known:
                known.append(variant)
            number = known.index(variant) + 1
            names.append(name if number == 1 else f"{name}@{number}")
        by_class[str(class_name)] = " ".join(names)
    listed = {
        name if number == 1 else f"{name}@{number}": variant
        for name, each in sorted(variants.items())
        for number, variant in enumerate(each, 1)
    }
    return {"slots": listed, "class_slots": by_class}


def _variant(view: SchemaView, slot: Any) -> str:  # noqa: ANN401 (LinkML is not typed)
    ranges = [str(each.range) for each in slot.any_of if each.range] or [
        str(slot.range or "string")
    ]
    kinds = {_kind(view, slot, each) for each in ranges}
    kind = kinds.pop() if len(kinds) == 1 else SlotKind.TEXT
    flags = [
        word for word, is_set in (("many", slot.multivalued), ("required", slot.required)) if is_set
    ]
    return " ".join([kind, "|".join(ranges), *flags])


def _kind(view: SchemaView, slot: Any, range_: str) -> SlotKind:  # noqa: ANN401 (as above)
    if range_ in view.all_classes():
        return SlotKind.OBJECT if view.is_inlined(slot) else SlotKind.REFERENCE
    if range_ in view.all_enums():
        return SlotKind.ENUM
    if range_ not in view.all_types():
        return SlotKind.TEXT
    bases = {str(view.get_type(each).base) for each in view.type_ancestors(range_)}
    for kind, names in _BASES.items():
        if bases & names:
            return kind
    return SlotKind.TEXT


def main(arguments: list[str] | None = None) -> int:
    """Compare the file that ships for the installed schema with a fresh derivation, or write it."""
    parser = argparse.ArgumentParser(
        prog="python -m nmdc_runtime.schema.derive", description=__doc__
    )
    parser.add_argument("--write", action="store_true", help="write the file instead of comparing")
    parser.add_argument("--folder", type=Path, default=load.SHIPPED, help="where the file lies")
    options = parser.parse_args(arguments)
    version, package = load.installed_schema()
    file = load.cache_file(options.folder, version)
    content = load.serialise(derive_registry(version, package))
    current = file.is_file() and file.read_bytes() == content
    if current:
        state = "is current"
    elif options.write:
        load.write_atomically(file, content)
        state = "written"
    else:
        state = f"is not current: run {COMMAND}"
    sys.stdout.write(f"{file.name} {state}\n")
    return 0 if current or options.write else 1


if __name__ == "__main__":
    raise SystemExit(main())
