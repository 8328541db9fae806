import importlib.util
import sys
from pathlib import Path

import pytest

from nmdc_runtime.cli.stack import mongod, postgres
from nmdc_runtime.cli.stack.errors import BinaryMissing
from nmdc_runtime.cli.stack.mongod import find_mongod
from nmdc_runtime.cli.stack.postgres import find_postgres


@pytest.fixture
def programs(tmp_path):
    """Return a folder for PATH, and a function that puts a program there."""

    def put(name: str, script: str, folder: Path = tmp_path) -> Path:
        folder.mkdir(exist_ok=True, parents=True)
        program = folder / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return program

    return tmp_path, put


@pytest.fixture
def no_wheels(monkeypatch):
    """Hide the wheels that carry servers: the import system is what we do not own."""
    hidden = {mongod.WHEEL_PACKAGE, *(package for package, _ in postgres.WHEELS)}
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in hidden else find_spec(name)
    )


def test_mongod_on_path_comes_before_the_wheel(programs):
    folder, put = programs
    program = put("mongod", "echo db version v8.0.0")

    assert find_mongod(str(folder)) == program


@pytest.mark.skipif(sys.platform != "linux", reason="the wheel is for Linux")
def test_without_mongod_on_path_the_wheel_has_one(programs):
    folder, _ = programs

    assert find_mongod(str(folder)).is_relative_to(sys.prefix)


@pytest.mark.usefixtures("no_wheels")
def test_without_any_mongod_the_error_says_how_to_get_one(programs):
    folder, _ = programs

    with pytest.raises(BinaryMissing, match=r"there is no mongod: .*install"):
        find_mongod(str(folder))


def test_a_mongod_that_lacks_libcurl_names_the_package_to_install(programs):
    folder, put = programs
    complaint = "error while loading shared libraries: libcurl.so.4: cannot open shared object file"
    put("mongod", f"echo 'mongod: {complaint}' >&2; exit 127")

    with pytest.raises(BinaryMissing, match=r"libcurl\.so\.4.*apt-get install libcurl4"):
        find_mongod(str(folder))


def test_a_mongod_for_another_machine_is_told_as_such(programs):
    folder, _ = programs
    broken = folder / "mongod"
    broken.write_bytes(b"\x7fELFnot for here")
    broken.chmod(0o755)

    with pytest.raises(BinaryMissing, match=r"does not start.*install MongoDB"):
        find_mongod(str(folder))


def a_postgres(put, folder: Path, version: str) -> Path:
    put("initdb", "exit 0", folder)
    return put("postgres", f"echo 'postgres (PostgreSQL) {version}'", folder).parent


def test_postgres_on_path_comes_before_the_wheel(programs):
    folder, put = programs
    a_postgres(put, folder, "17.2")

    assert find_postgres(search_path=str(folder)) == folder


def test_without_postgres_on_path_the_wheel_has_one(programs):
    folder, _ = programs

    found = find_postgres(search_path=str(folder))

    assert (found / "initdb").is_file()
    assert found.is_relative_to(sys.prefix)


def test_data_is_opened_by_the_version_that_made_it(programs):
    folder, put = programs
    a_postgres(put, folder / "bin", "9.6.1")
    data = folder / "data"
    data.mkdir()
    (data / "PG_VERSION").write_text("18\n")

    found = find_postgres(data, search_path=str(folder / "bin"))

    assert found.is_relative_to(sys.prefix)  # the wheel has 18


def test_data_of_a_version_that_is_not_here_is_not_touched(programs):
    folder, put = programs
    a_postgres(put, folder / "bin", "9.6.1")
    data = folder / "data"
    data.mkdir()
    (data / "PG_VERSION").write_text("8\n")

    with pytest.raises(BinaryMissing, match=r"made by PostgreSQL 8, but this machine has .*9"):
        find_postgres(data, search_path=str(folder / "bin"))


@pytest.mark.usefixtures("no_wheels")
def test_without_any_postgres_the_error_says_how_to_get_one(programs):
    folder, _ = programs

    with pytest.raises(BinaryMissing, match=r"there is no PostgreSQL server: pip install"):
        find_postgres(search_path=str(folder))
