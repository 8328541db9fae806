"""Schemas to compile: the plain one of a class, and a tighter one that says yes or no in one go.

Almost every document is good. So each is first held against a *gate*: the schema of its class with
two further rules folded in, so that the compiled validator decides all of it without Python looking
at a single value: quantities have a unit their slot is stored in (the rule of nmdc-schema's own
validation plugin), and whole numbers fit into MongoDB's 64 bits. What passes the gate is valid;
what does not is looked at in detail (`explain`), and may still be found valid.
"""

from collections.abc import Mapping
from typing import Any

from nmdc_runtime.schema.registry import SchemaRegistry

QUANTITY = "nmdc:QuantityValue"
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

_PREFIX = "#/$defs/"
#: Keywords in which a tighter schema makes the whole one tighter; not so in ``not`` or ``if``.
_MONOTONE = frozenset({"items", "anyOf", "allOf", "then", "else", "additionalProperties"})
_PROSE = frozenset({"description", "title"})


def schema_of_class(json_schema: Mapping[str, Any], class_name: str) -> dict[str, Any]:
    """Return a schema for documents of one class, with only the definitions that it needs."""
    return _rooted(json_schema, json_schema["$defs"], class_name)


def gate_of_class(
    json_schema: Mapping[str, Any], class_name: str, registry: SchemaRegistry
) -> dict[str, Any]:
    """Return a schema whose documents are valid, stored in legal units, and fit into MongoDB."""
    definitions = _reachable(json_schema["$defs"], class_name)
    tightener = _Tightener(registry.storage_units, definitions)
    tight = {name: tightener.tighten(each, None) for name, each in definitions.items()}
    return _rooted(json_schema, tight | tightener.narrowed, class_name)


def _rooted(
    json_schema: Mapping[str, Any], definitions: Mapping[str, Any], class_name: str
) -> dict[str, Any]:
    return {
        "$schema": json_schema["$schema"],
        "$ref": _PREFIX + class_name,
        "$defs": _reachable(definitions, class_name),
    }


def _reachable(definitions: Mapping[str, Any], class_name: str) -> dict[str, Any]:
    """Return the definition of the class and all that it refers to."""
    found: dict[str, Any] = {}
    todo: list[Any] = [{"$ref": _PREFIX + class_name}]
    while todo:
        node = todo.pop()
        if isinstance(node, list):
            todo += node
        elif isinstance(node, dict):
            todo += node.values()
            name = str(node.get("$ref", "")).removeprefix(_PREFIX)
            if name in definitions and name not in found:
                found[name] = definitions[name]
                todo.append(definitions[name])
    return found


class _Tightener:
    """Rewrites definitions; gathers the narrowed definitions of quantities on the way."""

    def __init__(
        self, storage_units: Mapping[str, tuple[str, ...]], definitions: Mapping[str, Any]
    ) -> None:
        self._storage_units = storage_units
        self._quantities = {
            _PREFIX + name: each for name, each in definitions.items() if _is_quantity(each)
        }
        self.narrowed: dict[str, Any] = {}

    def tighten(self, schema: Any, slot: str | None) -> Any:  # noqa: ANN401 (any JSON Schema)
        """Return the schema as it is to be where the nearest slot above has this name."""
        if isinstance(schema, list):
            return [self.tighten(each, slot) for each in schema]
        if not isinstance(schema, dict):
            return schema
        tight = {
            key: self.tighten(value, slot) if key in _MONOTONE else value
            for key, value in schema.items()
            if key not in _PROSE
        }
        if "properties" in schema:
            tight["properties"] = {
                name: self.tighten(each, name) for name, each in schema["properties"].items()
            }
        if schema.get("$ref") in self._quantities:
            tight["$ref"] = self._narrow(schema["$ref"], slot)
        if {"number", "integer"} & set(_types(schema)):
            tight["minimum"] = max(schema.get("minimum", INT64_MIN), INT64_MIN)
            tight["maximum"] = min(schema.get("maximum", INT64_MAX), INT64_MAX)
        return tight

    def _narrow(self, reference: str, slot: str | None) -> str:
        """Return a reference to the quantity that has a unit, and one that the slot allows."""
        units = self._storage_units.get(slot or "")
        name = f"{reference.removeprefix(_PREFIX)}.{slot if units else ''}"
        if name not in self.narrowed:
            quantity = self.tighten(self._quantities[reference], None)
            rules: list[Any] = [quantity["properties"]["has_unit"], {"not": {"type": "null"}}]
            if units:
                rules.append({"enum": list(units)})
            properties = quantity["properties"] | {"has_unit": {"allOf": rules}}
            required = sorted({*quantity.get("required", ()), "has_unit"})
            self.narrowed[name] = quantity | {"properties": properties, "required": required}
        return _PREFIX + name


def _is_quantity(definition: Mapping[str, Any]) -> bool:
    return QUANTITY in definition.get("properties", {}).get("type", {}).get("enum", ())


def _types(schema: Mapping[str, Any]) -> list[str]:
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else types
