"""The grammar of identifiers."""

import pytest

from nmdc_runtime.schema.ids import GENERAL_ID, is_id, is_id_of, strict_id_pattern, typecode_of
from nmdc_runtime.schema.registry import SchemaRegistry


@pytest.mark.parametrize(
    ("id_", "parts"),
    [
        ("nmdc:bsm-11-abcd1234", ("bsm", "11", "abcd1234", "", None)),
        ("nmdc:wfmag-1abcdef2-X9.1", ("wfmag", "1abcdef2", "X9", ".1", None)),
        ("nmdc:abc-00-a.1.b2_L-1.x", ("abc", "00", "a", ".1.b2", "_L-1.x")),
    ],
)
def test_the_parts_of_an_identifier_are_named(id_: str, parts: tuple[str | None, ...]) -> None:
    found = GENERAL_ID.match(id_)

    assert found is not None
    assert found.group("typecode", "shoulder", "blade", "version", "locus") == parts
    assert typecode_of(id_) == parts[0]


@pytest.mark.parametrize(
    "id_",
    [
        "",
        "nmdc:bsm-11-",
        "nmdc:bsm-1-abc",
        "nmdc:bsm-1abcdefg1-abc",
        "nmdc:toolong-11-abc",
        "nmdc:BSM-11-abc",
        "igsn:AU124",
        "nmdc:bsm-11-abc\n",
        " nmdc:bsm-11-abc",
        "nmdc:bsm-11-abc_",
        "nmdc:bsm-11-ab/c",
    ],
)
def test_what_breaks_the_grammar_is_no_identifier(id_: str) -> None:
    assert not is_id(id_)
    assert typecode_of(id_) is None


def test_the_strict_form_knows_the_typecodes_and_the_alphabet_of_minting(
    registry: SchemaRegistry,
) -> None:
    strict = strict_id_pattern(registry)

    found = strict.match("nmdc:omprc-11-0az9.2_x")
    assert found is not None
    assert found["typecode_strict"] == "omprc"
    assert found["blade_strict"] == "0az9"
    assert strict.match("nmdc:abc-11-0az9") is None
    for letter in "ilouA":
        assert strict.match(f"nmdc:bsm-11-a{letter}b") is None


def test_a_class_has_the_ids_that_its_schema_pattern_allows(registry: SchemaRegistry) -> None:
    assembly = registry.classes["MetagenomeAssembly"]

    assert is_id_of("nmdc:wfmgas-11-abc.1", assembly)
    assert not is_id_of("nmdc:wfmgas-11-abc", assembly)
    assert is_id_of("nmdc:omprc-11-abc", registry.classes["NucleotideSequencing"])
    assert not is_id_of("nmdc:bsm-11-abc\n", registry.classes["Biosample"])
    assert is_id_of("anything", registry.classes["GenomeFeature"])
