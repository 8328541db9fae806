"""What holds for every sheet: the same result each time, and nothing touched but what it names."""

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.changesheets.applying import apply_updates
from nmdc_runtime.changesheets.errors import SheetRefused
from nmdc_runtime.changesheets.grouping import group_rows
from nmdc_runtime.changesheets.interpreting import Interpreter
from nmdc_runtime.changesheets.problems import listed
from nmdc_runtime.changesheets.reading import TSV, read_sheet
from nmdc_runtime.schema.load import load_registry

HEADER = "id\taction\tattribute\tvalue\n"
STUDY: dict[str, Any] = {
    "id": "nmdc:sty-11-aaaa1111",
    "type": "nmdc:Study",
    "name": "S",
    "websites": ["https://a.org"],
    "principal_investigator": {"type": "nmdc:PersonValue", "name": "P"},
    "associated_dois": [{"type": "nmdc:Doi", "doi_value": "doi:10.1234/a"}],
}
IDS = st.sampled_from([STUDY["id"], "", "v", "w"])
ACTIONS = st.sampled_from(["update", "insert", "remove item", "remove", "", "replace items", "no"])
ATTRIBUTES = st.sampled_from(
    [
        "name",
        "websites",
        "principal_investigator",
        "principal_investigator.name",
        "associated_dois",
        "associated_dois.doi_value",
        "has_credit_associations",
        "applies_to_person",
        "applied_roles",
        "doi_value",
        "nonslot",
    ]
)
VALUES = st.sampled_from(["", "v", "w", "x", "x|y", "https://a.org", "|", "5", "\\|"])
ROWS = st.lists(st.tuples(IDS, ACTIONS, ATTRIBUTES, VALUES).map("\t".join), max_size=8)


def outcome_of(content: bytes) -> Any:
    """Return the study after a sheet and the updates, or the problems of the sheet."""
    try:
        sheet = read_sheet(content, content_type=TSV)
    except SheetRefused as refusal:
        return refusal.facts["problems"]
    edits, problems = group_rows(sheet.rows)
    problems += sheet.problems
    interpreter = Interpreter(load_registry())
    updates = []
    for each in edits:
        some, found = interpreter.interpret(each, class_name="Study")
        updates += some
        problems += found
    if problems:
        return listed(problems)
    return apply_updates(STUDY, updates), updates


@given(rows=ROWS)
def test_a_sheet_makes_the_same_each_time_and_touches_only_what_it_names(rows: list[str]) -> None:
    content = (
        HEADER + "".join(f"{STUDY['id']}\tupdate\tname\tS\n{row}\n" for row in rows)
    ).encode()
    before = copy.deepcopy(STUDY)

    outcome = outcome_of(content)

    assert before == STUDY
    assert outcome == outcome_of(content)
    if isinstance(outcome, list):
        assert all(each["line"] >= 2 and each["problem"] for each in outcome)
        return
    applied, updates = outcome
    named = {update.path.partition(".")[0] for update in updates}
    after = applied.document
    assert {key: after.get(key) for key in STUDY if key not in named} == {
        key: value for key, value in STUDY.items() if key not in named
    }
    assert set(after) <= set(STUDY) | named
    assert (after["id"], after["type"]) == (STUDY["id"], STUDY["type"])
    again = apply_updates(after, updates)
    assert again.error or all(
        again.document.get(each.path) == after.get(each.path)
        for each in updates
        if each.action == "$set" and "." not in each.path
    )


@given(content=st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_bytes_of_any_kind_are_read_or_refused(content: bytes) -> None:
    outcome_of(content)
    outcome_of(HEADER.encode() + content)


def test_a_sheet_without_rows_changes_nothing() -> None:
    applied, updates = outcome_of(HEADER.encode())

    assert applied.document is STUDY
    assert updates == []
