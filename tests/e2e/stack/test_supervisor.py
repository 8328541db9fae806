"""The supervisor with small processes of its own; the real services are in `test_up`."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from nmdc_runtime.cli.stack.errors import ServiceFailed, StackError
from nmdc_runtime.cli.stack.folder import Phase, ServiceState, StackFolder
from nmdc_runtime.cli.stack.processes import group_members
from nmdc_runtime.cli.stack.services import Service
from nmdc_runtime.cli.stack.supervisor import Supervisor, restart_delay

RUN_FOR_EVER = "while :; do sleep 0.1; done"


def command_of(process: psutil.Process) -> str:
    """Return the command line; nothing of a process that has just ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@dataclass
class Toys:
    """Makes services of shell scripts in one folder, and runs them."""

    stack: StackFolder
    events: list[tuple[str, Phase]] = field(default_factory=list)

    def service(self, name: str, script: str = RUN_FOR_EVER, **options) -> Service:
        """Return a service that is ready when its script has made the file ``<name>.ready``."""
        ready = self.stack.path / f"{name}.ready"
        ready.unlink(missing_ok=True)
        text = script if "never ready" in script else f"touch {name}.ready; {script}"
        return Service(
            name=name,
            command=lambda: ["sh", "-c", text],
            environment={"PATH": os.environ["PATH"]},
            folder=self.stack.path,
            probe=lambda: lambda: None if ready.exists() else "its file is not there",
            **options,
        )

    def run(
        self,
        *services: Service,
        then: Callable[["Toys", Supervisor], Awaitable[None]] | None = None,
        timeout_s: float = 10,
    ) -> None:
        """Run the services until ``then`` is done."""

        async def main() -> None:
            supervisor = Supervisor(services, self.stack, self._note)
            tasks = []

            def ready(_: float) -> None:
                tasks.append(asyncio.create_task(self._then(supervisor, then)))

            await supervisor.run(timeout_s=timeout_s, when_ready=ready)
            await asyncio.gather(*tasks)

        asyncio.run(main())

    async def _then(self, supervisor, then) -> None:
        try:
            if then is not None:
                await then(self, supervisor)
        finally:
            supervisor.stop()

    def _note(self, name: str, state: ServiceState) -> None:
        if (name, state.phase) not in self.events[-1:]:
            self.events.append((name, state.phase))

    def state_of(self, name: str) -> ServiceState:
        return self.stack.find_state().services[name]

    def pid_of(self, name: str) -> int:
        return self.state_of(name).process.pid

    async def until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline, self.events
            await asyncio.sleep(0.02)

    def happened(self, name: str, phase: Phase) -> int:
        return self.events.index((name, phase))


@pytest.fixture
def toys(tmp_path: Path) -> Toys:
    stack = StackFolder(tmp_path / "a stack")
    stack.make()
    return Toys(stack)


def test_a_service_starts_when_those_it_needs_are_ready(toys):
    toys.run(toys.service("hub", after=("mongo",)), toys.service("mongo", is_storage=True))

    assert toys.happened("hub", Phase.STARTING) > toys.happened("mongo", Phase.READY)


def test_storage_stops_when_all_others_have_stopped(toys):
    toys.run(toys.service("mongo", is_storage=True), toys.service("hub"), toys.service("dagit"))

    stopping = toys.happened("mongo", Phase.STOPPING)
    assert stopping > toys.happened("hub", Phase.STOPPED)
    assert stopping > toys.happened("dagit", Phase.STOPPED)


def test_a_killed_service_comes_back_and_is_counted(toys):
    async def kill(toys: Toys, _: Supervisor) -> None:
        before = toys.pid_of("hub")
        os.kill(before, signal.SIGKILL)
        await toys.until(lambda: toys.state_of("hub").restarts == 1)
        await toys.until(lambda: toys.state_of("hub").phase is Phase.READY)
        assert toys.pid_of("hub") != before

    toys.run(toys.service("hub"), then=kill)

    assert ("hub", Phase.RESTARTING) in toys.events


def test_what_a_crashed_service_leaves_behind_is_ended_before_it_starts_again(toys):
    async def crash(toys: Toys, _: Supervisor) -> None:
        group = toys.pid_of("code")
        children = [child.pid for child in psutil.Process(group).children()]
        assert children
        os.kill(group, signal.SIGKILL)
        await toys.until(lambda: toys.state_of("code").restarts == 1)
        assert not group_members(group)

    toys.run(toys.service("code", f"sleep 1000 & {RUN_FOR_EVER}"), then=crash)


def test_stopping_leaves_no_process_of_a_service_that_has_children(toys):
    groups = []

    async def note(toys: Toys, _: Supervisor) -> None:
        groups.append(toys.pid_of("code"))

    toys.run(toys.service("code", f"sleep 1000 & {RUN_FOR_EVER}"), then=note)

    assert groups
    assert not group_members(groups[0])


def test_a_service_that_does_not_heed_its_signal_is_killed(toys):
    stubborn = f"trap '' TERM; touch stubborn.ready; {RUN_FOR_EVER}"

    toys.run(toys.service("stubborn", stubborn, stop_timeout_s=0.5))  # else it would run for ever

    assert toys.events[-1] == ("stubborn", Phase.STOPPED)


def test_a_service_that_is_not_ready_in_time_fails_the_start_and_the_others_stop(toys):
    services = (
        toys.service("mongo", is_storage=True),
        toys.service("hub", "sleep 60 # never ready"),
    )

    with pytest.raises(ServiceFailed, match=r"not ready after 1 s .*hub: its file is not there"):
        toys.run(*services, timeout_s=1)

    state = toys.stack.find_state()
    assert state.phase is Phase.STOPPED
    assert "hub: its file is not there" in state.detail
    assert {service.phase for service in state.services.values()} == {Phase.STOPPED}
    assert state.groups == ()


def test_a_service_that_ends_at_once_three_times_fails_the_start(toys):
    with pytest.raises(ServiceFailed, match="hub ended with status 7, 3 times in a row"):
        toys.run(toys.service("hub", "exit 7 # never ready"))

    assert toys.state_of("hub").phase is Phase.FAILED


def test_a_service_that_cannot_be_prepared_fails_the_start_with_its_reason(toys):
    def fail() -> None:
        raise StackError("the disk is full")

    with pytest.raises(StackError, match="the disk is full"):
        toys.run(toys.service("mongo", prepare=fail), toys.service("hub"))


def test_later_a_service_that_cannot_be_prepared_is_tried_again(toys):
    attempts = []

    def fail_the_second_time() -> None:
        attempts.append(1)
        if len(attempts) == 2:
            raise StackError("the disk is full for a moment")

    async def kill(toys: Toys, _: Supervisor) -> None:
        os.kill(toys.pid_of("mongo"), signal.SIGKILL)
        await toys.until(lambda: len(attempts) == 3)
        await toys.until(lambda: toys.state_of("mongo").phase is Phase.READY)

    toys.run(toys.service("mongo", prepare=fail_the_second_time), then=kill)


def test_the_output_of_a_service_is_in_its_log(toys):
    toys.run(toys.service("hub", f"echo out; echo err >&2; {RUN_FOR_EVER}"))

    assert toys.stack.log_of("hub").read_text() == "out\nerr\n"


def test_a_killed_watchdog_is_replaced_by_one_that_knows_all_services(toys):
    def watchdogs() -> list[psutil.Process]:
        children = psutil.Process().children()
        return [child for child in children if "watchdog.py" in command_of(child)]

    async def kill(toys: Toys, supervisor: Supervisor) -> None:
        (watchdog,) = watchdogs()
        watchdog.kill()
        os.kill(toys.pid_of("hub"), signal.SIGKILL)  # the next change finds it gone
        await toys.until(lambda: toys.state_of("hub").restarts == 1)
        await toys.until(lambda: toys.state_of("hub").phase is Phase.READY)
        (replacement,) = [child for child in watchdogs() if child.status() != "zombie"]
        assert replacement.pid != watchdog.pid

    toys.run(toys.service("hub"), toys.service("mongo"), then=kill)

    assert not watchdogs()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_services_hold_no_file_of_the_supervisor_open(toys):
    links = []

    async def look(toys: Toys, _: Supervisor) -> None:
        folder = Path(f"/proc/{toys.pid_of('hub')}/fd")
        links.extend(str(link.readlink()) for link in folder.iterdir())

    with toys.stack.lock():
        toys.run(toys.service("hub"), then=look)

    assert str(toys.stack.log_of("hub")) in links
    assert not [link for link in links if link.endswith("/lock")]


@pytest.mark.parametrize(
    ("crashes", "delay_s"), [(1, 0.5), (2, 1), (3, 2), (6, 16), (7, 30), (1000, 30)]
)
def test_the_delay_before_a_restart_doubles_up_to_half_a_minute(crashes, delay_s):
    assert restart_delay(crashes) == delay_s
