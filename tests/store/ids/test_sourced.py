"""Ids by what a source calls a thing."""

from concurrent.futures import ThreadPoolExecutor

from nmdc_runtime.ids.models import Status
from nmdc_runtime.ids.sourced import SourceName


def names(*keys: str, class_id: str = "nmdc:Biosample") -> list[SourceName]:
    return [SourceName("neon-soil", class_id, key) for key in keys]


def test_who_asks_again_gets_the_same_ids_and_nothing_is_minted(services, database):
    first = services.source_ids.find_or_mint(names("a", "b", "a"), known={})
    issued = database["minter.id_records"].count_documents({})

    again = services.source_ids.find_or_mint(names("b", "a"), known={})

    assert first.new == set(names("a", "b"))
    assert again.ids == first.ids
    assert again.new == frozenset()
    assert database["minter.id_records"].count_documents({}) == issued == 2
    assert services.minting.resolve(first.ids[names("a")[0]]).status is Status.DRAFT


def test_things_of_two_classes_or_sources_have_ids_of_their_own(services):
    same_key = [*names("a"), *names("a", class_id="nmdc:Extraction"), SourceName("gold", "x", "a")]
    two = services.source_ids.find_or_mint(same_key[:2], known={})

    assert two.ids[same_key[0]].startswith("nmdc:bsm-")
    assert two.ids[same_key[1]].startswith("nmdc:extrp-")
    assert services.source_ids.find(same_key) == two.ids


def test_ids_that_were_found_otherwise_are_remembered_and_not_minted(services, database):
    (name,) = names("a")

    found = services.source_ids.find_or_mint([name], known={name: "nmdc:bsm-11-abcd1234"})

    assert (found.ids, found.new) == ({name: "nmdc:bsm-11-abcd1234"}, frozenset())
    assert services.source_ids.find_or_mint([name], known={}).ids == found.ids
    assert database["minter.id_records"].count_documents({}) == 0


def test_of_many_that_ask_at_once_all_get_the_same_ids(services):
    wanted = names(*(f"sample {number}" for number in range(50)))

    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda _: services.source_ids.find_or_mint(wanted, known={}), range(8))
        )

    assert all(answer.ids == answers[0].ids for answer in answers)
    assert len(set(answers[0].ids.values())) == len(wanted)
    assert sum(len(answer.new) for answer in answers) == len(wanted)
