"""What is too much, and what comes while writes are locked, changes nothing."""

from dataclasses import replace
from typing import Any

import pytest

from nmdc_runtime.plans.errors import WritesLocked
from nmdc_runtime.schema.body import Body
from nmdc_runtime.workflow_executions.errors import DeletionTooLarge
from tests.support.documents import body_of
from tests.support.executions import (
    aggregates,
    an_execution,
    execution_id,
    payload,
    plant_sequencing,
)

BODY = Body(
    body_of(
        payload(
            an_execution("wfmgan-a.1", outputs=("one",)),
            data=("one",),
            functional_annotation_agg=aggregates("wfmgan-a.1", 1, 2, 3),
        )
    )
)
ID = execution_id("wfmgan-a.1")


@pytest.fixture
def executions(services, database) -> Any:
    plant_sequencing(database)
    return services.workflow_executions


def sizes(database) -> dict[str, int]:
    names = ("workflow_execution_set", "data_object_set", "functional_annotation_agg", "txn_log")
    return {name: database[name].count_documents({}) for name in names}


@pytest.mark.parametrize("most", [0, 1, 4])
def test_more_than_fits_into_a_transaction_is_not_deleted(executions, database, most):
    executions.taking_in.submit(BODY, username="tester")
    before = sizes(database)

    with pytest.raises(DeletionTooLarge):
        replace(executions.deletion, most_documents=most).delete(ID)

    assert sizes(database) == before
    assert len(replace(executions.deletion, most_documents=5).delete(ID).model_dump()) == 5
    assert sizes(database)["workflow_execution_set"] == 0


def test_while_writes_are_locked_only_dry_runs_are_answered(executions, services, database):
    guard = services.plans.guard
    executions.taking_in.submit(BODY, username="tester")
    before = sizes(database)
    another = Body(body_of(payload(an_execution("wfrqc-b.1"))))

    guard.lock_writes("the schema is being upgraded")
    with pytest.raises(WritesLocked):
        executions.taking_in.submit(another, username="tester")
    with pytest.raises(WritesLocked):
        executions.deletion.delete(ID)
    told = executions.deletion.delete(ID, dry_run=True)
    planned = executions.taking_in.submit(another, username="tester", dry_run=True)

    assert sizes(database) == before
    assert told.deleted_workflow_execution_ids == [ID]
    assert planned.plan.counts["workflow_execution_set"].inserted == 1
    guard.unlock_writes()
    assert executions.taking_in.submit(another, username="tester").message.startswith("Inserted")
