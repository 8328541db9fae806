"""How ops wait for a run, and what they say of it."""

from typing import Any

import requests

from nmdc_runtime.site.submitting import awaited, lines_of_ids, reason_of, said_by


class Clock:
    """A clock that goes on by what is slept."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def waited(statuses: list[str | None], *, max_wait_s: float) -> tuple[Any, list[float]]:
    clock, left = Clock(), iter(statuses)

    def look() -> dict[str, Any] | None:
        status = next(left)
        return None if status is None else {"status": status}

    seen = awaited(look, max_wait_s=max_wait_s, sleep=clock.sleep, clock=clock)
    return seen and seen["status"], clock.pauses


def test_waiting_ends_at_once_when_a_run_is_complete_or_has_failed() -> None:
    assert waited(["COMPLETE"], max_wait_s=100) == ("COMPLETE", [])
    assert waited(["FAIL", "COMPLETE"], max_wait_s=100) == ("FAIL", [])


def test_looks_become_seldom_and_go_on_while_the_hub_is_away() -> None:
    status, pauses = waited(["STARTED", None, *["STARTED"] * 12, "COMPLETE"], max_wait_s=1800)

    assert status == "COMPLETE"
    assert pauses[:3] == [1.0, 1.5, 2.25]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 30.0


def test_waiting_ends_with_its_time_and_tells_what_was_seen_last() -> None:
    status, pauses = waited(["STARTED", None, None, None], max_wait_s=4)

    assert (status, sum(pauses)) == ("STARTED", 4)
    assert waited([None], max_wait_s=0) == (None, [])


def test_the_reason_is_that_of_the_newest_failure() -> None:
    def event(type_: str, **facets: Any) -> dict[str, Any]:
        return {"type": type_, "run": {"id": "r", "facets": facets}}

    newest = event("FAIL", other="x", failure={"message": "disk full", "attempt": "2"})
    older = event("FAIL", failure={"message": "no network"})

    assert reason_of([event("STARTED"), newest, older]) == "disk full"
    assert "nobody" in reason_of([{"type": "FAIL", "run": {"id": "r"}}])


def test_a_refusal_is_told_by_its_detail_or_as_it_is() -> None:
    def answer(content: bytes) -> requests.Response:
        made = requests.Response()
        made._content = content
        return made

    assert said_by(answer(b'{"detail": "wrong name"}')) == "wrong name"
    assert said_by(answer(b"[1]")) == "[1]"
    assert said_by(answer(b"<html>")) == "<html>"


def test_ids_are_listed_by_collection_and_cut_in_the_middle() -> None:
    nine, ten = ([{"id": f"n:{number}"} for number in range(count)] for count in (9, 10))

    lines = list(lines_of_ids({"a_set": nine, "b_set": ten, "@type": "Database", "c_set": []}))

    assert lines == [
        "a_set (9): n:0, n:1, n:2, n:3, n:4, n:5, n:6, n:7, n:8",
        "b_set (10): n:0, n:1, n:2, n:3, … 2 more, n:6, n:7, n:8, n:9",
        "c_set (0): ",
    ]
