"""The registry and the validator of the installed nmdc-schema."""

import pytest

from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.schema.registry import SchemaRegistry
from nmdc_runtime.schema.validator import DocumentValidator, load_validator


@pytest.fixture(scope="session")
def registry() -> SchemaRegistry:
    return load_registry()


@pytest.fixture(scope="session")
def validator() -> DocumentValidator:
    return load_validator()
