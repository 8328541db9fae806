"""Who submits and deletes at the same time ends as if one had come after the other."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from nmdc_runtime.kernel.errors import NmdcError
from nmdc_runtime.schema.body import Body
from nmdc_runtime.workflow_executions.errors import WorkflowExecutionNotFound
from tests.support.documents import body_of
from tests.support.executions import (
    aggregates,
    an_execution,
    data_id,
    execution_id,
    links,
    payload,
    plant_sequencing,
)

RUNS = 8


@pytest.fixture(autouse=True)
def sequencing(database) -> None:
    plant_sequencing(database)


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """Do all this at the same moment; return answers, or refusals in their place."""
    barrier = Barrier(len(works))

    def do(work: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return work()
        except NmdcError as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(do, works))


def submission(services, *args: Any, **more: Any) -> Callable[[], Any]:
    body = Body(body_of(payload(*args, **more)))
    return lambda: services.workflow_executions.taking_in.submit(body, username="tester")


def test_runs_of_one_base_submitted_at_once_end_up_linked_whoever_wins(services, database):
    works = [
        submission(
            services, an_execution(f"wfrqc-a.{run}", outputs=(f"o{run}",)), data=(f"o{run}",)
        )
        for run in (1, 2, 3, 5, 6, 9, 10, 12)
    ]

    answers = at_once(works)

    assert [each.message for each in answers] == ["Inserted 2 documents"] * RUNS
    chain = {1: 2, 2: 3, 3: 5, 5: 6, 6: 9, 9: 10, 10: 12}
    assert links(database) == {
        short: f"wfrqc-a.{newer}"
        for older, newer in chain.items()
        for short in (f"wfrqc-a.{older}", f"o{older}")
    }


def test_the_same_body_sent_many_times_at_once_is_stored_once(services, database):
    work = submission(
        services,
        an_execution("wfmgan-a.1", outputs=("one",)),
        data=("one",),
        functional_annotation_agg=aggregates("wfmgan-a.1", 1, 2, 3),
    )

    answers = at_once([work] * RUNS)

    assert {each.message for each in answers} == {"Inserted 5 documents"}
    assert database["functional_annotation_agg"].count_documents({}) == 3
    assert database["_runtime.plans"].count_documents({}) == 1


def test_a_run_submitted_while_its_predecessor_is_deleted_supersedes_what_is_there(
    services, database
):
    for run in range(1, RUNS):
        submission(
            services, an_execution(f"wfrqc-a.{run}", outputs=(f"o{run}",)), data=(f"o{run}",)
        )()
    deletion = services.workflow_executions.deletion
    newest = an_execution(f"wfrqc-a.{RUNS}", outputs=("new",))

    answers = at_once(
        [
            submission(services, newest, data=("new",)),
            lambda: deletion.delete(execution_id("wfrqc-a.7")),
            lambda: deletion.delete(execution_id("wfrqc-a.4")),
            lambda: deletion.delete(execution_id("wfrqc-a.4")),
        ]
    )

    refused = [each for each in answers if isinstance(each, Exception)]
    assert [type(each) for each in refused] == [WorkflowExecutionNotFound], "the one that was late"
    left = [1, 2, 3, 5, 6, RUNS]
    expected = {f"wfrqc-a.{older}": f"wfrqc-a.{newer}" for older, newer in itertools.pairwise(left)}
    outputs = {f"o{older}": f"wfrqc-a.{newer}" for older, newer in itertools.pairwise(left)}
    assert links(database) == expected | outputs


def test_an_input_that_is_deleted_meanwhile_is_missed_or_takes_its_reader_along(services, database):
    """Without one order of the two, the reader would name what is gone."""
    deletion = services.workflow_executions.deletion
    for attempt in range(4):
        first, second = f"wfrqc-r{attempt}.1", f"wfmgas-s{attempt}.1"
        made, contigs = f"made{attempt}", f"contigs{attempt}"
        submission(services, an_execution(first, outputs=(made,)), data=(made,))()
        reader = an_execution(second, inputs=(made,), outputs=(contigs,))

        at_once(
            [
                submission(services, reader, data=(contigs,)),
                lambda first=first: deletion.delete(execution_id(first)),
            ]
        )

        gone = {execution_id(first), execution_id(second)}
        assert gone.isdisjoint(database["workflow_execution_set"].distinct("id"))
        names = {data_id(made), data_id(contigs)}
        assert names.isdisjoint(database["data_object_set"].distinct("id"))
