"""nmdc-schema's example databases, as JSON would bring them; see the README of their folder."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from nmdc_runtime.schema.load import load_registry

FOLDER = Path(__file__).parent.parent / "data" / "nmdc-schema-examples"
#: File → messages that the published validator has for it, cut after 400 characters.
MESSAGES: dict[str, list[str]] = {
    name: entry["errors_11.21.0"]
    for name, entry in json.loads((FOLDER / "manifest.json").read_text()).items()
}


class _JsonLoader(yaml.CSafeLoader):
    """Reads YAML, and leaves dates the text that they are in JSON; in C, each worker reads all."""


_JsonLoader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@cache
def _text(name: str) -> str:
    content = yaml.load((FOLDER / name).read_text(), _JsonLoader)
    stem = Path(name).stem
    if not stem.startswith("Database"):
        schema_class = load_registry().classes[stem.partition("-")[0]]
        content = {schema_class.collection: [content]}
    return json.dumps(content)


def example(name: str) -> dict[str, Any]:
    """Return a fresh copy of an example, an instance of one class wrapped as a database."""
    database: dict[str, Any] = json.loads(_text(name))
    return database


def valid_documents() -> list[tuple[str, dict[str, Any]]]:
    """Return fresh copies of all documents of the valid examples, with their collections."""
    return [
        (collection, document)
        for name, messages in MESSAGES.items()
        if not messages
        for collection, documents in example(name).items()
        if collection != "@type"
        for document in documents
    ]
