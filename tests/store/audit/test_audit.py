"""The audit trail keeps who did what, with the change or not at all, and no secret."""

import pytest

from nmdc_runtime.audit.rules import digest_of
from nmdc_runtime.audit.store import AUDIT
from nmdc_runtime.kernel.audit import Call, serving


def test_a_record_tells_who_did_what_when_and_by_which_request(services, now):
    with serving(Call(request_id="r1", username="alice", api_key_id="k1")):
        services.audit.record("rename_job", "jobs/j1", "operations/o1", details={"count": 2})

    (record,) = services.audit.list_of("operations/o1")
    assert (record.username, record.api_key_id, record.request_id) == ("alice", "k1", "r1")
    assert (record.action, record.at, record.details) == ("rename_job", now, {"count": 2})
    assert record.targets == ["jobs/j1", "operations/o1"]


def test_where_nobody_calls_the_system_does(services):
    services.audit.record("expire_claim", "jobs/j1")

    assert services.audit.list_of("jobs/j1")[0].username == "_system"


def test_before_and_after_are_kept_as_hashes_only(services, database):
    secret = {"username": "alice", "hashed_password": "$argon2id$very-secret"}
    services.audit.record("change_password", "users/alice", before=secret, after={"a": 1})

    document = database[AUDIT].find_one({"targets": "users/alice"})
    assert "very-secret" not in str(document)
    assert document["before_hash"] == digest_of(dict(reversed(secret.items())))
    assert document["after_hash"] == digest_of({"a": 1}) != document["before_hash"]


def test_a_record_goes_with_the_change_that_was_aborted(services, database):
    def work(tx):
        services.audit.record("create_row", "rows/1", tx=tx)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        services.transactions.run(work)

    assert services.audit.list_of("rows/1") == []


def test_records_of_a_target_stand_in_the_order_of_their_making(services):
    for action in ("create_job", "claim_job", "release_job"):
        services.audit.record(action, "jobs/j1")

    assert [record.action for record in services.audit.list_of("jobs/j1")] == [
        "create_job",
        "claim_job",
        "release_job",
    ]
