import subprocess
import sys
import threading

import pytest
from click.testing import CliRunner

from nmdc_runtime.cli.main import COMMANDS, cli
from nmdc_runtime.cli.stack.folder import StackFolder
from nmdc_runtime.cli.stack.logs import follow
from nmdc_runtime.cli.stack.ports import PORTS


def test_help_lists_every_command():
    result = CliRunner().invoke(cli, ["--help"])

    assert result.exit_code == 0
    for name, registered in COMMANDS.items():
        assert name in result.output
        assert registered.summary in result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_shows_examples_of_it(name):
    result = CliRunner().invoke(cli, [name, "--help"])

    assert result.exit_code == 0
    examples = result.output.partition("Examples:")[2]
    assert f"nmdc-runtime {name}" in examples


def test_every_port_has_its_option():
    result = CliRunner().invoke(cli, ["up", "--help"])

    for option, _ in PORTS.values():
        assert option in result.output


def test_asking_for_the_status_does_not_load_the_servers_libraries():
    program = (
        "import sys; from nmdc_runtime.cli.stack import commands;"
        "print({'pymongo', 'grpc', 'psycopg2', 'dagster', 'fastapi'} & set(sys.modules))"
    )

    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert answer.stdout.strip() == "set()"


def test_status_of_a_folder_without_a_stack_says_so_and_ends_with_3(tmp_path):
    result = CliRunner().invoke(cli, ["status", "--dir", str(tmp_path / "none")])

    assert result.exit_code == 3
    assert f"No stack runs in {tmp_path / 'none'}." in result.output


def test_down_without_a_stack_is_no_error(tmp_path):
    result = CliRunner().invoke(cli, ["down", "--dir", str(tmp_path / "none")])

    assert result.exit_code == 0
    assert "No stack runs" in result.output


def test_logs_prints_the_last_lines_of_a_service(tmp_path):
    stack = StackFolder(tmp_path)
    stack.make()
    stack.log_of("s3").write_text("".join(f"line {n}\n" for n in range(10)))

    result = CliRunner().invoke(cli, ["logs", "s3", "--dir", str(tmp_path), "-n", "2"])

    assert result.output == "line 8\nline 9\n"


def test_logs_of_a_service_that_never_ran_is_an_error_that_names_the_file(tmp_path):
    result = CliRunner().invoke(cli, ["logs", "s3", "--dir", str(tmp_path)])

    assert result.exit_code == 1
    assert "s3 has logged nothing yet" in result.output


def test_a_followed_log_yields_added_lines_also_after_it_was_set_aside(tmp_path):
    log = tmp_path / "s3.log"
    log.write_text("old\n")
    lines = follow(log)
    adding = threading.Timer(0.1, lambda: add(log, "added\n"))
    adding.start()
    assert next(lines) == "added"
    adding.join()

    log.rename(tmp_path / "s3.log.1")
    add(log, "in the new log\n")
    assert next(lines) == "in the new log"
    lines.close()


def add(log, text):
    with log.open("a") as file:
        file.write(text)


def test_a_folder_that_cannot_be_made_is_told_without_a_traceback(tmp_path):
    (tmp_path / "file").touch()

    result = CliRunner().invoke(cli, ["up", "--dir", str(tmp_path / "file" / "stack")])

    assert result.exit_code == 1
    assert result.output == f"Error: {tmp_path}/file/stack/logs: Not a directory\n"


def test_logs_knows_the_services_and_no_others():
    result = CliRunner().invoke(cli, ["logs", "mysql"])

    assert result.exit_code == 2
    assert "dagster-daemon" in result.output
