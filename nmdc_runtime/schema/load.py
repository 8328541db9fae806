"""Load the registry of the installed nmdc-schema in milliseconds, from a cache by its version.

Nothing here imports nmdc-schema or LinkML: their imports alone take seconds. Only where no cache
fits the installed version (an upgrade that this package was not built for) is one derived and kept.
"""

import logging
import os
import tempfile
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

from nmdc_runtime.schema.registry import (
    Collection,
    LegalReference,
    SchemaClass,
    SchemaRegistry,
    SlotTable,
)

FORMAT = 2  # of the cache files; a file of another format is derived anew
SHIPPED = Path(__file__).parent / "data"
JSON_SCHEMA = "nmdc_materialized_patterns.schema.json"
LINKML_SCHEMA = "nmdc_materialized_patterns.yaml"

_log = logging.getLogger(__name__)


def installed_schema() -> tuple[str, Path]:
    """Return the version and the folder of the installed nmdc-schema, without importing it."""
    distribution = metadata.distribution("nmdc-schema")
    return distribution.version, Path(str(distribution.locate_file("nmdc_schema")))


def load_json_schema(package: Path | None = None) -> dict[str, Any]:
    """Return the JSON Schema of an nmdc-schema package: closed, with its patterns resolved.

    Without a folder that of the installed one.
    """
    folder = package or installed_schema()[1]
    schema: dict[str, Any] = orjson.loads((folder / JSON_SCHEMA).read_bytes())
    return schema


@lru_cache
def load_element_names() -> frozenset[str]:
    """Return the names of the schema's elements: classes, enumerations and slots."""
    definitions: dict[str, Any] = load_json_schema()["$defs"]
    slots = {slot for each in definitions.values() for slot in each.get("properties", ())}
    return frozenset(definitions) | slots


@lru_cache
def load_registry(cache_dir: Path | None = None) -> SchemaRegistry:
    """Return the registry of the installed nmdc-schema.

    Parameters
    ----------
    cache_dir
        Where to keep what has to be derived; ``~/.cache/nmdc-runtime`` by default. Neither read
        nor written for the version whose registry ships with this package.
    """
    version, package = installed_schema()
    return load_registry_of(version, package, cache_dir)


def load_registry_of(version: str, package: Path, cache_dir: Path | None = None) -> SchemaRegistry:
    """Return the registry of an nmdc-schema package in this folder, which need not be installed."""
    shipped = _read(cache_file(SHIPPED, version), version)
    if shipped:
        return _registry(shipped)
    folder = cache_dir or _user_cache()
    kept = cache_file(folder, version) if folder else None
    content = _read(kept, version) if kept else None
    if content is None:
        content = _derive(version, package, kept)
    return _registry(content)


def cache_file(folder: Path, version: str) -> Path:
    """Return where the registry of this version is kept in a folder."""
    return folder / f"registry-{version}.json"


def serialise(content: dict[str, Any]) -> bytes:
    """Return the bytes of a cache file: the same for the same content."""
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def write_atomically(file: Path, content: bytes) -> None:
    """Write the file so that who reads it sees all of it or none, also when two write at once."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=file.name, dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _user_cache() -> Path | None:
    try:
        return Path.home() / ".cache" / "nmdc-runtime"
    except RuntimeError:  # a user without a home, as containers have them
        return None


def _derive(version: str, package: Path, kept: Path | None) -> dict[str, Any]:
    """Derive the registry and keep it, where there is a place to keep it."""
    _log.warning("deriving the registry of nmdc-schema %s, to be kept in %s", version, kept)
    from nmdc_runtime.schema.derive import derive_registry  # noqa: PLC0415 (LinkML: seconds)

    content = derive_registry(version, package)
    if kept:
        try:
            write_atomically(kept, serialise(content))
        except OSError as error:  # a read-only home: slow the next time too, and no worse
            _log.warning("cannot keep the registry of nmdc-schema: %s", error)
    return content


def _read(file: Path, version: str) -> dict[str, Any] | None:
    """Return what the cache file says, or None if it is missing, broken or of another kind."""
    try:
        content = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    fits = isinstance(content, dict) and (content.get("format"), content.get("version")) == (
        FORMAT,
        version,
    )
    return content if fits else None


def _registry(content: dict[str, Any]) -> SchemaRegistry:
    classes = {
        name: SchemaClass(
            name=name,
            class_uri=each["uri"],
            ancestors=tuple(each["ancestors"]),
            abstract=each["abstract"],
            collection=each["collection"],
            typecodes=tuple(each["typecodes"]),
            id_pattern=each["id_pattern"],
        )
        for name, each in content["classes"].items()
    }
    collections = {
        name: Collection(name=name, has_id=each["has_id"], class_names=tuple(each["classes"]))
        for name, each in content["collections"].items()
    }
    legal_references = tuple(
        LegalReference(
            source_collection=each["collection"],
            source_class=name,
            slot=slot,
            target_collection=str(classes[target].collection),
            target_class=target,
        )
        for name, each in content["classes"].items()
        for slot, targets in each["references"].items()
        for target in targets
    )
    units = {slot: tuple(each) for slot, each in content["storage_units"].items()}
    return SchemaRegistry(
        version=content["version"],
        collections=MappingProxyType(collections),
        classes=MappingProxyType(classes),
        legal_references=legal_references,
        storage_units=MappingProxyType(units),
        slot_table=SlotTable(variants=content["slots"], by_class=content["class_slots"]),
    )
