from datetime import UTC, datetime, timedelta

from nmdc_runtime.site.batches import PATIENCE, Asked, ask_for

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SOON = NOW + PATIENCE - timedelta(seconds=1)
LATE = NOW + PATIENCE


def test_the_same_work_in_any_order_is_the_same_request_for_a_while():
    asked = ask_for([("w", "a"), ("w", "b")], None, now=NOW)

    again = ask_for([("w", "b"), ("w", "a")], asked, now=SOON)

    assert again == asked
    assert again.run_key == f"{asked.batch}/1"


def test_work_of_which_nothing_came_is_asked_for_anew_under_another_key():
    asked = ask_for([("w", "a")], None, now=NOW)

    second = ask_for([("w", "a")], asked, now=LATE)
    third = ask_for([("w", "a")], second, now=LATE + PATIENCE)

    keys = [each.run_key for each in (asked, second, third)]
    assert keys == [f"{asked.batch}/{attempt}" for attempt in (1, 2, 3)]
    assert second.at == LATE


def test_other_work_is_another_request_and_its_key_stays_short():
    asked = ask_for([("w", "a")], None, now=NOW)

    other = ask_for([("w", f"object-{n}") for n in range(500)], asked, now=SOON)

    assert other.batch != asked.batch
    assert other.attempt == 1
    assert len(other.run_key) < 80


def test_what_was_asked_survives_in_a_cursor():
    asked = ask_for([("w", "a")], None, now=NOW)

    assert Asked.from_json(asked.to_json()) == asked
