"""What sensors look for all the time: found by indexes, however much there is that is done."""

from datetime import timedelta

from nmdc_runtime.catalog.models import Trigger
from nmdc_runtime.jobs.models import Wanted
from nmdc_runtime.operations.models import JOB_CLAIM_MODEL

MANY = 300
#: What a query may look at beside what it finds.
SLACK = 20
OWN = "nmdc-runtime"
WORKFLOW = "metadata-in-1.0.0"


def fill(database, now) -> None:
    """Store many objects that have been dealt with, and two that have not."""
    database["objects"].insert_many(
        {
            "id": f"gfs0{n}",
            "types": ["metadata-in"],
            "checksums": [{"type": "sha256", "checksum": f"{n}"}],
            "_typed_at": now if n >= MANY else now - timedelta(days=n + 1),
        }
        for n in range(MANY + 2)
    )
    database["jobs"].insert_many(
        {
            "id": f"nmdc:sys0job{n}",
            "workflow": {"id": WORKFLOW},
            "config": {"object_id": f"gfs0{n}"},
            "claims": [{"op_id": f"nmdc:sys0op{n}", "site_id": OWN, "done": True}],
        }
        for n in range(MANY)
    )
    database["operations"].insert_many(
        {
            "id": f"nmdc:sys0op{n}",
            "done": n > 0,
            "expire_time": now + timedelta(days=1),
            "metadata": {
                "model": JOB_CLAIM_MODEL,
                "site_id": OWN,
                "job": {"id": f"nmdc:sys0job{n}", "workflow": {"id": WORKFLOW}},
            },
        }
        for n in range(MANY)
    )


def looked_at(database, work):
    """Return what the work finds, and how many documents and keys MongoDB looked at for it."""
    database.command("profile", 2)
    try:
        found = work()
    finally:
        database.command("profile", 0)
    seen = list(
        database["system.profile"].find({"ns": {"$regex": r"\.(jobs|objects|operations)$"}})
    )
    database["system.profile"].drop()
    assert seen, "the profiler saw nothing"
    return found, max(max(each["docsExamined"], each["keysExamined"]) for each in seen)


def test_jobs_that_the_site_never_claimed_are_found_among_many_that_it_did(services, database, now):
    fill(database, now)
    others = [{"op_id": "x", "site_id": "lanl"}]
    database["jobs"].insert_many(
        {"id": id_, "workflow": {"id": WORKFLOW}, "config": {"object_id": id_}, **claims}
        for id_, claims in {
            "free": {},
            "empty": {"claims": []},
            "shared": {"claims": others},
        }.items()
    )

    found, examined = looked_at(
        database,
        lambda: list(services.jobs.jobs.iterate_unclaimed_by(site_id=OWN, workflow_id=WORKFLOW)),
    )

    assert sorted(found) == [("empty", "empty"), ("free", "free"), ("shared", "shared")]
    assert examined <= len(found) + SLACK


def test_live_claims_are_found_among_many_that_have_ended(services, database, now):
    fill(database, now)

    found, examined = looked_at(
        database,
        lambda: list(services.operations.iterate_live_claims(site_id=OWN, workflow_id=WORKFLOW)),
    )

    assert [operation.id for operation in found] == ["nmdc:sys0op0"]
    assert examined <= SLACK


def test_objects_without_a_job_are_found_among_many_that_have_one(services, database, now):
    fill(database, now)
    wanted = [Wanted(WORKFLOW, f"gfs0{MANY}"), Wanted(WORKFLOW, f"gfs0{MANY + 1}")]

    def listed(since, most=10):
        return services.jobs.triggered.list_wanted(since=since, most=most)

    lately, examined = looked_at(database, lambda: listed(now - timedelta(minutes=5)))
    assert sorted(lately) == wanted
    assert examined <= SLACK

    all_of_them, examined = looked_at(database, lambda: listed(None))
    assert sorted(all_of_them) == wanted
    # A job is looked up by its object: all jobs for each object would be a hundred times as many.
    assert examined <= 5 * MANY
    assert len(listed(None, most=1)) == 1


def test_what_anybody_may_have_tagged_long_ago_is_not_taken_in(services, database):
    database["objects"].insert_many(
        {
            "id": f"gfs0{name}",
            "types": [name],
            "checksums": [{"type": "sha256", "checksum": name}],
        }
        for name in ("metadata-in", "metadata-changesheet", "test")
    )

    found = services.jobs.triggered.list_wanted(since=None, most=10)

    assert found == [Wanted("test", "gfs0test")]


def test_a_trigger_whose_workflow_does_not_exist_asks_for_nothing(services, database, now):
    lost = Trigger(
        id="metadata-in--gone", object_type_id="metadata-in", workflow_id="gone", created_at=now
    )
    database["triggers"].insert_one(lost.model_dump())
    database["objects"].insert_one({"id": "gfs0a", "types": ["metadata-in"], "_typed_at": now})

    found = services.jobs.triggered.list_wanted(since=None, most=10)

    assert found == [Wanted(WORKFLOW, "gfs0a")]
