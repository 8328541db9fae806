import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from nmdc_runtime.ontology.errors import OntologyFileUnreadable
from nmdc_runtime.ontology.models import Edge
from nmdc_runtime.ontology.rules import IS_A, PART_OF
from nmdc_runtime.ontology.semantic_sql import read_semantic_sql
from tests.support.ontologies import FOREIGN, SMALL, envo, write_database

URL = "http://ontologies.example/envo.db.gz"


def test_terms_labels_synonyms_definitions_and_what_is_obsolete_are_read(tmp_path: Path) -> None:
    path = write_database(tmp_path / "a name with ? and #.db", [*SMALL, *FOREIGN])

    read = read_semantic_sql(path, prefix="ENVO:", url=URL)

    assert sorted(read.terms) == [envo(number) for number in range(1, 21)]
    biome, root = read.terms[envo(2)], read.terms[envo(1)]
    assert (biome.name, biome.definition) == ("biome", None)
    assert biome.alternative_names == ("ecosystem type", "major habitat")
    assert root.definition == "A system that has\ta disposition."
    assert [term.id for term in read.terms.values() if term.is_obsolete] == [envo(20)]
    assert read.obsolete == {envo(20)}


def test_named_parents_and_the_wholes_of_restrictions_are_steps_up(tmp_path: Path) -> None:
    path = write_database(tmp_path / "envo.db", [*SMALL, *FOREIGN])

    edges = read_semantic_sql(path, prefix="ENVO:", url=URL).edges

    assert edges[envo(8)] == {Edge(IS_A, envo(4)), Edge(IS_A, envo(7))}
    assert edges[envo(11)] == {Edge(IS_A, envo(10)), Edge(PART_OF, envo(7))}
    assert edges["UBERON:0000160"] == {Edge(IS_A, envo(1))}
    assert all(not subject.startswith("_:") for subject in edges)


def test_what_a_reasoner_found_is_read_where_a_file_has_it(tmp_path: Path) -> None:
    entailed = [
        (envo(11), PART_OF, envo(6)),
        (envo(11), "RO:0002350", envo(12)),
        (envo(11), IS_A, "BFO:0000040"),
    ]
    path = write_database(tmp_path / "envo.db", SMALL, entailed)
    without = write_database(tmp_path / "without.db", SMALL)
    with closing(sqlite3.connect(without)) as connection, connection:
        connection.execute("DROP TABLE entailed_edge")

    assert read_semantic_sql(path, prefix="ENVO:", url=URL).entailed == {envo(11): {envo(6)}}
    assert read_semantic_sql(without, prefix="ENVO:", url=URL).entailed == {}


def test_two_labels_give_the_same_one_at_each_load(tmp_path: Path) -> None:
    path = write_database(tmp_path / "envo.db", SMALL)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO statements (subject, predicate, value) VALUES (?, 'rdfs:label', 'Biom')",
            (envo(2),),
        )

    assert read_semantic_sql(path, prefix="ENVO:", url=URL).terms[envo(2)].name == "Biom"


@pytest.mark.parametrize("content", [b"not a database" * 100, b""], ids=["text", "empty"])
def test_a_file_that_is_no_semantic_sql_database_is_refused_by_its_address(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "envo.db"
    path.write_bytes(content)

    with pytest.raises(OntologyFileUnreadable, match=r"ontologies\.example") as refused:
        read_semantic_sql(path, prefix="ENVO:", url=URL)

    assert refused.value.facts == {"url": URL}
