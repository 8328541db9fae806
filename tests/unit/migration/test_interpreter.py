"""The process in which migrators run, under an interpreter of somebody's choice."""

import subprocess
import sys
from pathlib import Path

import pytest

from nmdc_runtime.migration import worker
from nmdc_runtime.migration.errors import InterpreterUnusable, MigratorFailed
from nmdc_runtime.migration.interpreter import describe_package, run_migrators
from nmdc_runtime.schema.load import installed_schema


@pytest.fixture
def interpreter(tmp_path):
    """Return what makes a program that stands in for an interpreter."""

    def make(script: str) -> Path:
        program = tmp_path / "python"
        program.write_text(f"#!{sys.executable} -I\n{script}\n")
        program.chmod(0o755)
        return program

    return make


def test_the_installed_package_tells_its_version_and_its_migrators():
    package = describe_package(None)

    assert (package.version, package.folder) == installed_schema()
    versions = {each.module: (each.source, each.target) for each in package.migrators}
    assert versions["migrator_from_11_15_1_to_11_16_1"] == ("11.15.1", "11.16.1")
    assert versions["migrator_from_10_2_0_to_11_0_0"] == ("10.2.0", "11.0.0")
    assert len(versions) >= 40


def test_a_program_that_is_not_there_or_is_no_interpreter_is_refused(interpreter, tmp_path):
    with pytest.raises(InterpreterUnusable, match="No such file"):
        describe_package(tmp_path / "nowhere")
    with pytest.raises(InterpreterUnusable, match="cannot run migrators"):
        describe_package(interpreter("raise SystemExit(3)"))
    broken = 'print(\'{"event": "broken", "reason": "no such module"}\')'
    with pytest.raises(InterpreterUnusable, match="no such module"):
        describe_package(interpreter(broken))


def run(python: Path, told: list[str]) -> None:
    options = {"username": "someone", "password": "hush-hush"}
    modules = ["migrator_from_1_to_2"]
    run_migrators(
        python, modules, url="mongodb://x", options=options, database="d", tell=told.append
    )


def test_credentials_go_through_a_pipe_and_nowhere_else(interpreter):
    told: list[str] = []
    script = (
        "import json, os, sys\n"
        "task = json.loads(sys.stdin.readline())\n"
        "shown = ' '.join([*sys.argv, *os.environ.values()])\n"
        "print('what a migrator prints')\n"
        "print(json.dumps({'event': 'log', 'text': str('hush' in shown)}))\n"
        "given = task['options']['password'] == 'hush-hush'\n"
        "print(json.dumps({'event': 'log', 'text': str(given)}))\n"
        "print(json.dumps({'event': 'done'}))"
    )

    run(interpreter(script), told)

    assert [each.strip() for each in told] == ["False", "True"]


def test_a_process_that_ends_before_it_is_done_has_failed(interpreter):
    started = 'print(\'{"event": "started", "module": "migrator_from_1_to_2"}\')'
    with pytest.raises(MigratorFailed, match="migrator_from_1_to_2 failed: its process ended"):
        run(interpreter(f"input()\n{started}"), [])


def test_the_worker_ends_with_whoever_started_it():
    process = subprocess.Popen(
        [sys.executable, "-I", worker.__file__], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    with process:
        # Nobody answers there: it would wait for half a minute, and then tell.
        process.stdin.write(
            b'{"do": "run", "url": "mongodb://127.0.0.1:1", "options": {}, "database": "d",'
            b' "modules": ["migrator_from_11_15_1_to_11_16_1"]}\n'
        )
        process.stdin.flush()
        process.stdin.close()
        assert process.wait(60) == 9
