"""The published cases: each sheet comes to what upstream makes of it, but for the ones listed."""

from typing import Any

from pymongo.database import Database

from nmdc_runtime.kernel.errors import NmdcError
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.wiring import Services
from tests.support.changesheets import (
    Case,
    case_documents,
    cases,
    upstream_cases,
    upstream_documents,
)

#: Where our outcome differs: the status, and why.
BETTER = {
    "18-variables-applied-in-name-order-after-plain-rows": (
        200,
        "exporters 3.12.9: elements of one list come in the order of the sheet",
    ),
    "22-boolean-never-coerced": (200, "exporters 3.12.8: booleans can be set"),
    "23-pipe-splits-single-valued-strings-too": (
        200,
        "exporters 3.12.7: a text stays a text unless it ends in |",
    ),
    "26-slot-of-another-class": (400, "exporters 3.12.3: a slot must belong to the class"),
    "31-polymorphic-collection-with-type": (
        422,
        "exporters 3.12.10: references are checked, and these lead nowhere",
    ),
    "46-err-unknown-action": (400, "exporters 3.12.6: no 500"),
    "47-err-nested-variables": (
        422,
        "exporters 3.12.6: objects in objects work; these two lack their types",
    ),
    "48-err-variable-reused-for-another-attribute": (
        422,
        "api-write D-22: variables belong to one document; these two lack their types",
    ),
    "51-inherited-multivalued-without-pipe-insert": (
        200,
        "exporters 3.12.4: slots that inherit that they are lists are lists",
    ),
    "52-inherited-multivalued-without-pipe-update": (200, "exporters 3.12.4: likewise"),
}
#: Those of upstream's own sheets have no status: it follows from what their documents violate.
OK, INVALID = 200, 422


def fill(database: Database[Document], documents: dict[str, list[Document]]) -> None:
    for collection, some in documents.items():
        database[collection].delete_many({})
        database[collection].insert_many(some)


def outcome_of(services: Services, case: Case) -> dict[str, Any]:
    try:
        rehearsal = services.changesheets.rehearse(case.file)
    except NmdcError as refusal:
        return {"status": refusal.status, "detail": str(refusal), "facts": refusal.facts}
    return {
        "status": INVALID if rehearsal.is_refused else OK,
        "update_cmd": rehearsal.update_cmd,
        "results": [
            {
                "id": each.document_id,
                "doc_after": each.outcome.document,
                "validation_errors": each.messages,
                "write_errors": [
                    {"index": error["index"], "code": error["code"]}
                    for error in each.outcome.update_info.get("writeErrors", [])
                ],
            }
            for each in rehearsal.documents
        ],
        "lines": [problem.line for problem in rehearsal.problems()],
    }


def is_as_published(expected: dict[str, Any], found: dict[str, Any]) -> bool:
    """Compare the outcomes; commands are compared in the order of their keys, as MongoDB does."""
    if "detail" in expected:
        return (found["status"], found["detail"]) == (400, expected["detail"])
    results = [{"write_errors": [], **each} for each in expected.get("results", [])]
    is_refused = any(each["validation_errors"] or each["write_errors"] for each in results)
    status = expected.get("upstream_status", INVALID if is_refused else OK)
    return (
        found["status"] == status
        and repr(found.get("update_cmd")) == repr(expected.get("update_cmd"))
        and found["results"] == results
    )


def test_every_case_comes_to_the_published_outcome_or_to_the_better_one_listed(
    services: Services, database: Database[Document]
) -> None:
    fill(database, case_documents())
    found = {case.name: outcome_of(services, case) for case in cases()}
    expected = {case.name: case.expected for case in cases()}

    differing = {name for name in found if not is_as_published(expected[name], found[name])}

    assert differing == BETTER.keys()
    assert {name: found[name]["status"] for name in BETTER} == {
        name: status for name, (status, _) in BETTER.items()
    }
    better = {name: found[name].get("results") for name in BETTER}
    dois = better["18-variables-applied-in-name-order-after-plain-rows"][0]["doc_after"]
    assert [each["doi_value"] for each in dois["associated_dois"]] == [
        "doi:10.25345/C5CG8S",
        "doi:10.25345/C5AAAA",
    ]
    assert better["22-boolean-never-coerced"][0]["doc_after"]["embargoed"] is True
    text = better["23-pipe-splits-single-valued-strings-too"][0]["doc_after"]["name"]
    assert text == "x|y"
    for name in ("51-inherited-multivalued-without-pipe-insert", "50-trailing-pipe-makes-a-list"):
        after = found[name]["results"][0]["doc_after"]
        assert after["insdc_bioproject_identifiers"] == ["bioproject:PRJNA1029061"]
    (association,) = better["47-err-nested-variables"][0]["doc_after"]["has_credit_associations"]
    assert association["applies_to_person"] == {"name": "N"}


def test_every_refused_case_names_the_line_and_the_column(
    services: Services, database: Database[Document]
) -> None:
    fill(database, case_documents())

    places = {
        case.name.partition("-")[0]: [
            (each["line"], each["column"], each["text"])
            for each in outcome_of(services, case).get("facts", {}).get("problems", [])
        ]
        for case in cases()
        if "-err-" in case.name or case.name.startswith("26")
    }

    assert places == {
        "26": [(2, "attribute", "ph")],
        "32": [(2, "id", "nmdc:sty-11-zzzz9999")],
        "33": [(2, "attribute", "nonslot")],
        "35": [(2, "action", "")],
        "36": [(1, "id", "action\tattribute\tvalue")],
        "37": [(1, "action", "id\tattribute\tvalue")],
        "38": [(1, "attribute", "id\taction\tvalue")],
        "40": [(1, "", "")],
        "41": [],  # its type is no cell's
        "42": [(2, "id", "nmdc:poolp-11-eeee2222")],
        "43": [(3, "id", "v9")],
        "45": [(3, "", "Z")],
        "46": [(2, "action", "frobnicate")],
        "47": [],  # 422, by what the document lacks
        "48": [],
    }
    lines = {
        case.name.partition("-")[0]: outcome_of(services, case).get("lines") for case in cases()
    }
    assert lines["11"] == [2]
    assert lines["21"] == [2]
    assert lines["25"] == [2]
    assert set(lines["48"]) == {2, 4}


def test_upstreams_own_sheets_come_to_what_upstream_makes_of_them(
    services: Services, database: Database[Document]
) -> None:
    fill(database, upstream_documents())
    found = {case.name: outcome_of(services, case) for case in upstream_cases()}

    differing = [
        case.name
        for case in upstream_cases()
        if not is_as_published(case.expected, found[case.name])
    ]

    assert differing == []
    study = found["changesheet-without-separator3.tsv"]["results"][0]["doc_after"]
    assert study["principal_investigator"] == {
        "name": "NEW PI NAME 1",
        "has_raw_value": "NEW RAW NAME 1",
        "type": "nmdc:PersonValue",
    }
    assert {"HTTP://TEST1.EXAMPLE.COM", "HTTP://TEST2.EXAMPLE.COM"} <= set(study["websites"])
    command = found["test_changesheet_update_one_ph.tsv"]["update_cmd"]["nmdc:bsm-11-5nhz3402"]
    assert command["updates"][0]["u"] == {"$set": {"ph": 5.58}}
