from datetime import UTC, datetime, timedelta

import pytest

from nmdc_runtime.jobs.models import Wanted
from nmdc_runtime.site.triggers import MOST_JOBS, OVERLAP, WHOLE_EVERY, Looked, run_config_of

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=15)
WANTED = [Wanted("metadata-in-1.0.0", "sys0abc")]


def test_the_first_look_is_at_all_objects_and_later_ones_at_what_is_new():
    first = Looked()
    after = first.after([], since=first.since(NOW), now=NOW)

    assert first.since(NOW) is None
    assert after.since(LATER) == NOW - OVERLAP


def test_all_objects_are_looked_at_again_after_a_while():
    after = Looked().after([], since=None, now=NOW)
    partly = after.after([], since=NOW - OVERLAP, now=LATER)

    assert partly.since(NOW + WHOLE_EVERY - timedelta(seconds=1)) == LATER - OVERLAP
    assert partly.since(NOW + WHOLE_EVERY) is None


def test_while_there_is_more_than_one_run_is_asked_for_the_look_does_not_move_on():
    before = Looked().after([], since=None, now=NOW)
    many = [Wanted("metadata-in-1.0.0", f"sys0{n}") for n in range(MOST_JOBS)]

    after = before.after(many, since=NOW - OVERLAP, now=LATER)

    assert (after.at, after.whole_at) == (NOW, NOW)


def test_what_is_missing_is_asked_for_once_and_again_when_all_objects_are_looked_at():
    asked = Looked().after(WANTED, since=None, now=NOW)
    again = asked.after(WANTED, since=NOW - OVERLAP, now=LATER)
    whole = again.after(WANTED, since=None, now=NOW + WHOLE_EVERY)

    assert asked.at == asked.whole_at == NOW
    assert again.asked == asked.asked
    assert asked.asked is not None
    assert whole.asked is not None
    assert whole.asked.run_key != asked.asked.run_key


def test_when_the_jobs_are_there_what_was_asked_is_forgotten():
    before = Looked().after(WANTED, since=None, now=NOW)

    assert before.after([], since=None, now=LATER) == Looked(at=LATER, whole_at=LATER)


@pytest.mark.parametrize("missing", [[], WANTED], ids=["none", "one"])
def test_a_cursor_tells_how_far_it_was(missing):
    looked = Looked().after([], since=None, now=NOW).after(missing, since=NOW, now=LATER)

    assert Looked.of_cursor(looked.cursor()) == looked


@pytest.mark.parametrize("cursor", [None, "", "x", "[]", "1", '{"at": 5}', '{"asked": {"a": 1}}'])
def test_a_cursor_that_says_nothing_begins_anew(cursor):
    assert Looked.of_cursor(cursor) == Looked()


def test_the_run_is_told_the_jobs_by_the_published_keys():
    (base_job,) = run_config_of(WANTED)["ops"]["construct_jobs"]["config"]["base_jobs"]

    assert base_job == {
        "workflow": {"id": "metadata-in-1.0.0"},
        "config": {"object_id": "sys0abc"},
    }
