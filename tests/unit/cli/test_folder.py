import os

import pytest

from nmdc_runtime.cli.stack.errors import AlreadyRunning
from nmdc_runtime.cli.stack.folder import (
    LOG_SIZE_BYTES,
    Phase,
    ServiceState,
    StackFolder,
    StackState,
)
from nmdc_runtime.cli.stack.processes import ProcessId


@pytest.fixture
def stack(tmp_path):
    folder = StackFolder(tmp_path / "a stack")
    folder.make()
    return folder


def test_what_is_written_of_a_stack_is_read_back(stack):
    own = ProcessId.of(os.getpid())
    state = StackState(
        supervisor=own,
        phase=Phase.READY,
        ready_after_s=1.5,
        services={
            "mongo": ServiceState(phase=Phase.READY, url="mongodb://x", port=1, process=own),
            "s3": ServiceState(phase=Phase.RESTARTING, detail="why", restarts=2),
        },
        groups=(own,),
    )

    stack.write_state(state)

    assert stack.find_state() == state


def test_a_folder_in_which_nothing_ran_has_no_state(stack):
    assert stack.find_state() is None


def test_a_second_holder_is_refused_and_told_what_to_type(stack):
    with stack.lock():
        assert stack.is_locked()
        with (
            pytest.raises(AlreadyRunning, match=r"nmdc-runtime down --dir '.*a stack'"),
            stack.lock(),
        ):
            pass
    assert not stack.is_locked()


def test_a_log_that_grew_large_is_set_aside_when_its_service_starts(stack):
    log = stack.log_of("mongo")
    contents = ["first", "second", "third", "fourth"]
    for content in contents:
        with log.open("w") as file:
            file.write(content)
            file.truncate(LOG_SIZE_BYTES + 1)
        stack.rotate_log("mongo")

    assert not log.exists()
    kept = sorted(path.name for path in log.parent.iterdir())
    assert kept == ["mongo.log.1", "mongo.log.2"]
    assert (log.parent / "mongo.log.1").read_text().startswith("fourth")
    assert (log.parent / "mongo.log.2").read_text().startswith("third")


def test_a_small_log_goes_on(stack):
    stack.log_of("mongo").write_text("a line\n")

    assert stack.rotate_log("mongo").read_text() == "a line\n"


def test_version_control_does_not_see_the_folder(stack):
    assert (stack.path / ".gitignore").read_text() == "*\n"


def test_a_process_id_that_was_given_to_another_process_is_not_taken_for_it():
    own = ProcessId.of(os.getpid())

    assert own.is_alive()
    assert not ProcessId(own.pid, own.started_at - 1).is_alive()
    assert own.memory_bytes() > 1_000_000
