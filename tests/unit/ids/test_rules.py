"""Blades are bit-compatible with every id issued so far."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.ids.errors import BladeInvalid, IdNameInvalid
from nmdc_runtime.ids.rules import (
    ALPHABET,
    MOST_SHORTEST_PUBLIC,
    SHORTEST_PUBLIC_BLADE,
    base_of,
    blade_length,
    check_public_form,
    decode,
    encode,
    local_part,
)


@pytest.mark.parametrize(
    ("number", "blade"),
    [
        (0, "00000098"),
        (1, "00000195"),
        (31, "00000z05"),
        (32, "00001002"),
        (719, "0000pf75"),
        (2**20, "01000080"),
        (123456789, "3nqk8n78"),
        (2**30 - 1, "zzzzzz02"),
    ],
)
def test_a_padded_blade_is_as_published(number: int, blade: str) -> None:
    assert encode(number, length=8) == blade
    assert decode(blade) == number


@pytest.mark.parametrize(
    ("number", "blade"), [(0, "098"), (719, "pf75"), (831, "sz30"), (1023, "zz36")]
)
def test_a_minimal_blade_is_as_published(number: int, blade: str) -> None:
    assert encode(number) == blade
    assert decode(blade) == number


@pytest.mark.parametrize(
    ("blade", "number"),
    [
        ("y7wnsw46", 1014912828),
        ("txrrvf32", 903635823),
        ("PF75", 719),
        ("p-f75", 719),
        ("00pf75", 719),
    ],
)
def test_a_blade_is_read_whatever_its_case_hyphens_and_padding(blade: str, number: int) -> None:
    assert decode(blade) == number


def test_misread_digits_are_read_as_what_they_look_like() -> None:
    assert decode("iI" + encode(33)[-2:]) == decode("lL" + encode(33)[-2:]) == 33
    assert decode("oO98") == 0


@pytest.mark.parametrize(
    "blade", ["", "7", "75", "pf76", "uf75", "p!75", "pfxx", "pf 75", "\u0130f75", "pf\u0667\u0665"]
)
def test_what_is_no_blade_is_refused(blade: str) -> None:
    with pytest.raises(BladeInvalid):
        decode(blade)


@given(st.integers(min_value=0, max_value=2**60 - 1), st.integers(min_value=0, max_value=14))
def test_every_number_is_read_back(number: int, length: int) -> None:
    blade = encode(number, length=length)
    assert decode(blade) == number
    assert len(blade) >= length
    assert set(blade) <= set(ALPHABET)


@given(st.integers(min_value=0, max_value=2**30 - 1), st.integers(0, 5), st.sampled_from(ALPHABET))
def test_one_wrong_digit_is_noticed(number: int, at: int, digit: str) -> None:
    blade = encode(number, length=8)
    if blade[at] != digit:
        with pytest.raises(BladeInvalid):
            decode(blade[:at] + digit + blade[at + 1 :])


def test_a_blade_can_be_split_by_hyphens() -> None:
    assert encode(123456789, length=10, split_every=4) == "003n-qk8n-78"


@pytest.mark.parametrize(
    ("issued", "length"),
    [
        (0, 2),
        (511, 2),
        (512, 4),
        (524_287, 4),
        (524_288, 6),
        (536_870_911, 6),
        (536_870_912, 8),
        (549_755_813_887, 8),
        (549_755_813_888, 10),
        (562_949_953_421_311, 10),
        (562_949_953_421_312, 12),
        (10**18, 12),
    ],
)
def test_blades_grow_when_half_of_them_are_issued(issued: int, length: int) -> None:
    assert blade_length(issued) == length


def test_blades_grow_after_bad_luck_whatever_the_count_says() -> None:
    assert [blade_length(5, vain_rounds=rounds) for rounds in (0, 2, 3, 6, 99)] == [2, 2, 4, 6, 12]


@pytest.mark.parametrize(
    ("issued", "length"),
    [(0, 6), (MOST_SHORTEST_PUBLIC - 1, 6), (2**29, 8), (2**39 - 1, 8), (2**39, 10)],
)
def test_public_blades_have_six_digits_until_half_of_those_are_issued(
    issued: int, length: int
) -> None:
    assert blade_length(issued, shortest=SHORTEST_PUBLIC_BLADE) == length


@pytest.mark.parametrize("name", ["nmdc:bsm-11-abcd1234", "nmdc:wfmag-11-a.1", "nmdc:X-99-a_b-c"])
def test_a_public_id_has_a_typecode_a_shoulder_and_a_blade(name: str) -> None:
    check_public_form(name)


@pytest.mark.parametrize(
    "name", ["", "nmdc:", "nmdc:bsm", "nmdc:bsm-11", "NMDC:bsm-11-a", "x:bsm-11-a", "nmdc:b-1-a b"]
)
def test_anything_else_is_no_public_id(name: str) -> None:
    with pytest.raises(IdNameInvalid):
        check_public_form(name)


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("nmdc:wfmag-11-abcd1234.12", "nmdc:wfmag-11-abcd1234"),
        ("nmdc:wfmag-11-abcd1234", "nmdc:wfmag-11-abcd1234"),
        ("nmdc:wfmag-11-abcd1234.x", "nmdc:wfmag-11-abcd1234.x"),
        ("nmdc:wfmag-11-abcd1234.1.2", "nmdc:wfmag-11-abcd1234.1.2"),
    ],
)
def test_a_run_number_is_told_from_the_id_before_it(name: str, base: str) -> None:
    assert base_of(name) == base


def test_the_local_part_follows_the_first_colon() -> None:
    assert local_part("nmdc:sys0pf75") == "sys0pf75"
    assert local_part("nmdc:a:b") == "a:b"
