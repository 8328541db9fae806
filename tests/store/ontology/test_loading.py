import gzip
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from nmdc_runtime.clients.ontology_files import OntologyUnavailable
from nmdc_runtime.ontology.errors import (
    OntologyFileUnreadable,
    OntologyShrunk,
    OntologyWithoutTerms,
)
from nmdc_runtime.ontology.models import Counts
from nmdc_runtime.ontology.rules import CLOSURE, IS_A, PART_OF
from nmdc_runtime.ontology.store import CLASSES, RELATIONS, STATES
from tests.support.ontologies import FOREIGN, SMALL, Made, a_term, envo

NO_KEY = {"_id": 0}


def stored(database, collection=RELATIONS):
    """Return all documents of a collection, in an order of their own."""
    return sorted(database[collection].find({}, NO_KEY), key=repr)


def relations(database, **of):
    found = database[RELATIONS].find(of, NO_KEY)
    return {(each["subject"], each["predicate"], each["object"]) for each in found}


def without(number):
    return [term for term in SMALL if term.id != envo(number)]


def test_terms_and_relations_are_stored_in_their_published_form(ontologies, publish, database, now):
    publish(*SMALL, *FOREIGN)

    outcome = ontologies.load("envo")

    assert database[CLASSES].find_one({"id": envo(11)}, NO_KEY) == {
        "id": envo(11),
        "type": "nmdc:OntologyClass",
        "name": "forest soil",
        "description": None,
        "definition": None,
        "alternative_names": [],
        "alternative_identifiers": [],
        "is_root": False,
        "is_obsolete": False,
        "relations": [
            {
                "type": "nmdc:OntologyRelation",
                "subject": envo(11),
                "predicate": predicate,
                "object": above,
            }
            for predicate, above in [
                (PART_OF, envo(7)),
                *((CLOSURE, envo(number)) for number in (1, 2, 6, 7, 9, 10, 11)),
                (IS_A, envo(10)),
            ]
        ],
    }
    embedded = [each for term in database[CLASSES].find() for each in term["relations"]]
    assert sorted(embedded, key=repr) == stored(database)
    roots = database[CLASSES].find({"is_root": True}).distinct("id")
    assert roots == [envo(1), envo(9), envo(19)]
    assert database[CLASSES].find_one({"id": "UBERON:0000160"}) is None
    assert relations(database, subject=envo(19)) == {
        (envo(19), IS_A, "UBERON:0000160"),
        (envo(19), CLOSURE, envo(1)),
        (envo(19), CLOSURE, envo(19)),
    }
    obsolete = database[CLASSES].find_one({"id": envo(20)})
    assert (obsolete["is_obsolete"], obsolete["relations"]) == (True, [])
    assert outcome.counts == ontologies.count("envo")
    assert outcome.counts == Counts(classes=20, relations=len(embedded))
    assert (outcome.classes_inserted, outcome.relations_inserted) == (20, len(embedded))
    state = database[STATES].find_one({"_id": "ENVO:"})
    assert (state["loaded_at"], state["sha256"]) == (now, outcome.sha256)


def test_what_lies_below_and_above_a_term_is_one_query_of_an_index(ontologies, publish, database):
    publish(*SMALL, *FOREIGN)
    ontologies.load("envo")

    below = ontologies.list_descendants(envo(7))
    plan = database[RELATIONS].find(
        {"object": envo(7), "predicate": CLOSURE}, {"_id": 0, "subject": 1}
    )

    assert below == [envo(7), envo(8), envo(11)]
    assert ontologies.list_ancestors(envo(8)) == [envo(each) for each in (1, 2, 3, 4, 6, 7, 8)]
    assert ontologies.list_descendants("ENVO:nothing") == []
    stats = plan.explain()["executionStats"]
    assert (stats["totalDocsExamined"], stats["totalKeysExamined"]) == (0, 3)


def test_a_file_that_has_not_changed_is_neither_sent_nor_written_again(
    ontologies, publish, database, server, tmp_path
):
    publish(*SMALL)
    ontologies.load("envo", reports=tmp_path)
    before = stored(database), stored(database, CLASSES)

    again = ontologies.load("envo", reports=tmp_path)

    assert again.is_unchanged
    assert server.answered == [200, 304]
    assert (stored(database), stored(database, CLASSES)) == before
    assert {report.rows for report in again.reports} == {0}


def test_a_new_tag_on_the_same_bytes_is_remembered_and_nothing_is_written(
    ontologies, publish, database
):
    publish(*SMALL)
    loaded = ontologies.load("envo")
    database[STATES].update_one({}, {"$set": {"etag": '"another"'}})

    assert ontologies.load("envo").is_unchanged
    assert database[STATES].find_one()["etag"] != '"another"'
    assert database[STATES].find_one()["sha256"] == loaded.sha256


def test_a_changed_file_changes_what_differs_and_nothing_else(
    ontologies, publish, database, tmp_path
):
    publish(*SMALL)
    ontologies.load("envo")
    keys = {each["id"]: each["_id"] for each in database[CLASSES].find()}
    kept = database[RELATIONS].find_one({"subject": envo(5)}, sort=[("predicate", 1)])["_id"]
    # The pond is gone, the mangrove has one parent less, the soil another name, and there is a bog.
    publish(
        *(term for term in without(18) if term.id not in {envo(8), envo(10)}),
        a_term(8, "mangrove biome", 4),
        a_term(10, "ground", 9, synonyms=("Erde",)),
        a_term(21, "bog", 6),
    )

    outcome = ontologies.load("envo", reports=tmp_path)

    pond = database[CLASSES].find_one({"id": envo(18)})
    assert (pond["is_obsolete"], pond["relations"], pond["name"]) == (True, [], "pond")
    assert relations(database, subject=envo(18)) == set()
    assert (envo(8), IS_A, envo(7)) not in relations(database)
    assert ontologies.list_ancestors(envo(8)) == [envo(each) for each in (1, 2, 3, 4, 8)]
    assert database[CLASSES].find_one({"id": envo(10)})["name"] == "ground"
    assert ontologies.list_ancestors(envo(21)) == [envo(each) for each in (1, 2, 6, 21)]
    assert (outcome.classes_inserted, outcome.classes_updated, outcome.classes_marked) == (1, 2, 1)
    assert (outcome.relations_inserted, outcome.relations_removed) == (5, 7)
    after = {each["id"]: each["_id"] for each in database[CLASSES].find()}
    assert after.items() >= keys.items()
    assert database[RELATIONS].find_one({"_id": kept}) is not None
    assert {path.name: path.read_text().count("\n") - 1 for path in tmp_path.glob("*.tsv")} == {
        "ontology_inserts.tsv": 1,
        "ontology_updates.tsv": 3,
        "ontology_relation_inserts.tsv": 5,
        "ontology_relation_removals.tsv": 7,
    }


def test_reports_have_columns_of_their_own_and_one_line_a_row(ontologies, publish, tmp_path):
    publish(*SMALL)

    ontologies.load("envo", reports=tmp_path)

    head, first, second, *_ = (tmp_path / "ontology_inserts.tsv").read_text().splitlines()
    row, biome = (
        dict(zip(head.split("\t"), each.split("\t"), strict=True)) for each in (first, second)
    )
    assert (row["id"], row["is_root"]) == (envo(1), "true")
    assert row["definition"] == "A system that has a disposition."
    assert biome["alternative_names"] == "ecosystem type|major habitat"
    table = (tmp_path / "ontology_relation_inserts.tsv").read_text().splitlines()
    assert table[:2] == ["subject\tpredicate\tobject", f"{envo(1)}\t{CLOSURE}\t{envo(1)}"]


def test_a_term_that_vanished_is_named_no_more_even_if_the_file_still_names_it(
    ontologies, publish, database
):
    publish(*SMALL)
    ontologies.load("envo")
    publish(*without(17))

    outcome = ontologies.load("envo")
    publish(*without(17), a_term(21, "bog", 6))
    next_one = ontologies.load("envo")

    assert next_one.counts == Counts(
        classes=outcome.counts.classes + 1, relations=outcome.counts.relations + 5
    )
    assert (outcome.classes_marked, next_one.classes_marked) == (1, 0)
    assert (next_one.relations_inserted, next_one.relations_removed) == (5, 0)
    assert envo(17) not in {above for _, _, above in relations(database)}
    embedded = {each["object"] for term in database[CLASSES].find() for each in term["relations"]}
    assert envo(17) not in embedded


def test_a_term_that_comes_back_is_alive_again(ontologies, publish, database):
    publish(*SMALL)
    ontologies.load("envo")
    before = stored(database, CLASSES), stored(database)
    publish(*without(18))
    ontologies.load("envo")
    publish(*SMALL)

    ontologies.load("envo")

    assert (stored(database, CLASSES), stored(database)) == before


def test_ontologies_do_not_touch_each_other_but_for_relations_to_obsolete_terms(
    ontologies, publish, database
):
    # Twice: what ENVO says of a term that UBERON has given up is not loaded again either.
    intestine = Made("UBERON:0000160", "intestine")
    publish(*SMALL)
    publish(intestine, Made("UBERON:1", "organ"), name="uberon")
    ontologies.load("envo")
    ontologies.load("uberon")
    to_it = (envo(19), IS_A, "UBERON:0000160")
    assert to_it in relations(database)
    of_envo = ontologies.count("envo")
    publish(replace(intestine, is_obsolete=True), Made("UBERON:1", "organ"), name="uberon")

    ontologies.load("uberon")

    assert to_it not in relations(database)
    named = database[CLASSES].find_one({"id": envo(19)})["relations"]
    assert [each["object"] for each in named] == [envo(19)]
    assert ontologies.count("envo") == Counts(
        classes=of_envo.classes, relations=of_envo.relations - 1
    )
    publish(*without(18))
    ontologies.load("envo")
    assert to_it not in relations(database)
    assert ontologies.count("uberon").classes == 2


def test_a_collection_that_somebody_emptied_is_filled_again(ontologies, publish, database):
    publish(*SMALL)
    ontologies.load("envo")
    before = stored(database)
    database[RELATIONS].delete_many({"predicate": CLOSURE})

    outcome = ontologies.load("envo")

    assert not outcome.is_unchanged
    assert outcome.classes_inserted == outcome.classes_updated == 0
    assert stored(database) == before


def test_duplicates_of_old_are_removed_and_the_indexes_become_unique(ontologies, publish, database):
    publish(*SMALL)
    for name in (CLASSES, RELATIONS):
        database.drop_collection(name)
    keys = [("subject", 1), ("predicate", 1), ("object", 1)]
    database[RELATIONS].create_index(keys, name="ontology_relation_index")
    database[CLASSES].create_index("id", name="ontology_class_index")
    twice = {"subject": envo(3), "predicate": IS_A, "object": envo(2)}
    database[RELATIONS].insert_many([{"type": "nmdc:OntologyRelation", **twice} for _ in range(3)])
    database[CLASSES].insert_many(
        [{"id": envo(3), "name": "old"}, {"id": envo(3), "name": "older"}]
    )

    ontologies.load("envo")

    assert database[RELATIONS].count_documents(twice) == 1
    (left,) = database[CLASSES].find({"id": envo(3)})
    assert (left["name"], left["is_obsolete"]) == ("aquatic biome", False)
    assert database[RELATIONS].index_information()["ontology_relation_index"]["unique"]
    assert database[CLASSES].index_information()["ontology_class_index"]["unique"]


@pytest.mark.parametrize("what", ["no terms", "few terms", "no table", "down"])
def test_a_file_that_cannot_be_right_changes_nothing(ontologies, publish, database, server, what):
    publish(*SMALL)
    ontologies.load("envo")
    before = stored(database), stored(database, CLASSES), stored(database, STATES)
    if what == "no terms":
        publish(*FOREIGN)
    elif what == "few terms":
        publish(*SMALL[:9])
    elif what == "no table":
        publish_without_table(server)
    else:
        server.fails_with = 503
    refusal = {
        "no terms": OntologyWithoutTerms,
        "few terms": OntologyShrunk,
        "no table": OntologyFileUnreadable,
        "down": OntologyUnavailable,
    }[what]

    with pytest.raises(refusal, match=r"envo\.db\.gz"):
        ontologies.load("envo")

    assert (stored(database), stored(database, CLASSES), stored(database, STATES)) == before


def publish_without_table(server):
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE something_else (x)")
        server.files["/sql/envo.db.gz"] = gzip.compress(connection.serialize())


def test_most_terms_may_vanish_if_somebody_says_so(ontologies, publish, database):
    publish(*SMALL)
    ontologies.load("envo")
    publish(*SMALL[:9])

    outcome = ontologies.load("envo", allows_vanishing=True)

    assert outcome.classes_marked == 10
    assert database[CLASSES].count_documents({"is_obsolete": True}) == 11


def test_the_last_good_file_is_loaded_when_it_came_but_its_load_did_not_end(
    ontologies, publish, database, server
):
    publish(*SMALL)
    assert ontologies.files.fetch("envo") is not None
    server.fails_with = 503

    outcome = ontologies.load("envo")

    assert outcome.counts.classes == 20
    assert "last good file" in outcome.warning
    with pytest.raises(OntologyUnavailable, match="status 503"):
        ontologies.load("envo")
