"""Which migrators lead from one version to another."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.migration.errors import ChainBroken, DowngradeRefused, VersionUnreadable
from nmdc_runtime.migration.models import Chain, Migrator
from nmdc_runtime.migration.rules import differs_from, is_same_version, parse_version, plan_chain


def migrator(source: str, target: str) -> Migrator:
    return Migrator(f"migrator_from_{source}_to_{target}".replace(".", "_"), source, target)


SOME = [
    migrator("11.1.0", "11.2.0"),
    migrator("1.0.0", "EXAMPLE"),
    migrator("10.9.1", "11.1.0"),
    migrator("11.3.0", "11.10.0"),
]


def names(chain: Chain) -> list[tuple[str, str]]:
    return [(each.source, each.target) for each in chain.steps]


def test_a_version_of_two_numbers_is_that_with_a_nought():
    assert parse_version("11.25") == (11, 25, 0)
    assert is_same_version("11.25", "11.25.0")
    assert not is_same_version("11.25", "11.2.5")
    assert not is_same_version(None, None)
    assert not differs_from(None, "11.25")
    assert not differs_from("11.25.0", "11.25")
    assert differs_from("11.21.0", "11.25")


@pytest.mark.parametrize("text", ["", "11.", "v11.2", "11.2.0.1", "EXAMPLE", "11.2-rc1"])
def test_what_is_no_version_is_refused(text):
    with pytest.raises(VersionUnreadable):
        parse_version(text)


def test_migrators_are_chained_by_number_and_gaps_are_told():
    chain = plan_chain(SOME, current="10.9.1", target="11.11.0")

    assert names(chain) == [("10.9.1", "11.1.0"), ("11.1.0", "11.2.0"), ("11.3.0", "11.10.0")]
    assert chain.gaps == (("11.2.0", "11.3.0"), ("11.10.0", "11.11.0"))


def test_only_what_lies_between_the_versions_is_run():
    assert names(plan_chain(SOME, current="11.1.0", target="11.3.0")) == [("11.1.0", "11.2.0")]
    assert plan_chain(SOME, current="11.2.0", target="11.2.0") == Chain((), ())


def test_nothing_leads_back():
    with pytest.raises(DowngradeRefused, match="--rollback"):
        plan_chain(SOME, current="11.2.0", target="11.1.9")


@pytest.mark.parametrize(("current", "target"), [("11.4.0", "11.10.0"), ("11.2.0", "11.4.0")])
def test_a_version_within_a_migrator_is_refused(current, target):
    with pytest.raises(ChainBroken, match=r"11\.4\.0 lies between"):
        plan_chain(SOME, current=current, target=target)


def test_migrators_of_two_branches_are_refused():
    with pytest.raises(ChainBroken, match=r"11\.1\.0 lies between"):
        plan_chain([SOME[0], migrator("11.0.0", "11.3.0")], current="11.0.0", target="11.10.0")


VERSIONS = st.tuples(st.just(11), st.integers(0, 6), st.integers(0, 2))


@given(st.lists(VERSIONS, min_size=2, max_size=8, unique=True), st.randoms())
def test_a_whole_chain_is_run_once_and_in_order(versions, random):
    ordered = [".".join(map(str, each)) for each in sorted(versions)]
    links = [migrator(*pair) for pair in pairwise(ordered)]
    shuffled = random.sample(links, len(links))

    chain = plan_chain(shuffled, current=ordered[0], target=ordered[-1])

    assert list(chain.steps) == links
    assert chain.gaps == ()
