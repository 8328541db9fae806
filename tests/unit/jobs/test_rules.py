from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.jobs import rules
from nmdc_runtime.jobs.models import CLAIM_PROMISE, Job, JobClaim, OperationPatch, WorkflowRef
from nmdc_runtime.jobs.reads import unclaimed
from nmdc_runtime.operations.models import EXPIRED, JOB_CLAIM_MODEL, Operation

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SITES = st.sampled_from(["nersc", "lanl"])
CLAIMS = st.lists(
    st.builds(
        JobClaim,
        op_id=st.sampled_from("abcdef"),
        site_id=SITES,
        done=st.sampled_from([None, True, False]),
        cancelled=st.sampled_from([None, True]),
    ),
    unique_by=lambda claim: claim.op_id,
)


def an_operation(**more) -> Operation:
    metadata = {"model": JOB_CLAIM_MODEL, "site_id": "nersc", "job": {"id": "job1"}, "x": 1}
    return Operation(
        id="op1", expire_time=NOW, metadata=metadata | more.pop("metadata", {}), **more
    )


@given(claims=CLAIMS, site_id=SITES, is_exclusive=st.booleans())
def test_ended_claims_are_in_nobodys_way(claims, site_id, is_exclusive):
    found = rules.in_the_way(claims, site_id=site_id, operation_id="a", is_exclusive=is_exclusive)

    assert all(claim.is_live and claim.op_id != "a" for claim in found)
    assert is_exclusive or all(claim.site_id == site_id for claim in found)


@given(claims=CLAIMS, site_id=SITES)
def test_after_a_release_the_site_holds_nothing_and_others_what_they_held(claims, site_id):
    stored = [claim.model_dump(exclude_none=True) | {"kept": 1} for claim in claims]
    held = rules.held_by(stored, site_id=site_id)

    after = rules.released(stored, site_id=site_id, operation_ids=held)

    assert rules.held_by(after, site_id=site_id) == []
    for before, now in zip(stored, after, strict=True):
        assert now["kept"] == 1
        if before["site_id"] != site_id:
            assert now == before
        if before["op_id"] in held:
            assert (now["done"], now["cancelled"]) == (True, True)


def test_an_operation_without_a_claim_gets_one_when_it_is_released():
    after = rules.released([], site_id="nersc", operation_ids=["op1"])

    assert after == [{"op_id": "op1", "site_id": "nersc", "done": True, "cancelled": True}]


@given(
    sent=st.dictionaries(
        st.sampled_from(["site_id", "job", "model", "lease_seconds", "x", "y"]), st.integers()
    )
)
def test_what_is_sent_wins_but_for_what_is_the_runtimes(sent):
    operation = an_operation()

    merged = rules.merged_metadata(operation, sent)

    for key in rules.PROTECTED:
        assert merged.get(key) == operation.facts.get(key)
    for key in {"x", "y"} & sent.keys():
        assert merged[key] == sent[key]
    assert operation.facts.keys() <= merged.keys()


def test_only_what_was_sent_changes():
    operation = an_operation()

    assert rules.changes_of(operation, OperationPatch()) == {}
    assert rules.changes_of(operation, OperationPatch(lease_seconds=5)) == {}
    assert rules.changes_of(operation, OperationPatch(result=None)) == {"result": None}
    assert rules.changes_of(operation, OperationPatch(done=False)) == {"done": False}


def test_a_late_report_takes_the_place_of_expired():
    operation = an_operation(done=True, result={"code": EXPIRED}, metadata={"cancelled": True})

    changes = rules.changes_of(operation, OperationPatch(done=True, metadata={"y": 2}))

    assert changes["result"] is None
    assert changes["metadata"] == operation.facts | {"cancelled": None, "y": 2}


def test_the_first_missing_capability_of_any_need_is_told():
    assert rules.missing_capability(None, ["a"], ["b", "c"], has=["a"]) == "b"
    assert rules.missing_capability(None, ["a"], has=["a", "b"]) is None
    assert rules.missing_capability(has=[]) is None


def test_a_renewal_lasts_as_long_as_is_asked_or_as_before_or_thirty_days():
    plain, leased = an_operation(), an_operation(metadata={"lease_seconds": 60})

    assert rules.renewal(plain, now=NOW, lease_seconds=None) == {"expire_time": NOW + CLAIM_PROMISE}
    again = rules.renewal(leased, now=NOW, lease_seconds=None)
    assert again["expire_time"] == NOW + timedelta(seconds=60)
    longer = rules.renewal(leased, now=NOW, lease_seconds=90)
    assert (longer["expire_time"], longer["metadata"]["lease_seconds"]) == (
        NOW + timedelta(seconds=90),
        90,
    )


def test_a_claim_is_answered_without_what_is_not_set():
    job = Job(id="job1", workflow=WorkflowRef(id="w"), config={"a": None}, name="n")
    operation = an_operation(metadata={"job": rules.embedded(job), "cancelled": None})

    answer = rules.answer_of_claim(operation)

    assert answer.metadata["job"] == {"id": "job1", "workflow": {"id": "w"}, "config": {"a": None}}
    assert "cancelled" not in answer.metadata
    assert operation.metadata["job"]["claims"] == []


def test_an_operation_of_another_job_or_site_does_not_track_a_claim():
    claim = JobClaim(op_id="op1", site_id="nersc")

    assert rules.tracks(an_operation(), claim, job_id="job1")
    assert not rules.tracks(an_operation(), claim, job_id="job2")
    assert not rules.tracks(an_operation(metadata={"site_id": "lanl"}), claim, job_id="job1")
    assert not rules.tracks(an_operation(metadata={"model": "other"}), claim, job_id="job1")


def test_a_filter_for_jobs_without_claims_implies_an_empty_list():
    assert unclaimed({"claims": {"$size": 0}, "a": 1}) == {"claims": []}
    assert unclaimed({"$and": [{"a": 1}, {"claims": {"$size": 0}}]}) == {"claims": []}
    for other in (
        {},
        {"claims": {"$size": 1}},
        {"$or": [{"claims": {"$size": 0}}]},
        {"claims": []},
    ):
        assert unclaimed(other) == {}
