import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.exports.study_errors import BiosampleNotFlat
from nmdc_runtime.exports.study_flattening import flatten, row_of


def test_nested_attributes_get_dotted_names_and_elements_their_place():
    document = {
        "id": "nmdc:bsm-11-a",
        "lat_lon": {"latitude": 1.5, "type": "nmdc:GeolocationValue"},
        "img_identifiers": ["img:1", "img:2"],
        "credits": [{"roles": ["a", "b"], "person": {"name": "Ada"}}],
        "env_medium": {"term": {"alternative_names": ["x", {"deep": [1]}]}},
        "nothing": None,
        "nothings": [None],
        "no_elements": [],
        "no_parts": {},
        "only_empty": {"inside": {}, "list": []},
    }

    assert flatten(document) == {
        "id": "nmdc:bsm-11-a",
        "lat_lon.latitude": 1.5,
        "lat_lon.type": "nmdc:GeolocationValue",
        "img_identifiers.0": "img:1",
        "img_identifiers.1": "img:2",
        "credits.0.roles.0": "a",
        "credits.0.roles.1": "b",
        "credits.0.person.name": "Ada",
        "env_medium.term.alternative_names.0": "x",
        "env_medium.term.alternative_names.1.deep.0": 1,
        "nothing": None,
        "nothings.0": None,
    }


@pytest.mark.parametrize("document", [{"a": [[1]]}, {"a": {"b": [1, [2]]}}, {"a": [{"b": [[]]}]}])
def test_a_list_directly_in_a_list_is_refused_and_the_biosample_is_named(document):
    with pytest.raises(ValueError, match="Can't handle lists in lists at this time"):
        flatten(document)
    with pytest.raises(BiosampleNotFlat, match=r"nmdc:bsm-11-a .*lists in lists"):
        row_of({"id": "nmdc:bsm-11-a", **document}, [])


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
NAMES = st.text("abc", min_size=1, max_size=2)
OBJECTS = st.recursive(
    st.dictionaries(NAMES, LEAVES, max_size=3),
    lambda inside: st.dictionaries(
        NAMES, LEAVES | inside | st.lists(LEAVES | inside, max_size=3), max_size=3
    ),
)


def values_in(node):
    if isinstance(node, dict):
        return [found for each in node.values() for found in values_in(each)]
    if isinstance(node, list):
        return [found for each in node for found in values_in(each)]
    return [node]


@given(OBJECTS)
def test_no_value_is_lost_and_their_order_stays(document):
    assert list(flatten(document).values()) == values_in(document)


def test_what_was_measured_is_sorted_and_each_stands_once():
    row = row_of({"id": "nmdc:bsm-11-a"}, ["proteome", "lipidome", "proteome"])

    assert row == {
        "id": "nmdc:bsm-11-a",
        "omics_types.0": "lipidome",
        "omics_types.1": "proteome",
    }
    assert row_of({"id": "nmdc:bsm-11-a"}, []) == {"id": "nmdc:bsm-11-a"}
