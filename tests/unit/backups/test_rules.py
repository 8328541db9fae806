"""Which backups stay, what they are called, and what they hold."""

from datetime import UTC, datetime, timedelta

import pytest

from nmdc_runtime.backups.models import Dump, Manifest
from nmdc_runtime.backups.rules import chosen, id_of, time_of, to_remove

NOW = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)


def dump(days: float, *, database: str = "nmdc", is_whole: bool = True, is_strange: bool = False):
    began = NOW - timedelta(days=days)
    id_ = id_of(began)
    manifest = Manifest(
        id=id_,
        database=database,
        schema_version="11.21.0",
        began_at=began,
        ended_at=began,
        is_snapshot=True,
        collections=[],
        views=[],
        left_out=[],
    )
    return Dump(id_, manifest if is_whole and not is_strange else None, is_strange=is_strange)


def removed(*dumps: Dump, kept: int = 3, kept_for: float = 30) -> list[str]:
    return to_remove(dumps, database="nmdc", now=NOW, kept=kept, kept_for=timedelta(days=kept_for))


def test_a_backup_is_called_by_its_time_and_nothing_else_is_one():
    assert id_of(NOW) == "20261123T120030Z"
    assert time_of("20261123T120030Z") == NOW
    assert [time_of(each) for each in ("20261123", "20261341T120030Z", "notes")] == [None] * 3


def test_too_many_and_too_old_ones_go():
    dumps = [dump(days) for days in (0, 1, 2, 3, 29, 31)]

    assert removed(*dumps) == sorted(each.id for each in dumps[3:])
    assert removed(*dumps, kept=100) == [dumps[-1].id]
    assert removed(*dumps, kept=100, kept_for=100) == []


@pytest.mark.parametrize("kept", [1, 5])
def test_the_newest_whole_one_stays_however_old_it_is(kept):
    newest, older, half = dump(400), dump(500), dump(0.5, is_whole=False)

    assert removed(older, half, newest, kept=kept, kept_for=1) == [older.id]


def test_what_broke_off_goes_after_a_day_and_does_not_count():
    half, fresh_half = dump(1.5, is_whole=False), dump(0.5, is_whole=False)
    whole = [dump(days) for days in (2, 3, 4)]

    assert removed(half, fresh_half, *whole) == [half.id]


def test_other_databases_and_what_is_strange_are_left_alone():
    others = [dump(days, database="other") for days in (0, 100, 200)]

    assert removed(dump(300), dump(200, is_strange=True), *others, kept=1) == []


def test_all_collections_are_dumped_but_mongodbs_and_those_left_out():
    there = ["study_set", "system.views", "_runtime.tmp.alldocs.1", "alldocs", "_runtime.audit"]

    assert chosen(there, left_out=("alldocs", "_runtime.tmp.")) == ["_runtime.audit", "study_set"]
