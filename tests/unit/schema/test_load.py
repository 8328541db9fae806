"""The cache of the registry: shipped, kept elsewhere, derived; and what loading it costs."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from nmdc_runtime.schema import derive, load

LIGHT = """
import sys
from nmdc_runtime.schema.validator import load_validator
validator = load_validator()
for name in ("Biosample", "MagsAnalysis"):
    validator.gate(name)
heavy = {"linkml_runtime", "linkml", "nmdc_schema", "yaml"} & set(sys.modules)
assert not heavy, heavy
"""

LINKML = """
id: https://example.org/small
name: small
prefixes: {linkml: https://w3id.org/linkml/, nmdc: https://w3id.org/nmdc/}
default_prefix: nmdc
imports: [linkml:types]
classes:
  Database: {class_uri: nmdc:Database, slots: [sample_set, process_set]}
  Sample: {class_uri: nmdc:Sample, slots: [id, depth]}
  CoreSample: {class_uri: nmdc:CoreSample, is_a: Sample}
  Process: {class_uri: nmdc:Process, abstract: true, slots: [id, has_input]}
  Pooling: {class_uri: nmdc:Pooling, is_a: Process}
slots:
  id: {identifier: true}
  depth: {annotations: {storage_units: m|cm}}
  has_input: {any_of: [{range: Sample}, {range: Process}, {range: string}]}
  sample_set: {range: Sample, multivalued: true}
  process_set: {range: Process, multivalued: true}
"""


def _definition(code: str) -> dict[str, Any]:
    return {"properties": {"id": {"pattern": f"^(nmdc):{code}-([0-9]{{2}})-([a-z]+)$"}}}


def _small_json_schema() -> dict[str, Any]:
    def listing(name: str) -> dict[str, Any]:
        return {"items": {"$ref": f"#/$defs/{name}"}}

    return {
        "properties": {"sample_set": listing("Sample"), "process_set": listing("Pooling")},
        "$defs": {
            "Sample": _definition("(smp|old)"),
            "CoreSample": _definition("cor"),
            "Pooling": _definition("poolp"),
        },
    }


InstallSchema = Callable[..., None]


@pytest.fixture
def install_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InstallSchema]:
    """Install a small nmdc-schema 99.0.0 before the real one, and forget what was loaded of it."""

    def install(json_schema: dict[str, Any] | None = None) -> None:
        site = tmp_path / "site-packages"
        package, info = site / "nmdc_schema", site / "nmdc_schema-99.0.0.dist-info"
        package.mkdir(parents=True)
        info.mkdir()
        (info / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: nmdc-schema\nVersion: 99.0.0\n"
        )
        (package / load.JSON_SCHEMA).write_text(json.dumps(json_schema or _small_json_schema()))
        (package / load.LINKML_SCHEMA).write_text(LINKML)
        monkeypatch.syspath_prepend(site)
        load.load_registry.cache_clear()

    yield install
    load.load_registry.cache_clear()


def test_the_shipped_registry_is_what_the_installed_schema_says() -> None:
    version, package = load.installed_schema()

    shipped = load.cache_file(load.SHIPPED, version).read_bytes()

    assert load.serialise(derive.derive_registry(version, package)) == shipped


def test_the_shipped_file_begins_with_the_command_that_makes_it() -> None:
    version, _ = load.installed_schema()

    content = orjson.loads(load.cache_file(load.SHIPPED, version).read_bytes())

    assert next(iter(content.items())) == ("generated_by", derive.COMMAND)


def test_loading_and_compiling_imports_neither_linkml_nor_nmdc_schema() -> None:
    subprocess.run([sys.executable, "-c", LIGHT], check=True, timeout=60)


def test_the_registry_of_another_version_is_derived_from_its_files(
    tmp_path: Path, install_schema: InstallSchema
) -> None:
    install_schema()

    registry = load.load_registry(tmp_path / "cache")

    assert registry.version == "99.0.0"
    assert registry.collections["sample_set"].class_names == ("CoreSample", "Sample")
    assert registry.classes["Sample"].typecodes == ("smp", "old")
    assert registry.references == {("Pooling", "has_input"): ("process_set", "sample_set")}
    assert registry.storage_units == {"depth": ("m", "cm")}


def test_a_derived_registry_is_kept_and_read_the_next_time(
    tmp_path: Path, install_schema: InstallSchema
) -> None:
    install_schema()
    cache = tmp_path / "cache"
    load.load_registry(cache)
    kept = cache / "registry-99.0.0.json"
    kept.write_bytes(kept.read_bytes().replace(b'"cm"', b'"km"'))  # to recognise it by
    load.load_registry.cache_clear()

    registry = load.load_registry(cache)

    assert registry.storage_units == {"depth": ("m", "km")}
    assert list(cache.iterdir()) == [kept]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"format": 0, "version": "99.0.0"}', b'{"format": 1}']
)
def test_a_broken_or_outdated_cache_file_is_replaced(
    tmp_path: Path, install_schema: InstallSchema, content: bytes
) -> None:
    install_schema()
    kept = load.cache_file(tmp_path, "99.0.0")
    kept.write_bytes(content)

    registry = load.load_registry(tmp_path)

    assert registry.version == "99.0.0"
    assert orjson.loads(kept.read_bytes())["version"] == "99.0.0"


def test_a_folder_that_cannot_be_written_only_costs_time(
    tmp_path: Path, install_schema: InstallSchema, caplog: pytest.LogCaptureFixture
) -> None:
    install_schema()
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")

    registry = load.load_registry(in_the_way / "folder")

    assert registry.version == "99.0.0"
    assert "cannot keep the registry" in caplog.text


def test_a_failed_write_leaves_no_part_of_the_file(tmp_path: Path) -> None:
    in_the_way = tmp_path / "registry.json"
    (in_the_way / "not empty").mkdir(parents=True)

    with pytest.raises(OSError, match="directory"):
        load.write_atomically(in_the_way, b"{}")

    assert list(tmp_path.iterdir()) == [in_the_way]


def test_a_class_that_two_collections_may_hold_is_refused(
    tmp_path: Path, install_schema: InstallSchema
) -> None:
    schema = _small_json_schema()
    schema["properties"]["process_set"] = schema["properties"]["sample_set"]
    install_schema(schema)

    with pytest.raises(ValueError, match="storable in both sample_set and process_set"):
        load.load_registry(tmp_path)


def test_the_command_calls_a_missing_file_not_current_and_writes_it_when_told(
    tmp_path: Path, install_schema: InstallSchema, capsys: pytest.CaptureFixture[str]
) -> None:
    install_schema()
    folder = ["--folder", str(tmp_path / "data")]

    assert derive.main(folder) == 1
    assert derive.COMMAND in capsys.readouterr().out
    assert derive.main(["--write", *folder]) == 0
    assert derive.main(folder) == 0
    assert "is current" in capsys.readouterr().out
