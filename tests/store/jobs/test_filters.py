"""The filters that clients send to ``GET /jobs`` and ``GET /operations``: none reads everything.

They are those of nmdc_automation, the Runtime's own sensors, and the documentation.
"""

import secrets
from typing import Any

import pytest
from bson import json_util

from nmdc_runtime.jobs.reads import JobReads
from nmdc_runtime.mongo.filters import parse_filter
from nmdc_runtime.mongo.listing import Listing, PageSpec, _find
from nmdc_runtime.operations.reads import OperationReads

MANY = 5_000
PAGE = 100
#: Documents that a page may look at: itself, one more, and some that do not match after all.
MOST_EXAMINED = 3 * PAGE

WORKFLOWS = {"$in": [f"wf{n}" for n in range(6)]}
JOB_FILTERS: dict[str, dict[str, Any]] = {
    "everything": {},
    "one job": {"id": "job00007"},
    "not claimed yet": {"workflow.id": WORKFLOWS, "claims": {"$size": 0}},
    "not claimed yet, of one": {"workflow.id": "wf3", "claims": {"$size": 0}},
    "not claimed yet, in other words": {
        "$and": [{"workflow.id": WORKFLOWS, "claims": {"$size": 0}}]
    },
    "of one workflow": {"workflow.id": "wf3"},
    "of some workflows": {"workflow.id": WORKFLOWS},
    "by activity": {"config.activity_id": "act77"},
    "by what it was informed by": {"config.was_informed_by": "omprc7"},
    "by workflow and what it was informed by": {
        "workflow.id": "wf1",
        "config.was_informed_by": "omprc7",
    },
    "by object": {"workflow.id": "wf3", "config.object_id": "obj3"},
    "held by a site": {"claims.site_id": "rare"},
}
OPERATION_FILTERS: dict[str, dict[str, Any]] = {
    "everything": {},
    "one operation": {"id": "op00007"},
    "of a job": {"metadata.job.id": "job00007"},
    "of some jobs and a site": {
        "metadata.job.id": {"$in": ["job00007", "job00008"]},
        "metadata.site_id": "nersc",
    },
    "overdue": {"done": False, "expire_time": {"$lte": {"$date": "2026-01-01T00:00:00Z"}}},
}


@pytest.fixture
def filled(database):
    database["jobs"].insert_many(
        {
            "id": f"job{n:05}",
            "workflow": {"id": f"wf{n % 10}"},
            "config": {
                "activity_id": f"act{n}",
                "was_informed_by": f"omprc{n // 20}",
                "object_id": f"obj{n}",
                "noise": secrets.token_hex(4),
            },
            "claims": [
                {"op_id": f"op{n:05}", "site_id": "nersc" if n % 100 else "rare", "done": True}
            ]
            if n % 200
            else [],
        }
        for n in range(MANY)
    )
    database["operations"].insert_many(
        {
            "id": f"op{n:05}",
            "done": n % 50 != 0,
            "metadata": {"job": {"id": f"job{n:05}"}, "site_id": "nersc"},
        }
        for n in range(MANY)
    )


async def explain(listing: Listing, filter: dict[str, Any]) -> dict[str, Any]:

    asked = parse_filter(json_util.dumps(filter))
    cursor = _find(listing, PageSpec(size=PAGE, filter=asked), None, PAGE + 1)
    return await cursor.explain()


def stages(plan: dict[str, Any]) -> set[str]:
    below = [plan["inputStage"]] if "inputStage" in plan else plan.get("inputStages", [])
    return {plan["stage"]}.union(*map(stages, below))


def check(explained: dict[str, Any]) -> None:
    assert "COLLSCAN" not in stages(explained["queryPlanner"]["winningPlan"])
    assert explained["executionStats"]["totalDocsExamined"] <= MOST_EXAMINED


@pytest.mark.parametrize("what", JOB_FILTERS)
async def test_no_page_of_jobs_reads_much_more_than_it_shows(filled, async_database, what):
    listing = JobReads(async_database, time_limit_ms=5_000).listing()

    check(await explain(listing, JOB_FILTERS[what]))


@pytest.mark.parametrize("what", OPERATION_FILTERS)
async def test_no_page_of_operations_reads_much_more_than_it_shows(filled, async_database, what):
    listing = OperationReads(async_database, time_limit_ms=5_000).listing()

    check(await explain(listing, OPERATION_FILTERS[what]))
