"""What translators ask the schema: permissible values, units, typecodes."""

from functools import lru_cache

from nmdc_runtime.schema.load import load_json_schema, load_registry


@lru_cache
def permissible_values(enumeration: str) -> frozenset[str]:
    """Return the values that an enumeration of the schema allows, e.g. of ``UnitEnum``."""
    return _enumerations()[enumeration]


@lru_cache
def typecode_of(class_uri: str) -> str:
    """Return the typecode that new ids of a class get, e.g. ``bsm`` for ``nmdc:Biosample``."""
    found = load_registry().class_for_type(class_uri)
    if found is None or not found.typecodes:
        raise ValueError(f"the schema has no class {class_uri!r} whose ids have a typecode")
    return found.typecodes[0]


@lru_cache
def _enumerations() -> dict[str, frozenset[str]]:
    return {
        name: frozenset(definition["enum"])
        for name, definition in load_json_schema()["$defs"].items()
        if "enum" in definition
    }
