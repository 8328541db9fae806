"""Answers that are sent while they are made."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.web.streams import ClosingStream, keep_flowing


async def parts_of(*parts: bytes) -> AsyncGenerator[bytes, None]:
    for part in parts:
        yield part


@given(parts=st.lists(st.binary(max_size=200), max_size=8))
async def test_the_bytes_are_the_same(parts):
    assert b"".join([part async for part in keep_flowing(parts_of(*parts))]) == b"".join(parts)


async def test_bytes_flow_while_the_next_part_takes_its_time():
    go_on = asyncio.Event()

    async def slow() -> AsyncGenerator[bytes, None]:
        yield b"a" * 100
        await go_on.wait()
        yield b"b" * 100

    flow = keep_flowing(slow(), silence_s=0.01)
    seen = [await anext(flow) for _ in range(4)]
    assert seen == [b"a" * 36, b"a", b"a", b"a"]  # three silences, and nothing new yet
    go_on.set()
    rest = b"".join([part async for part in flow])
    assert b"".join(seen) + rest == b"a" * 100 + b"b" * 100


async def test_the_next_part_is_made_while_one_is_sent():
    made = []

    async def source() -> AsyncGenerator[bytes, None]:
        for number in range(3):
            made.append(number)
            yield bytes([number]) * 100

    flow = keep_flowing(source())
    await anext(flow)
    for _ in range(3):
        await asyncio.sleep(0)
    assert made == [0, 1]
    await flow.aclose()


async def test_a_failure_ends_the_answer_without_its_last_message():
    async def failing() -> AsyncGenerator[bytes, None]:
        yield b"x" * 1000
        raise RuntimeError("the source broke")

    sent = []

    async def send(message) -> None:
        sent.append(message)

    async def receive() -> dict[str, object]:
        await asyncio.Event().wait()
        return {}

    scope = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}}
    answer = ClosingStream(failing(), media_type="text/csv")
    with pytest.raises(RuntimeError, match="the source broke"):
        await answer(scope, receive, send)
    assert [each.get("more_body") for each in sent] == [None, True]


async def test_a_source_is_closed_when_its_reader_goes_away():
    closed = []

    async def source() -> AsyncGenerator[bytes, None]:
        try:
            while True:
                yield b"x" * 1000
        finally:
            closed.append(True)

    async def send(message) -> None:
        if message["type"] == "http.response.body":
            raise OSError("gone")

    async def receive() -> dict[str, object]:
        await asyncio.Event().wait()
        return {}

    scope = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}}
    with pytest.raises(Exception):  # noqa: B017, PT011 (Starlette's own, whichever)
        await ClosingStream(source(), media_type="text/csv")(scope, receive, send)
    assert closed == [True]
