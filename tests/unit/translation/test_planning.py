"""Plans with labels, minting with exact numbers, reports and what a failure says."""

import json

import pytest

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError
from nmdc_runtime.translation.database import Database
from nmdc_runtime.translation.minting import MinterFailedUs, mint_all, placeholder_minter
from nmdc_runtime.translation.planning import Label, Plan, PlanInconsistent
from nmdc_runtime.translation.problems import (
    CODES,
    LIMIT,
    MOST_MESSAGE,
    OF_EACH,
    Problems,
    Severity,
)
from nmdc_runtime.translation.report import TranslationFailed, TranslationReport

SAMPLE = Label("nmdc:ProcessedSample", "a")
FILE = Label("nmdc:DataObject", "https://x.org/a")
RUN = Label("nmdc:NucleotideSequencing", "a")


def a_plan() -> Plan:
    plan = Plan({"nmdc:sty-11-x"})
    plan.add("processed_sample_set", {"id": SAMPLE, "type": "nmdc:ProcessedSample"})
    plan.add("data_object_set", {"id": FILE, "type": "nmdc:DataObject"})
    plan.add(
        "data_generation_set",
        {
            "id": RUN,
            "type": "nmdc:NucleotideSequencing",
            "has_input": [SAMPLE],
            "has_output": [FILE],
            "associated_studies": ["nmdc:sty-11-x"],
        },
    )
    return plan


def test_labels_become_ids_wherever_they_stand() -> None:
    plan = a_plan()
    plan.check()
    ids = mint_all(plan, placeholder_minter())
    (run,) = plan.emit(ids)["data_generation_set"]
    assert run["id"] == "nmdc:dgns-00-000001"
    assert run["has_input"] == ["nmdc:procsm-00-000001"]
    assert run["has_output"] == ["nmdc:dobj-00-000001"]
    assert run["associated_studies"] == ["nmdc:sty-11-x"]
    assert a_plan().emit(mint_all(a_plan(), placeholder_minter())) == plan.emit(ids)


def test_each_class_is_minted_in_one_call_with_what_is_not_known_yet() -> None:
    calls = []
    placeholders = placeholder_minter()

    def mint(class_uri: str, how_many: int) -> list[str]:
        calls.append((class_uri, how_many))
        return placeholders(class_uri, how_many)

    plan = a_plan()
    plan.add("data_object_set", {"id": FILE._replace(key="b"), "type": "nmdc:DataObject"})
    known = {SAMPLE: "nmdc:procsm-11-known", FILE: "nmdc:dobj-11-known", RUN._replace(key="z"): "?"}
    ids = mint_all(plan, mint, known)

    assert calls == [("nmdc:DataObject", 1), ("nmdc:NucleotideSequencing", 1)]
    assert ids[SAMPLE] == "nmdc:procsm-11-known"
    assert len(set(ids.values())) == len(ids) == 4
    report = TranslationReport("test")
    report.add_result(plan, known)
    assert report.to_dict()["ids"]["nmdc:DataObject"] == {"new": 1, "reused": 1}


@pytest.mark.parametrize("given", [[], ["nmdc:a", "nmdc:b"]])
def test_a_minter_that_gives_another_number_is_not_believed(given) -> None:
    with pytest.raises(MinterFailedUs, match="asked for 1 ids"):
        mint_all(a_plan(), lambda _class_uri, _how_many: given)


def test_a_plan_that_refers_to_nothing_is_refused() -> None:
    plan = a_plan()
    plan.documents["data_generation_set"][0]["has_input"] = [Label("nmdc:Biosample", "gone")]
    with pytest.raises(PlanInconsistent, match="nmdc:Biosample 'gone' in has_input"):
        plan.check()


def test_an_id_that_nobody_declared_external_is_refused() -> None:
    plan = a_plan()
    plan.external.clear()
    with pytest.raises(PlanInconsistent, match="nmdc:sty-11-x in associated_studies"):
        plan.check()


def test_a_file_that_no_process_made_is_refused_and_so_is_a_label_used_twice() -> None:
    plan = a_plan()
    del plan.documents["data_generation_set"][0]["has_output"]
    plan.add("processed_sample_set", {"id": SAMPLE, "type": "nmdc:ProcessedSample"})
    with pytest.raises(PlanInconsistent) as refused:
        plan.check()
    assert "is no process's output" in str(refused.value)
    assert "two documents are nmdc:ProcessedSample 'a'" in str(refused.value)
    assert refused.value.kind is ErrorKind.INVALID


def test_a_class_without_typecode_has_no_placeholders() -> None:
    with pytest.raises(ValueError, match="nmdc:Nonsense"):
        placeholder_minter()("nmdc:Nonsense", 1)


def test_a_failure_names_the_first_ten_of_each_rule_and_carries_the_rest() -> None:
    report = TranslationReport("neon-soil")
    for number in range(12):
        report.problems.add("unmapped_site", f"site {number} is not known", natural_id=str(number))
    report.problems.add("bad_number", "a warning")

    failure = TranslationFailed(report)

    assert isinstance(failure, NmdcError)
    assert isinstance(failure, ValueError)
    assert "unmapped_site: 12" in str(failure)
    assert "site 9 is not known" in str(failure)
    assert "site 10 is not known" not in str(failure)
    assert "and 2 more" in str(failure)
    assert "a warning" not in str(failure)
    assert failure.facts["counts"] == {"unmapped_site": 12}
    assert len(failure.report.to_dict()["problems"]["listed"]) == 13


def test_errors_stop_the_run_and_with_skip_only_those_that_leave_nothing_to_do() -> None:
    report = TranslationReport("neon-soil")
    report.problems.add("bad_date", "a warning")
    assert not report.fails()
    report.problems.add("unknown_horizon", "an error of one sample")
    assert report.fails()
    assert not report.fails(on_error="skip")
    report.problems.add("empty_selection", "nothing left")
    assert report.fails(on_error="skip")


def test_a_report_is_json_and_has_rows_for_people() -> None:
    report = TranslationReport("neon-soil")
    use = report.read("cores", 3)
    use.use()
    use.skip("missing_id", 2)
    use.skip("nothing", 0)
    report.problems.add("bad_number", "worse", table="cores", row=1, column="mass", value="x")
    report.problems.add("unmapped_site", "worst", natural_id="s")
    report.add_result(a_plan())

    assert report.table() == [
        {"table": "cores", "read": 3, "used": 1, "skipped": 2, "why": "missing_id: 2"}
    ]
    assert [row["code"] for row in report.problem_table()] == ["unmapped_site", "bad_number"]
    assert len(report.problem_table(limit=1)) == 1
    told = json.loads(json.dumps(report.to_dict()))
    assert told["problems"]["by_code"] == {"bad_number": 1, "unmapped_site": 1}
    assert told["tables"]["cores"] == {"read": 3, "used": 1, "skipped": {"missing_id": 2}}
    assert report.counts()["data_object_set"] == 1


def test_problems_past_the_limit_are_counted_and_values_are_cut() -> None:
    problems = Problems()
    for _ in range(LIMIT + 5):
        problems.add("bad_number", "no number", value="x" * 1000)
    assert len(problems.listed) == LIMIT
    assert problems.by_code["bad_number"] == LIMIT + 5
    assert problems.truncated
    assert problems.count(Severity.WARNING) == LIMIT + 5
    assert len(problems.listed[0].value or "") == 200
    book = Problems()
    text = "row 1: " + "m\ud83c" * 5_000 + " is no number"
    book.add("bad_value", text, natural_id="\ud83c" * 5_000, column="c" * 5_000)
    (told,) = book
    assert len(told.message) == MOST_MESSAGE
    assert told.message.startswith("row 1: m?m?")  # where, and by what rule: both ends stay
    assert told.message.endswith("m? is no number")
    assert told.natural_id == "?" * 200
    assert told.column == "c" * 200
    with pytest.raises(KeyError):
        problems.add("no_such_rule", "")
    assert set(CODES.values()) == set(Severity)


def test_an_error_after_thousands_of_warnings_is_still_named() -> None:
    warned = Problems()
    for _ in range(LIMIT):
        warned.add("bad_number", "no number")
    assert not warned.truncated
    late = Problems()
    for _ in range(OF_EACH + 5):
        late.add("unmapped_site", "the site XXXX has no name")

    both = Problems()
    both.extend(warned)
    both.extend(late)
    for each in late:
        warned.add(each.code, each.message)

    for found in (both, warned):
        assert [each.code for each in found].count("unmapped_site") == OF_EACH
        assert found.by_code == {"bad_number": LIMIT, "unmapped_site": OF_EACH + 5}
        assert found.truncated
        failed = TranslationFailed(TranslationReport("neon-soil", problems=found))
        assert "the site XXXX has no name" in str(failed)


def test_a_database_is_read_by_attribute_and_by_key() -> None:
    database = Database(
        {"biosample_set": [{"id": "a", "depth": {"has_unit": "m"}, "l": [{"x": 1}]}]}
    )
    (sample,) = database.biosample_set
    assert sample.id == sample["id"] == "a"
    assert sample.depth.has_unit == sample["depth"]["has_unit"] == "m"
    assert sample.l[0].x == 1
    assert database.manifest_set == []
    assert json.loads(json.dumps(database)) == database
    with pytest.raises(AttributeError):
        _ = sample.elev
    with pytest.raises(AttributeError):
        _ = database.nonsense
