"""Patches and summaries: what a plan would do, in words that can be sent."""

from datetime import UTC, datetime

import jsonpatch
import orjson
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.plans.describing import describe, describe_parts, json_form, patch_between
from nmdc_runtime.plans.models import Change, ChangeKind, Plan
from nmdc_runtime.schema.load import load_registry
from tests.support.documents import a_study

REGISTRY = load_registry()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, 1.0, 0.5, "", "a"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("ab~/ ", max_size=2), inner)
    ),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(st.text("abc~/", max_size=2), JSON, max_size=4)


def canonical(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


@given(before=DOCUMENTS, after=DOCUMENTS)
def test_a_patch_makes_of_one_version_the_next(before, after):
    patch = patch_between(before, after)

    assert canonical(jsonpatch.apply_patch(before, patch)) == canonical(after)


def test_a_document_that_comes_or_goes_is_patched_as_a_whole():
    document = {"_id": ObjectId(), "id": "a", "at": datetime(2026, 11, 23, tzinfo=UTC)}
    shown = {"id": "a", "at": "2026-11-23T00:00:00Z"}

    assert patch_between(None, document) == [{"op": "add", "path": "", "value": shown}]
    assert patch_between(document, None) == [{"op": "remove", "path": ""}]
    assert patch_between(None, None) == []
    assert patch_between(document, {**document, "_id": ObjectId()}) == []
    assert json_form(document) == shown


def test_a_long_list_is_patched_without_comparing_all_with_all():
    before = {"id": "a", "has_input": [f"nmdc:bsm-11-{number}" for number in range(20_000)]}
    after = before | {"has_input": before["has_input"][1::2], "title": "t"}

    patch = patch_between(before, after)

    assert patch == [
        {"op": "replace", "path": "/has_input", "value": after["has_input"]},
        {"op": "add", "path": "/title", "value": "t"},
    ]


def a_plan(number: int) -> Plan:
    before = a_study() | {"part_of": ["nmdc:sty-11-old"]}
    after = a_study() | {"part_of": ["nmdc:sty-11-new"], "title": "t"}
    added = [
        Change(
            collection="study_set",
            id=f"nmdc:sty-11-{each}",
            kind=ChangeKind.INSERT,
            after=a_study(str(each)),
        )
        for each in range(number)
    ]
    replaced = Change(
        collection="study_set",
        id=before["id"],
        kind=ChangeKind.REPLACE,
        before=before,
        after=after,
    )
    return Plan([replaced, *added], unchanged={"biosample_set": 2})


def test_a_summary_counts_lists_and_patches_what_would_change():
    summary = describe(a_plan(1), registry=REGISTRY)

    assert summary.counts["study_set"].model_dump() == {
        "inserted": 1,
        "replaced": 1,
        "deleted": 0,
        "unchanged": 0,
    }
    assert summary.counts["biosample_set"].unchanged == 2
    replaced, inserted = summary.changes
    assert (replaced.kind, inserted.kind, inserted.patch) == ("replace", "insert", None)
    assert {each["path"] for each in replaced.patch or ()} == {"/part_of/0", "/title"}
    assert [each.target for each in summary.references.added] == ["nmdc:sty-11-new"]
    assert [each.target for each in summary.references.removed] == ["nmdc:sty-11-old"]
    assert not summary.truncated


def test_a_summary_of_a_large_plan_says_that_there_is_more():
    summary = describe(a_plan(5), registry=REGISTRY, most=3)

    assert (len(summary.changes), summary.truncated) == (3, True)
    assert summary.counts["study_set"].inserted == 5
    assert not describe(a_plan(5), registry=REGISTRY, most=6).truncated


def test_a_plan_in_parts_is_told_as_the_whole():
    whole = a_plan(7)
    parts = [Plan(whole.changes[start : start + 3]) for start in (0, 3, 6)]
    parts.append(Plan(unchanged={"biosample_set": 1}))
    parts.append(Plan(unchanged={"biosample_set": 1}))

    for most in (1, 5, 8, 100):
        told = describe_parts(iter(parts), registry=REGISTRY, most=most)
        assert told == describe(whole, registry=REGISTRY, most=most)
