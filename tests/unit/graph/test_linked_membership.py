"""Which requested ids lead where."""

from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.graph.linked_membership import Membership, from_pairs, membership

IDS = st.sampled_from("abcdefghij")


def shown(found: Membership) -> dict[str, list[str]]:
    return {id_: found.of(id_) for id_ in set(found)}


def by_definition(sources: set[str], links: dict[str, list[str]]) -> dict[str, list[str]]:
    """Follow the links from each source by itself, as slowly as it is plain."""
    result: dict[str, list[str]] = {}
    for source in sorted(sources):
        reached: set[str] = set()
        frontier = [source]
        while frontier:
            onward = [id_ for each in frontier for id_ in links.get(each, []) if id_ not in reached]
            reached.update(onward)
            frontier = onward
        for id_ in reached:
            result.setdefault(id_, []).append(source)
    return result


@given(
    sources=st.sets(IDS, max_size=6),
    links=st.dictionaries(IDS, st.lists(IDS, max_size=4)),
    group=st.integers(min_value=1, max_value=4),
)
def test_following_from_all_at_once_gives_what_following_from_each_gives(sources, links, group):
    expected = by_definition(sources, links)
    assert shown(membership(sources, links, group=group)) == expected
    pairs = {source: [id_ for id_, of in expected.items() if source in of] for source in sources}
    assert shown(from_pairs(pairs)) == expected


def test_a_requested_id_is_reached_only_from_another_one_or_by_a_cycle():
    assert shown(membership(["a"], {"a": ["b"]})) == {"b": ["a"]}
    assert shown(membership(["a", "b"], {"a": ["b"]})) == {"b": ["a"]}
    assert shown(membership(["a"], {"a": ["b"], "b": ["a"]})) == {"a": ["a"], "b": ["a"]}
    assert shown(membership(["a"], {"a": ["a"]})) == {"a": ["a"]}


def test_a_long_chain_needs_no_recursion():
    links = {str(n): [str(n + 1)] for n in range(50_000)}
    found = membership(["0", "25000"], links)
    assert found.of("50000") == ["0", "25000"]
    assert found.of("1") == ["0"]
    assert "1" in found
    assert "0" not in found
