"""From rows to updates: values as the slots have them, objects, their order, and refusals."""

import pytest

from tests.unit.changesheets.conftest import Interpret

ID = "nmdc:sty-11-aaaa1111"


@pytest.mark.parametrize(
    ("class_name", "attribute", "text", "value"),
    [
        ("Biosample", "ph", "5", 5.0),
        ("Biosample", "ph", "1e3", 1000.0),
        ("Biosample", "ph", "nan", "nan"),
        ("Biosample", "ph", "1_0", "1_0"),
        ("Biosample", "ph", "1e999", "1e999"),
        ("DataObject", "file_size_bytes", "1271907", 1271907),
        ("DataObject", "file_size_bytes", "1.5", "1.5"),
        ("DataObject", "file_size_bytes", "9" * 20, "9" * 20),
        ("DataObject", "file_size_bytes", "9" * 5000, "9" * 5000),
        ("Biosample", "embargoed", "true", True),
        ("Biosample", "embargoed", "FALSE", False),
        ("Biosample", "embargoed", "yes", "yes"),
        ("Study", "name", "  x|y ", "x|y"),
        ("Study", "name", "x|y|", ["x", "y"]),
        ("Study", "name", "x\\|", "x|"),
        ("Study", "name", "None", "None"),
        ("Study", "websites", "a | b||c", ["a", "b", "c"]),
        ("Study", "websites", "a\\|b|c", ["a|b", "c"]),
        ("Study", "websites", "|", []),
        ("Study", "insdc_bioproject_identifiers", "bioproject:A", ["bioproject:A"]),
        ("Study", "insdc_bioproject_identifiers", "bioproject:A|", ["bioproject:A"]),
    ],
)
def test_a_value_becomes_what_its_slot_holds_or_stays_a_text(
    interpret: Interpret, class_name: str, attribute: str, text: str, value: object
) -> None:
    found = interpret(f"{ID} : update : {attribute} : {text}", class_name=class_name)

    assert found.operations == [{"$set": {attribute: value}}]
    assert type(found.updates[0].value) is type(value)


@pytest.mark.parametrize(
    ("words", "operation"),
    [
        (["update", "set", "replace", "replace items"], {"$set": {"websites": ["a"]}}),
        (["insert", "insert item", "insert items"], {"$addToSet": {"websites": {"$each": ["a"]}}}),
        (["remove item", "remove items"], {"$pull": {"websites": {"$in": ["a"]}}}),
        (["remove", "delete"], {"$unset": {"websites": ["a"]}}),
    ],
)
def test_every_word_for_an_action_means_its_operator(
    interpret: Interpret, words: list[str], operation: object
) -> None:
    for word in words:
        assert interpret(f"{ID} : {word} : websites : a").operations == [operation]


def test_objects_lie_in_objects_and_lists_of_them_grow(interpret: Interpret) -> None:
    found = interpret(
        f"{ID} : insert : has_credit_associations : v1",
        "v1 :  : applied_roles : Investigation",
        "v1 :  : applies_to_person : v2",
        "v2 :  : name : N",
        "v2 :  : websites : https://a.org|https://b.org",
        f"{ID} : update : protocol_link : p",
        "p :  : name : P",
    )

    assert found.operations == [
        {"$set": {"protocol_link": [{"name": "P"}]}},
        {
            "$addToSet": {
                "has_credit_associations": {
                    "$each": [
                        {
                            "applied_roles": ["Investigation"],
                            "applies_to_person": {
                                "name": "N",
                                "websites": ["https://a.org", "https://b.org"],
                            },
                        }
                    ]
                }
            }
        },
    ]


def test_a_variable_means_something_only_within_its_document(interpret: Interpret) -> None:
    found = interpret(
        f"{ID} : insert : associated_dois : d",
        "d :  : doi_value : doi:10.1234/a",
        "nmdc:sty-11-bbbb1111 : update : name : d",
    )

    assert [next(iter(each.operation)) for each in found.updates] == ["$addToSet", "$set"]
    assert found.updates[1].value == "d"


def test_the_last_row_of_an_object_decides_what_is_done_with_it(interpret: Interpret) -> None:
    found = interpret(
        f"{ID} : update : associated_dois : d",
        "d : insert : doi_value : doi:10.1234/a",
        "d : remove item : doi_category : dataset_doi",
    )

    assert [next(iter(each.operation)) for each in found.updates] == ["$pull"]
    assert found.updates[0].lines == (2, 3, 4)


def test_updates_of_one_attribute_keep_the_order_of_the_sheet_and_others_the_published_one(
    interpret: Interpret,
) -> None:
    found = interpret(
        f"{ID} : insert : associated_dois : z",
        "z :  : doi_value : doi:10.1234/z",
        f"{ID} : insert : has_credit_associations : b",
        "b :  : applied_roles : Investigation",
        f"{ID} : insert : associated_dois : a",
        "a :  : doi_value : doi:10.1234/a",
        f"{ID} : update : name : N",
    )

    assert [update.lines[0] for update in found.updates] == [8, 2, 4, 6]


@pytest.mark.parametrize(
    ("rows", "places"),
    [
        (["update : name : a", "update : name : b"], [(3, "attribute")]),
        (["update : name : a", "remove : name : "], [(3, "attribute")]),
        (["insert : websites : a", "remove item : websites : b|a"], [(3, "attribute")]),
        (["remove item : websites : a", "insert : websites : a"], [(3, "attribute")]),
        (["insert : websites : a", "update : websites : b"], [(3, "attribute")]),
        (
            ["update : principal_investigator.name : a", "remove : principal_investigator : "],
            [(3, "attribute")],
        ),
        (["update : name : a", "update : name : a"], []),
        (["remove : websites : ", "insert : websites : a"], []),
        (["update : websites : a", "insert : websites : b"], []),
        (["insert : websites : a", "insert : websites : a|b"], []),
        (["remove item : websites : a", "insert : websites : b"], []),
        (["update : name : a", "update : description : a"], []),
    ],
)
def test_a_row_that_undoes_another_is_refused(
    interpret: Interpret, rows: list[str], places: list[tuple[int, str]]
) -> None:
    assert interpret(*(f"{ID} : {row}" for row in rows)).places == places


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        ("update : id : nmdc:sty-11-bbbb1111", "attribute", "cannot change the id"),
        ("update : type : nmdc:Biosample", "attribute", "cannot change the type"),
        ("remove : id : ", "attribute", "cannot change the id"),
        ("update : name :  ", "value", "there is no value"),
        ("insert : websites :  ", "value", "there is no value"),
        ("insert : websites : |", "value", "there is no value"),
        ("remove item : websites : ", "value", "there is no value"),
        ("UPDATE : name : a", "action", "no action 'UPDATE'"),
        ("update : nonslot : a", "attribute", "slot 'nonslot' not found for 'Study'"),
        ("update :  : a", "attribute", "slot '' not found for 'Study'"),
        ("update : name.first : a", "attribute", "slot 'first' not found for 'string'"),
        ("update : part_of.name : a", "attribute", "slot 'name' not found for"),
        ("update : websites.0 : a", "attribute", "slot '0' not found for 'string'"),
        ("update : associated_dois.0.doi_value : a", "attribute", "slot '0' not found for 'Doi'"),
        ("update : ph : 5", "attribute", "slot 'ph' not found for 'Study'"),
        ("update : $where : a", "attribute", "slot '$where' not found"),
    ],
)
def test_what_a_row_must_not_do_is_refused_with_its_cell(
    interpret: Interpret, row: str, column: str, said: str
) -> None:
    found = interpret(f"{ID} : {row}")

    assert found.places == [(2, column)]
    assert said in found.problems[0].problem


def test_a_slot_almost_right_is_suggested(interpret: Interpret) -> None:
    (problem,) = interpret(f"{ID} : update : web_sites : a").problems
    (action,) = interpret(f"{ID} : Insert : websites : a").problems

    assert problem.hint == "did you mean websites?"
    assert action.hint == "write 'insert'"


@pytest.mark.parametrize(
    ("rows", "places"),
    [
        (["v :  : name : N"], [(3, "id")]),
        (
            [
                f"{ID} : insert : associated_dois : v",
                f"{ID} : insert : has_credit_associations : v",
                "v :  : type : x",
            ],
            [(4, "value")],
        ),
        (
            [
                f"{ID} : update : principal_investigator : v",
                "v :  : name : A",
                "v :  : name : B",
                "v :  : nonslot : B",
                "v :  : email :  ",
            ],
            [(5, "attribute"), (6, "attribute"), (7, "value")],
        ),
        (
            [
                f"{ID} : insert : has_credit_associations : v",
                "v :  : applies_to_person : w",
                "v :  : applies_to_person.name : A",
                "w :  : name : B",
            ],
            [(5, "attribute")],
        ),
        (
            ["a :  : applies_to_person : b", "b :  : applies_to_person : a"],
            [(3, "value"), (4, "value")],
        ),
        (["a :  : applies_to_person : a"], [(3, "value")]),
    ],
)
def test_objects_that_make_no_sense_are_refused_with_their_cells(
    interpret: Interpret, rows: list[str], places: list[tuple[int, str]]
) -> None:
    assert interpret(f"{ID} : update : name : N", *rows).places == places


def test_all_problems_of_a_sheet_are_told_at_once_in_its_order(interpret: Interpret) -> None:
    found = interpret(
        f"{ID} : update : nonslot : a",
        f"{ID} : shout : name : a",
        f"{ID} : update : name : ",
        f"{ID} : update : id : x",
        "v : update : name : x",
    )

    assert found.places == [
        (2, "attribute"),
        (3, "action"),
        (4, "value"),
        (5, "attribute"),
        (6, "id"),
    ]


def test_the_first_row_needs_an_action_and_a_document(interpret: Interpret) -> None:
    found = interpret(" :  : name : a", " :  : description : b")

    assert found.places == [(2, "action"), (2, "id")]
    assert {each.published for each in found.problems} == {
        "change sheet lacks 'action' column.",
        "-1",
    }


def test_a_chain_of_objects_without_end_is_refused(interpret: Interpret) -> None:
    chain = [f"v{n} :  : applies_to_person : v{n + 1}" for n in range(3000)]
    rows = [f"{ID} : insert : has_credit_associations : v0", *chain, "v3000 :  : name : N"]

    found = interpret(*rows)

    assert (23, "value") in found.places
