"""Keeps the services of a stack running: starts, watches, restarts and stops them."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final, TypeVar

from nmdc_runtime.cli.stack.errors import ServiceFailed
from nmdc_runtime.cli.stack.folder import Phase, ServiceState, StackFolder, StackState
from nmdc_runtime.cli.stack.guard import Watchdog
from nmdc_runtime.cli.stack.processes import ProcessId, end_group
from nmdc_runtime.cli.stack.services import Service
from nmdc_runtime.kernel.errors import NmdcError

POLL_S: Final = 0.1
FIRST_DELAY_S: Final = 0.5
LONGEST_DELAY_S: Final = 30.0
#: A service that ran this long starts again at once, as if it had never crashed.
FORGIVEN_AFTER_S: Final = 60.0
#: How long the children of a crashed service have to tidy up.
LEFTOVERS_S: Final = 2.0
#: Before all were ready once, a service that ends this often fails the start.
FIRST_ATTEMPTS: Final = 3

Listener = Callable[[str, ServiceState], None]
Result = TypeVar("Result")


def restart_delay(crashes: int) -> float:
    """Return how long to wait, in seconds, before the start that follows this many crashes."""
    return float(min(FIRST_DELAY_S * 2 ** max(0, crashes - 1), LONGEST_DELAY_S))


class Supervisor:
    """Runs the services of one stack until it is told to stop."""

    def __init__(
        self, services: Sequence[Service], folder: StackFolder, listener: Listener
    ) -> None:
        self._services = services
        self._folder = folder
        self._listener = listener
        self._state = StackState(supervisor=ProcessId.of(os.getpid()))
        self._watchdog = Watchdog()
        self._stopping = asyncio.Event()
        #: Told to applications first and to storage last; by ``is_storage``.
        self._halt = {False: asyncio.Event(), True: asyncio.Event()}
        self._ready = {service.name: asyncio.Event() for service in services}
        self._failed = asyncio.Event()
        self._error: Exception | None = None
        self._threads = ThreadPoolExecutor(len(services) * 2)
        self._was_ready = False

    def stop(self) -> None:
        """Begin to stop; `run` returns when all has stopped."""
        self._stopping.set()

    async def run(self, *, timeout_s: float, when_ready: Callable[[float], None]) -> None:
        """Start all, call back with the seconds it took, keep all running until `stop`.

        Raises
        ------
        ServiceFailed
            A service did not become ready in time, or ended again and again. All is stopped then.
        """
        began = time.monotonic()
        for service in self._services:
            self._note(service, phase=Phase.WAITING, url=service.url, port=service.port)
        tasks = {service: asyncio.create_task(self._keep(service)) for service in self._services}
        try:
            await self._until_all_ready(timeout_s)
            if not self._stopping.is_set():
                self._was_ready = True
                took = round(time.monotonic() - began, 1)
                self._write(replace(self._state, phase=Phase.READY, ready_after_s=took))
                when_ready(took)
                await self._stopping.wait()
        except NmdcError as error:
            self._write(replace(self._state, detail=str(error)))
            raise
        finally:
            self._stopping.set()
            self._write(replace(self._state, phase=Phase.STOPPING))
            for is_storage in (False, True):
                self._halt[is_storage].set()
                await asyncio.gather(
                    *(task for service, task in tasks.items() if service.is_storage is is_storage)
                )
            self._watchdog.close()
            self._threads.shutdown(wait=False)
            self._write(replace(self._state, phase=Phase.STOPPED, groups=()))

    async def _until_all_ready(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await _first_of(self._all_ready(), self._stopping.wait(), self._failed.wait())
        except TimeoutError as error:
            late = {
                name: self._state.services[name].detail or self._state.services[name].phase
                for name, event in self._ready.items()
                if not event.is_set()
            }
            raise ServiceFailed(
                f"not ready after {timeout_s:g} s (--timeout): "
                + "; ".join(f"{name}: {detail}" for name, detail in late.items()),
                service=next(iter(late), ""),
            ) from error
        if self._error is not None:
            raise self._error

    async def _all_ready(self) -> None:
        for event in self._ready.values():
            await event.wait()

    async def _keep(self, service: Service) -> None:
        """Keep one service running until its halt; never raises."""
        halt = self._halt[service.is_storage]
        for name in service.after:
            await _first_of(self._ready[name].wait(), self._stopping.wait())
        crashes = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                ended = await self._run_once(service, halt)
            except Exception as error:
                if not self._was_ready:
                    self._fail(service, error)
                    return
                ended = str(error)
            if self._stopping.is_set():
                break
            crashes = 1 if time.monotonic() - began > FORGIVEN_AFTER_S else crashes + 1
            if not self._was_ready and crashes >= FIRST_ATTEMPTS:
                problem = f"{service.name} {ended}, {crashes} times in a row"
                self._fail(service, ServiceFailed(problem, service=service.name))
                return
            delay = restart_delay(crashes)
            self._note(
                service,
                phase=Phase.RESTARTING,
                detail=f"{ended}; starts again in {delay:g} s",
                process=None,
                restarts=self._state.services[service.name].restarts + 1,
            )
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)
        self._note(service, phase=Phase.STOPPED, detail="", process=None)

    def _fail(self, service: Service, error: Exception) -> None:
        self._note(service, phase=Phase.FAILED, detail=str(error), process=None)
        self._error = self._error or error
        self._failed.set()

    async def _run_once(self, service: Service, halt: asyncio.Event) -> str:
        """Start the service, wait until it ends or shall end, and return how it ended."""
        self._note(service, phase=Phase.STARTING, detail="", process=None)
        await self._in_thread(service.prepare)
        if self._stopping.is_set():
            return "was not started"
        process = await self._spawn(service)
        ended = asyncio.create_task(process.wait())
        halted = asyncio.create_task(halt.wait())
        watched = asyncio.create_task(self._announce_when_ready(service))
        try:
            await asyncio.wait({ended, halted, watched}, return_when=asyncio.FIRST_COMPLETED)
            if watched.done() and watched.exception() is None:
                await asyncio.wait({ended, halted}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            halted.cancel()
            watched.cancel()
        if not ended.done() and halt.is_set():
            self._note(service, phase=Phase.STOPPING, detail="")
        if not ended.done():
            await self._end(process.pid, service.stop_signal, service.stop_timeout_s)
        else:  # what a crashed service leaves behind could hold its port or its data
            await self._end(process.pid, service.stop_signal, LEFTOVERS_S)
        code = await ended
        if watched.done() and not watched.cancelled() and (error := watched.exception()):
            raise error
        return _how_it_ended(code)

    async def _announce_when_ready(self, service: Service) -> None:
        began = time.monotonic()
        probe = service.probe()
        while (missing := await self._in_thread(probe)) is not None:
            self._note(service, detail=missing)
            await asyncio.sleep(POLL_S)
        took = round(time.monotonic() - began, 1)
        self._note(service, phase=Phase.READY, detail="", ready_after_s=took)
        self._ready[service.name].set()

    async def _spawn(self, service: Service) -> Process:
        log = self._folder.rotate_log(service.name)
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *service.command(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=service.folder,
                env=dict(service.environment),
                start_new_session=True,  # Ctrl-C is for us; and its children are found by group
            )
        self._watchdog.add(process.pid)
        with contextlib.suppress(ProcessLookupError):  # ended already: the caller will see
            identity = ProcessId.of(process.pid)
            self._write(replace(self._state, groups=(*self._state.groups, identity)))
            self._note(service, process=identity)
        return process

    async def _end(self, group: int, number: signal.Signals, timeout_s: float) -> None:
        await self._in_thread(lambda: end_group(group, number=number, timeout_s=timeout_s))
        self._watchdog.remove(group)
        groups = tuple(known for known in self._state.groups if known.pid != group)
        self._write(replace(self._state, groups=groups))

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _note(self, service: Service, **changes: Any) -> None:  # noqa: ANN401 (ServiceState's)
        before = self._state.services.get(service.name, ServiceState())
        if "phase" in changes and changes["phase"] is not before.phase:
            changes["since"] = time.time()
        after = replace(before, **changes)
        if after != before or service.name not in self._state.services:
            self._write(self._state.with_service(service.name, after))
            self._listener(service.name, after)

    def _write(self, state: StackState) -> None:
        self._state = state
        self._folder.write_state(state)


async def _first_of(*awaitables: Awaitable[object]) -> None:
    """Return when the first ends, raising its error; the others are given up."""
    tasks = [asyncio.ensure_future(awaitable) for awaitable in awaitables]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
    for task in done:
        task.result()


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"ended with status {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
