"""The check of a whole database: what it finds, what it does not make up, what it keeps."""

import bson
import pytest
from pymongo import MongoClient
from pymongo.monitoring import CommandListener

from nmdc_runtime.checks.checking import MOST_TEXT, CollectionChecker, SchemaChecker
from nmdc_runtime.checks.models import CheckKind, Outcome
from nmdc_runtime.checks.store import REPORTS
from nmdc_runtime.kernel.errors import NmdcError
from nmdc_runtime.metadata.store import indexes
from nmdc_runtime.mongo.indexes import ensure_indexes
from tests.support.documents import a_study, biosamples

STUDY = a_study()


def check(services):
    shown, told = [], []
    report = services.upkeep.checks.check(run_id="a-run", tell=told.append, show=shown.append)
    assert shown == report.collections
    return report, told


def by_rule(report) -> dict[str, int]:
    return {rule: each for each_ in report.collections for rule, each in each_.rules.items()}


@pytest.fixture
def bare(services, fresh_database):
    """Return what checks a database in which nothing is unique."""
    checker = SchemaChecker(database=fresh_database, validator=services.metadata.validator)
    return CollectionChecker(checker=checker, most_listed=5, tell=lambda _: None, batch_size=3)


def test_a_good_database_is_good_and_the_report_is_kept(services, database):
    database["study_set"].insert_one(dict(STUDY))
    database["biosample_set"].insert_many(biosamples(5, study_id=STUDY["id"]))
    row = {
        "type": "nmdc:FunctionalAnnotationAggMember",
        "was_generated_by": "nmdc:wfmgan-11-a.1",
        "gene_function_id": "KEGG.ORTHOLOGY:K00001",
        "count": 2,
    }
    database["functional_annotation_agg"].insert_many([dict(row), dict(row)])
    database["workflow_execution_set"].insert_one({"id": "nmdc:wfmgan-11-a.1"})

    report, told = check(services)

    found = {each.collection: each for each in report.collections}
    assert found["biosample_set"].documents == 5
    assert found["biosample_set"].problems == found["study_set"].problems == 0
    # It has no id of its own: rows that are alike are none.
    assert found["functional_annotation_agg"].problems == 0
    assert "biosample_set: 5 documents, 0 problems" in told
    assert report.run_id == "a-run"
    assert services.upkeep.checks.reports.list_of("check_nmdcdb") == [report]


def test_each_kind_of_problem_is_found_and_counted(services, database):
    samples = biosamples(3, study_id=STUDY["id"])
    database["study_set"].insert_one({**STUDY, "study_category": "nonsense", "strange": 1})
    samples[0]["associated_studies"] = ["nmdc:sty-11-gone"]
    samples[2]["name"] = samples[1]["name"]
    database["biosample_set"].drop_indexes()  # two of one name: MongoDB itself would not have it
    database["biosample_set"].insert_many(samples)
    try:
        report, _ = check(services)
    finally:
        database["biosample_set"].delete_many({})
        assert ensure_indexes(database, indexes(services.registry)) == []

    assert report.outcome is Outcome.PROBLEMS
    assert by_rule(report) == {
        "additionalProperties": 1,
        "enum": 1,
        "reference": 1,
        "unique_name": 1,
    }
    assert report.counts["problems"] == 4
    assert report.counts["problems reference"] == 1
    assert report.summary.startswith("4 problems in 4 documents")
    (lost,) = [
        problem
        for each in report.collections
        for problem in each.listed
        if problem.rule == "reference"
    ]
    assert lost.id == samples[0]["id"]
    assert "nmdc:sty-11-gone" in lost.message


def test_ids_that_several_have_are_found_across_batches_where_no_index_forbids_them(
    bare, fresh_database
):
    studies = [a_study(f"s{number}") for number in range(8)]
    fresh_database["study_set"].insert_many([*studies, {**studies[0], "name": "again"}])

    report = bare.check("study_set")

    assert (report.documents, report.problems, report.rules) == (9, 1, {"unique_id": 1})
    assert report.listed[0].id == studies[0]["id"]


def test_problems_are_listed_up_to_a_limit_with_short_texts_and_all_are_counted(
    bare, fresh_database
):
    fresh_database["study_set"].insert_many(
        {**a_study(f"s{number}"), "study_category": "x" * 5_000} for number in range(20)
    )

    report = bare.check("study_set")

    assert report.problems == report.rules["enum"] == 20
    assert len(report.listed) == 5
    assert max(len(each.message) for each in report.listed) <= MOST_TEXT


def test_keys_of_any_type_are_passed_once_each(bare, fresh_database):
    keys = [None, 1, 2.5, "text", bson.ObjectId(), True, b"x", {"a": 1}, "other", 7]
    fresh_database["study_set"].insert_many(
        {"_id": key, **a_study(f"k{number}")} for number, key in enumerate(keys)
    )

    assert bare.check("study_set").documents == len(keys)


class DeletesWhileLookedFor(CommandListener):
    """Somebody who deletes a document just when its reference is about to be followed."""

    def __init__(self, delete) -> None:
        self._delete = delete

    def started(self, event) -> None:
        if event.command_name == "find" and "id" in event.command.get("filter", {}):
            self._delete()

    def succeeded(self, event) -> None:
        pass

    def failed(self, event) -> None:
        pass


@pytest.mark.parametrize("is_deleted_too", [True, False])
def test_a_document_that_is_deleted_with_its_target_meanwhile_is_no_problem(
    services, mongo_url, fresh_database, is_deleted_too
):
    fresh_database["study_set"].insert_one(dict(STUDY))
    fresh_database["biosample_set"].insert_many(biosamples(1, study_id=STUDY["id"]))

    def delete() -> None:
        fresh_database["study_set"].delete_many({})
        if is_deleted_too:
            fresh_database["biosample_set"].delete_many({})

    with MongoClient(mongo_url, event_listeners=[DeletesWhileLookedFor(delete)]) as client:
        checker = SchemaChecker(
            database=client[fresh_database.name], validator=services.metadata.validator
        )
        report = CollectionChecker(checker=checker, most_listed=5, tell=lambda _: None).check(
            "biosample_set"
        )

    assert report.problems == (0 if is_deleted_too else 1)


def test_documents_that_json_cannot_have_and_of_unknown_types_are_problems(bare, fresh_database):
    fresh_database["study_set"].insert_many(
        [
            {**a_study("a"), "description": bson.Binary(b"\x01")},
            {"id": "nmdc:sty-11-b", "type": "nmdc:Nothing"},
            {"text": "no study at all"},
            {"type": 5},
        ]
    )

    report = bare.check("study_set")

    assert report.documents == 4
    assert {each.id for each in report.listed} >= {"nmdc:sty-11-a", "nmdc:sty-11-b"}
    assert report.problems >= 4


def test_only_the_newest_reports_of_a_kind_are_kept(services, database):
    checks = services.upkeep.checks
    made = []
    for kind in [CheckKind.DATABASE] * 4 + [CheckKind.SWEEP]:
        with checks.reporting(kind, run_id=None) as report:
            made.append(report.id)
        checks.reports.add(
            report.model_copy(update={"id": f"{report.id}x", "kind": CheckKind.DRILL}), kept=2
        )

    assert [each.id for each in checks.reports.list_of("restore_drill")] == [
        f"{made[4]}x",
        f"{made[3]}x",
    ]
    assert len(checks.reports.list_of("check_nmdcdb")) == 4
    assert database[REPORTS].count_documents({}) == 7


def test_what_fails_leaves_a_report_that_says_so(services):
    checks = services.upkeep.checks

    def fail():
        with checks.reporting(CheckKind.BACKUP, run_id=None):
            raise NmdcError("the bucket is full")

    with pytest.raises(NmdcError):
        fail()

    (report,) = checks.reports.list_of("backup_nmdcdb")
    assert report.outcome is Outcome.FAILED
    assert report.summary == "it did not come to its end: the bucket is full"
