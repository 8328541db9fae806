"""The quick verdict against the published validators, on documents broken at random."""

import copy
import math
from random import Random
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
from linkml_runtime import SchemaView
from nmdc_schema import NmdcSchemaValidationPlugin

from nmdc_runtime.schema.load import LINKML_SCHEMA, installed_schema, load_json_schema
from nmdc_runtime.schema.registry import SchemaRegistry
from nmdc_runtime.schema.validator import DocumentValidator
from nmdc_runtime.schema.wording import Wording
from tests.support.schema_examples import MESSAGES, example, valid_documents

SEEDS = range(8)
DRAWS = 60  # documents a seed
ODD: list[Any] = [
    *(None, True, 0, -1, 1.5, 2**63 - 1, 2**63, -(2**63), 1e30, 101, math.inf),
    *("", "x", "m", "cm", "nmdc:bsm-11-abc", "nmdc:QuantityValue", "gas_chromatography"),
    *([], [[]], ["x", "x"], {}, {"type": "nmdc:QuantityValue"}, {"has_unit": "m"}),
    {"type": "nmdc:QuantityValue", "has_unit": None},
    {"type": "nmdc:QuantityValue", "has_unit": "m", "has_numeric_value": 2**64},
    {"type": "nmdc:QuantityValue", "has_unit": "cm", "has_numeric_value": 1},
    [{"type": "nmdc:QuantityValue", "has_unit": "m"}],
]
DOCUMENTS = valid_documents()


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return every place in a document that a value can be put: container and key."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    found = [(value, key) for key in keys]
    for key in keys:
        if isinstance(value[key], dict | list):
            found += _places(value[key])
    return found


def _broken(random: Random, registry: SchemaRegistry) -> tuple[str, dict[str, Any]]:
    """Return a valid document with one to three odd changes, and its collection."""
    collection, document = copy.deepcopy(random.choice(DOCUMENTS))
    for _ in range(random.randint(1, 3)):
        container, key = random.choice(_places(document) or [(document, "x")])
        odd = copy.deepcopy(random.choice(ODD))
        match random.choice(["put", "remove", "add"]):
            case "put":
                container[key] = odd
            case "remove":
                container.pop(key, None) if isinstance(container, dict) else container.pop(key)
            case "add" if isinstance(container, dict):
                slots = [*registry.storage_units, "gc_content", "no_slot"]
                container[random.choice(slots)] = odd
            case _:
                container.append(odd)
    return collection, document


@pytest.mark.parametrize("seed", SEEDS)
def test_what_passes_the_gate_has_no_problem_under_full_examination(
    seed: int, validator: DocumentValidator, registry: SchemaRegistry
) -> None:
    random = Random(seed)
    for _ in range(DRAWS):
        collection, document = _broken(random, registry)
        for name in registry.collections[collection].class_names:
            problems = validator.explainer(name, Wording()).problems(document, collection, 0)
            if validator.gate(name)(document):
                assert problems == []
            else:  # for a float of 1e30 the gate is too strict, and the examination decides
                assert problems or "1e+30" in repr(document)


class _Published:
    """The published validator: Python's jsonschema, and the plugin of nmdc-schema."""

    def __init__(self) -> None:
        _, package = installed_schema()
        self._context = SimpleNamespace(
            schema_view=SchemaView(str(package / LINKML_SCHEMA)), target_class="Database"
        )
        self._plugin = NmdcSchemaValidationPlugin()
        checker = jsonschema.Draft201909Validator.FORMAT_CHECKER
        self._validator = jsonschema.Draft201909Validator(
            load_json_schema(), format_checker=checker
        )

    def messages(self, database: dict[str, Any]) -> list[str]:
        found = []
        for error in self._validator.iter_errors(database):
            best = jsonschema.exceptions.best_match([error])
            path = "/".join(str(step) for step in best.absolute_path)
            found.append(f"{best.message} in /{path}")
        return found + [each.message for each in self._plugin.process(database, self._context)]


@pytest.fixture(scope="module")
def published() -> _Published:
    return _Published()


@pytest.mark.parametrize("seed", SEEDS)
def test_messages_are_those_of_the_published_validator(
    seed: int, published: _Published, validator: DocumentValidator, registry: SchemaRegistry
) -> None:
    random = Random(seed)
    for _ in range(DRAWS):
        collection, document = _broken(random, registry)
        if len(registry.collections[collection].class_names) > 1:
            continue
        expected = published.messages({collection: [document]})

        report = validator.validate_documents({collection: [document]})

        ours = [each.message for each in report.problems if each.rule != "number"]
        foreign = registry.class_for_type(document.get("type"))
        if foreign and foreign.collection != collection:  # one problem instead of many
            assert set(ours) <= set(expected)
            assert len(ours) == 1
        elif not any("…" in message for message in ours):
            assert sorted(ours) == sorted(expected)


def test_the_published_validator_agrees_on_the_recorded_messages(published: _Published) -> None:
    name = "invalid/Database_processed-sample-bad-portion.yaml"

    assert published.messages(example(name)) == MESSAGES[name]
