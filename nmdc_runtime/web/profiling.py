"""Where a request spends its time: for administrators, in place of the answer."""

import asyncio
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import CoroutineType, FrameType, GeneratorType
from typing import Any, Final
from urllib.parse import parse_qsl

import anyio.to_thread
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PARAMETER: Final = "profile"
#: How often to look, in s.
INTERVAL_S: Final = 0.001
#: Samples kept, at most: some minutes.
MOST_SAMPLES: Final = 200_000
_PACKAGE: Final = str(Path(__file__).parents[1])

#: The function of anyio's in which a task waits for a thread.
_INTO_A_THREAD: Final = "run_sync_in_worker_thread"

Permit = Callable[[Request], Awaitable[bool]]


class Profiling:
    """Answers a request that asks for it by ``?profile=true`` with a report instead (HTML).

    The request is served as ever; its answer is thrown away. From anybody but those permitted the
    parameter is ignored, like any that a route does not know.

    Parameters
    ----------
    app
        What serves the request.
    permit
        Says whether who sent a request may have a report.
    """

    def __init__(self, app: ASGIApp, *, permit: Permit) -> None:
        self._app = app
        self._permit = permit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if (
            scope["type"] != "http"
            or not _is_asked_for(scope)
            or not await self._permit(Request(scope))
        ):
            await self._app(scope, receive, send)
            return
        scope["nmdc.taken_parameters"] = frozenset({PARAMETER})

        async def throw_away(_message: Message) -> None:
            pass

        sampler = Sampler(asyncio.get_running_loop(), asyncio.current_task(), scope)
        sampler.start()
        try:
            await self._app(scope, receive, throw_away)
        finally:
            await anyio.to_thread.run_sync(sampler.stop)
        report = await anyio.to_thread.run_sync(
            sampler.report, f"{scope['method']} {scope['path']}"
        )
        body = report.encode()
        headers = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _is_asked_for(scope: Scope) -> bool:
    query: bytes = scope["query_string"]
    return PARAMETER.encode() in query and any(
        name == PARAMETER and value.lower() == "true"
        for name, value in parse_qsl(query.decode("latin-1"))
    )


class Sampler:
    """Looks every millisecond at what serves one request, wherever that runs.

    A route that is ``async def`` is a task on the event loop: it is looked at also while it waits.
    While it waits for a thread, as it does where its function is a plain ``def``, that thread is
    looked at: one that runs the route's function, else one that runs code of the Runtime. With
    several requests at once that may be another request's.

    pyinstrument, which draws the report, would itself see only one of the two.

    Parameters
    ----------
    loop, task
        Where the request is served.
    scope
        The request; says which function serves it, once that is known.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any] | None, scope: Scope
    ) -> None:
        self._loop = loop
        self._task = task
        self._scope = scope
        self._loop_thread = threading.get_ident()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_until_ended, daemon=True)
        self._records: list[tuple[list[str], float]] = []
        self._started_at = 0.0
        self._began = 0.0
        self._cpu_s = 0.0

    def start(self) -> None:
        """Begin to look."""
        self._started_at, self._began = time.time(), time.perf_counter()
        self._cpu_s = -time.process_time()
        self._thread.start()

    def stop(self) -> None:
        """Look no longer."""
        self._ended.set()
        self._thread.join()
        self._cpu_s += time.process_time()

    def report(self, what: str) -> str:
        """Return what was seen, as a page that needs nothing else."""
        # Takes a while to import, and only those who profile need it.
        from pyinstrument.renderers import HTMLRenderer  # noqa: PLC0415
        from pyinstrument.session import Session  # noqa: PLC0415

        session = Session(
            frame_records=list(self._records),
            start_time=self._started_at,
            duration=sum(seconds for _, seconds in self._records),
            min_interval=INTERVAL_S,
            max_interval=INTERVAL_S,
            sample_count=len(self._records),
            # pyinstrument looks from here on for where to begin its tree: with what all share.
            start_call_stack=[""],
            target_description=what,
            cpu_time=self._cpu_s,
            sys_path=sys.path,
            sys_prefixes=Session.current_sys_prefixes(),
        )
        return str(HTMLRenderer().render(session))

    def _look_until_ended(self) -> None:
        last = self._began
        while not self._ended.wait(INTERVAL_S) and len(self._records) < MOST_SAMPLES:
            now = time.perf_counter()
            frames = self._frames()
            if frames:
                self._records.append(([_described(each) for each in frames], now - last))
            last = now

    def _frames(self) -> list[FrameType]:
        """Return where our task is: at work, or what it waits for, down into another thread."""
        if self._task is None:
            return []
        if asyncio.current_task(self._loop) is self._task:
            return _stack_of(sys._current_frames().get(self._loop_thread))
        waiting: list[FrameType] = []
        awaited: Any = self._task.get_coro()
        while awaited is not None:
            if isinstance(awaited, CoroutineType):
                frame, awaited = awaited.cr_frame, awaited.cr_await
            elif isinstance(awaited, GeneratorType):
                frame, awaited = awaited.gi_frame, awaited.gi_yieldfrom
            else:
                break
            if frame is not None:
                waiting.append(frame)
        if any(each.f_code.co_name == _INTO_A_THREAD for each in waiting):
            waiting.extend(self._worker())
        return waiting

    def _worker(self) -> list[FrameType]:
        """Return what a worker thread does for us: the one in our route's function, if any is."""
        code = getattr(self._scope.get("endpoint"), "__code__", None)
        found: list[FrameType] = []
        for thread, frame in sys._current_frames().items():
            if thread in {self._loop_thread, threading.get_ident()}:
                continue
            stack = _stack_of(frame)
            if any(each.f_code is code for each in stack):
                return stack
            if any(each.f_code.co_filename.startswith(_PACKAGE) for each in stack):
                found = stack
        return found


def _stack_of(frame: FrameType | None) -> list[FrameType]:
    """Return the frames from the outermost to this one."""
    frames: list[FrameType] = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    return frames[::-1]


def _described(frame: FrameType) -> str:
    """Describe a frame as pyinstrument does: its function, then where in it."""
    code = frame.f_code
    return f"{code.co_name}\x00{code.co_filename}\x00{code.co_firstlineno}\x01l{frame.f_lineno}"
