"""Steps in the life of a document, from the log, the images that were kept, and what is stored."""

from datetime import UTC, datetime

from nmdc_runtime.plans.history import Step, Write, steps
from nmdc_runtime.plans.models import ChangeKind, StoredChange
from nmdc_runtime.plans.rules import digest_of

ONE, TWO, THREE = ({"id": "a", "title": str(number)} for number in (1, 2, 3))


def recorded(before, after) -> Write:
    digest = None if after is None else digest_of(after)
    kind = (
        ChangeKind.INSERT
        if before is None
        else ChangeKind.DELETE
        if after is None
        else ChangeKind.REPLACE
    )
    change = StoredChange("study_set", "a", kind, before, digest)
    return Write({"ts": datetime(2026, 11, 23, tzinfo=UTC), "plan_id": "p"}, change)


def logged() -> Write:
    return Write({"type": "upsert", "op_id": "old"})


def walked(writes, now) -> list[Step]:
    return list(steps(writes, [now]))


def test_recorded_changes_follow_each_other_exactly():
    writes = [recorded(None, ONE), recorded(ONE, TWO), recorded(TWO, None), recorded(None, THREE)]

    found = walked(writes, THREE)

    assert [each.after for each in found] == [ONE, TWO, None, THREE]
    assert [each.write for each in found] == writes
    assert all(each.is_known and each.is_exact for each in found)


def test_what_was_there_before_anything_was_recorded_is_a_version_without_an_author():
    first, second = walked([recorded(ONE, TWO)], TWO)

    assert (first.write, first.before, first.after, first.is_exact) == (None, None, ONE, False)
    assert (second.before, second.after, second.is_exact) == (ONE, TWO, True)
    (only,) = walked([], ONE)
    assert (only.write, only.after) == (None, ONE)


def test_a_write_of_somebody_else_shows_as_a_gap_and_hides_what_the_one_before_it_left():
    first, lost, gap, last = walked([recorded(ONE, TWO), recorded(THREE, ONE)], ONE)

    assert first.after == ONE
    assert (lost.is_known, lost.write is not None) == (False, True)
    assert (gap.write, gap.before, gap.after) == (None, ONE, THREE)
    assert (last.before, last.after, last.is_exact) == (THREE, ONE, True)


def test_a_document_that_somebody_else_deleted_or_brought_back_is_told_so():
    *_, lost, gone = walked([recorded(None, ONE)], None)
    assert (lost.is_known, gone.write, gone.after) == (False, None, None)

    deleted, back = walked([recorded(ONE, None)], TWO)[1:]
    assert (deleted.after, back.write, back.before, back.after) == (None, None, None, TWO)


def test_writes_that_kept_no_image_span_all_that_happened_in_between():
    unknown, known, last = walked([logged(), logged(), recorded(ONE, TWO)], TWO)

    assert (unknown.is_known, known.is_known) == (False, True)
    assert (known.before, known.after, known.is_exact) == (None, ONE, False)
    assert (last.before, last.after) == (ONE, TWO)


def test_a_write_without_image_after_a_recorded_one_hides_its_outcome():
    made, spanning = walked([recorded(None, ONE), logged()], TWO)

    assert (made.is_known, made.after) == (False, None)
    assert (spanning.before, spanning.after, spanning.is_exact) == (None, TWO, False)
