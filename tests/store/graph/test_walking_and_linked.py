"""Ways through ``alldocs``: all of them find the same, and none goes on for ever."""

from itertools import combinations
from typing import Any

import pytest

from nmdc_runtime.graph.linked import LinkedInstances, Question
from nmdc_runtime.graph.linked_documents import LinkedDocuments
from nmdc_runtime.graph.linked_errors import TooManyLinks
from nmdc_runtime.graph.linked_membership import membership
from nmdc_runtime.graph.rules import DOWNSTREAM, UPSTREAM
from nmdc_runtime.graph.store import ALLDOCS
from nmdc_runtime.graph.walking import Walker
from tests.support.graph import FRESH, RULES, a_biosample, put_graph, put_state

STUDY = "nmdc:sty-11-a"


def a_lab(samples: int) -> list[dict[str, Any]]:
    """One study and one calibration, with which everything has to do."""
    documents: list[dict[str, Any]] = [
        {"id": STUDY, "type": "nmdc:Study"},
        {
            "id": "nmdc:calib-11-a",
            "type": "nmdc:CalibrationInformation",
            "calibration_object": "nmdc:dobj-11-cal",
        },
        {"id": "nmdc:dobj-11-cal", "type": "nmdc:DataObject"},
    ]
    for n in range(samples):
        documents += [
            a_biosample(str(n), STUDY),
            {
                "id": f"nmdc:dgms-11-{n}",
                "type": "nmdc:MassSpectrometry",
                "has_input": [f"nmdc:bsm-11-{n}"],
                "has_output": [f"nmdc:dobj-11-{n}"],
                "associated_studies": [STUDY],
            },
            {"id": f"nmdc:dobj-11-{n}", "type": "nmdc:DataObject"},
            {
                "id": f"nmdc:wfnom-11-{n}.1",
                "type": "nmdc:NomAnalysis",
                "has_input": [f"nmdc:dobj-11-{n}"],
                "uses_calibration": ["nmdc:calib-11-a"],
            },
        ]
    return documents


def linked_instances(async_database, **options: int) -> LinkedInstances:
    limit = 10_000
    return LinkedInstances(
        async_database,
        RULES,
        walker=Walker(async_database, time_limit_ms=limit),
        documents=LinkedDocuments(async_database, RULES, time_limit_ms=limit),
        **options,
    )


async def everything(async_database, ids: list[str]) -> dict[tuple[str, ...], list[Any]]:
    """Return what is linked to each id, to each pair, and to all."""
    linked = linked_instances(async_database)
    asked = [*((each,) for each in ids), *combinations(ids, 2), tuple(ids)]
    found = {}
    for some in asked:
        answer = await linked.find(Question(tuple(sorted(some))))
        found[some] = [answer.slim(id_) for id_ in answer.ids]
    return found


async def test_arrays_that_are_cut_short_hide_no_link(database, async_database):
    documents = a_lab(samples=4)
    ids = [STUDY, "nmdc:calib-11-a", "nmdc:dobj-11-cal", "nmdc:bsm-11-0", "nmdc:wfnom-11-3.1"]
    put_graph(database, documents)
    whole = await everything(async_database, ids)
    assert len(whole[STUDY,]) == len(documents) - 1

    put_graph(database, documents, most_links=2)
    assert database[ALLDOCS].count_documents({"_left_out": {"$exists": True}}) > 1
    assert await everything(async_database, ids) == whole


async def test_the_server_declines_where_an_array_on_the_way_is_cut(database, async_database):
    walker = Walker(async_database, time_limit_ms=10_000)
    put_graph(database, a_lab(samples=4))
    assert await walker.ask_server(["nmdc:bsm-11-0"]) is not None
    put_graph(database, a_lab(samples=4), most_links=2)
    assert await walker.ask_server(["nmdc:dobj-11-cal"]) is None
    assert await walker.ask_server([STUDY]) is None


async def test_the_servers_way_and_the_walk_agree(database, async_database):
    put_graph(database, a_lab(samples=3))
    walker = Walker(async_database, time_limit_ms=10_000)
    ids = ["nmdc:dobj-11-1", "nmdc:bsm-11-2"]
    small = await walker.ask_server(ids)
    assert small is not None
    assert small.state is not None
    assert small.state.fresh_as_of == FRESH
    for direction in (UPSTREAM, DOWNSTREAM):
        walk = await walker.walk(ids, direction)
        reached = membership(ids, walk.links)
        for id_ in ids:
            walked = {each for each in reached if id_ in reached.of(each)}
            assert small.reached[id_][direction].keys() == walked


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"time_limit_ms": 0}, "takes longer"),
        ({"time_limit_ms": 10_000, "most_reached": 5}, "more than 5 documents"),
    ],
)
async def test_a_walk_that_leads_too_far_ends_and_says_so(database, async_database, limits, why):
    put_graph(database, a_lab(samples=4))
    with pytest.raises(TooManyLinks, match=why) as refused:
        await Walker(async_database, **limits).walk([STUDY], DOWNSTREAM)
    assert refused.value.facts["code"] == "query_too_expensive"


async def test_levels_of_more_ids_than_one_query_takes_are_walked_whole(database, async_database):
    count = 6_000
    documents = [{"id": STUDY, "type": "nmdc:Study"}]
    documents += [a_biosample(f"{n:05}", STUDY) for n in range(count)]
    put_graph(database, documents)
    walk = await Walker(async_database, time_limit_ms=60_000).walk([STUDY], DOWNSTREAM)
    assert len(walk.types) == count + 1
    samples = [each["id"] for each in documents[1:]]
    back = await Walker(async_database, time_limit_ms=60_000).walk(samples, UPSTREAM)
    assert membership(samples, back.links).of(STUDY) == samples


async def test_a_large_result_is_kept_until_the_graph_moves_on(database, async_database):
    documents = a_lab(samples=80)
    put_graph(database, documents)
    linked = linked_instances(async_database)
    question = Question((STUDY,))
    first = await linked.find(question)
    assert await linked.find(question) is first

    # Time that passes without a change makes the answer fresher, and not another one.
    put_state(database, fresh_as_of=FRESH.replace(second=58))
    still = await linked.find(question)
    assert still.ids is first.ids
    assert still.state is not None
    assert still.state.fresh_as_of == FRESH.replace(second=58)

    database[ALLDOCS].delete_one({"id": "nmdc:bsm-11-0"})
    later = FRESH.replace(second=59)
    put_state(database, fresh_as_of=later, changes=1)
    anew = await linked.find(question)
    assert anew.state is not None
    assert anew.state.fresh_as_of == later
    assert "nmdc:bsm-11-0" not in anew.ids
    assert await linked.find(question) is anew


async def test_what_is_kept_has_bounds(database, async_database):
    put_graph(database, a_lab(samples=80))
    linked = linked_instances(async_database, most_kept=500)
    study, calibration = Question((STUDY,)), Question(("nmdc:calib-11-a",))
    first = await linked.find(study)
    await linked.find(calibration)
    assert await linked.find(study) is not first, "one had to go for the other"
    tight = linked_instances(async_database, most_kept=100)
    assert await tight.find(study) is not await tight.find(study)
