from datetime import UTC, datetime, timedelta

from nmdc_runtime.site.batches import PATIENCE, Asked, ask_for

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SOON = NOW + PATIENCE - timedelta(seconds=1)
LATE = NOW + PATIENCE


def test_the_same_work_in_any_order_is_the_same_request_for_a_while():
    asked = ask_for([("w", "a"), ("w", "b")], None, now=NOW)

    again = ask_for([("w", "b"), ("w", "a")], asked, now=SOON)

    assert again == asked
    assert again.run_key == f"{asked.batch}/2026-11-23T12:00:00Z"


def test_work_of_which_nothing_came_is_asked_for_anew_under_another_key():
    asked = ask_for([("w", "a")], None, now=NOW)

    second = ask_for([("w", "a")], asked, now=LATE)

    assert (second.batch, second.at) == (asked.batch, LATE)
    assert second.run_key != asked.run_key


def test_other_work_is_another_request_and_its_key_stays_short():
    asked = ask_for([("w", "a")], None, now=NOW)

    other = ask_for([("w", f"object-{n}") for n in range(500)], asked, now=SOON)

    assert other.batch != asked.batch
    assert len(other.run_key) < 100


def test_what_was_asked_survives_in_a_cursor():
    asked = ask_for([("w", "a")], None, now=NOW)

    assert Asked.from_json(asked.to_json()) == asked
