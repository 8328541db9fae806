from datetime import UTC, datetime
from typing import ClassVar

import dagster as dg
import pytest

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError
from nmdc_runtime.site.failures import (
    LONGEST_WAIT_S,
    MOST_RETRIES_OF_TOO_MANY,
    USUAL_WAIT_S,
    permanent_unless_unavailable,
    wanted_wait_s,
)

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


class AskedTooOften(NmdcError):
    kind = ErrorKind.TOO_MANY
    headers: ClassVar[dict[str, str]] = {"Retry-After": "0"}


class Gone(NmdcError):
    kind = ErrorKind.GONE


class Away(NmdcError):
    kind = ErrorKind.UNAVAILABLE


def ran(*errors: NmdcError) -> tuple[dg.ExecuteInProcessResult, int]:
    """Run an op that raises these one after the other; return the result and how often it ran."""
    left = list(errors)
    attempts = 0

    @dg.op(retry_policy=dg.RetryPolicy(max_retries=2, delay=0))
    def ask() -> None:
        nonlocal attempts
        attempts += 1
        with permanent_unless_unavailable():
            if left:
                raise left.pop(0)

    @dg.job
    def ask_job() -> None:
        ask()

    return ask_job.execute_in_process(raise_on_error=False), attempts


def test_what_cannot_be_reached_is_tried_again_by_the_ops_policy() -> None:
    done, attempts = ran(Away("a"), Away("b"))
    assert (done.success, attempts) == (True, 3)
    assert ran(*[Away("gone")] * 9)[1] == 3


def test_who_is_asked_too_often_is_asked_again_as_often_as_is_polite() -> None:
    done, attempts = ran(*[AskedTooOften("slowly")] * 4)
    assert (done.success, attempts) == (True, 5)

    given_up, attempts = ran(*[AskedTooOften("slowly")] * 99)
    assert (given_up.success, attempts) == (False, MOST_RETRIES_OF_TOO_MANY + 1)
    [failure] = [event for event in given_up.all_events if event.is_step_failure]
    assert "slowly" in str(failure.step_failure_data.error)


def test_a_refusal_is_final_and_says_what_it_is() -> None:
    done, attempts = ran(Gone("the study is gone"))
    assert (done.success, attempts) == (False, 1)
    [failure] = [event for event in done.all_events if event.is_step_failure]
    said = failure.step_failure_data.user_failure_data
    assert said is not None
    assert said.description == "the study is gone"
    assert {name: value.value for name, value in said.metadata.items()} == {
        "problem": "Gone",
        "kind": "gone",
    }


@pytest.mark.parametrize(
    ("said", "wait_s"),
    [
        ("0", 0),
        (" 17 ", 17),
        ("86400", LONGEST_WAIT_S),
        ("Fri, 01 May 2026 12:00:30 GMT", 30),
        ("Fri, 01 May 2026 12:00:30 -0000", 30),
        ("Fri, 01 May 2026 11:00:00 GMT", 0),
        ("Sat, 02 May 2026 12:00:00 GMT", LONGEST_WAIT_S),
        (None, USUAL_WAIT_S),
        ("soon", USUAL_WAIT_S),
        ("-5", USUAL_WAIT_S),
        ("", USUAL_WAIT_S),
        ("\u00b2", USUAL_WAIT_S),
    ],
)
def test_the_wait_is_what_the_header_says_within_reason(said: str | None, wait_s: float) -> None:
    assert wanted_wait_s(said, now=NOW) == wait_s
