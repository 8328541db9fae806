import pytest

from nmdc_runtime.translation.gold_ids import get_gold_biosample_name_suffix, normalize_gold_id


@pytest.mark.parametrize("prefix", ["GOLD:", "", "gold:", "Gold:"])
def test_an_id_of_golds_is_written_in_one_way(prefix: str) -> None:
    assert normalize_gold_id(f"{prefix}Gb0356158") == "gold:Gb0356158"


@pytest.mark.parametrize("other", ["gb123", "", "nmdc:bsm-11-a", "Gb:1", "biosample:SAMN1"])
def test_what_is_no_id_of_golds_stays_as_it_is(other: str) -> None:
    assert normalize_gold_id(other) == other


def test_the_suffix_of_a_name_is_its_last_word() -> None:
    name = (
        "Terrestrial soil microbial communities from Disney Wilderness Preserve, FL, USA - "
        "DSNY_016-M-37-14-20140409-GEN-DNA1"
    )

    assert get_gold_biosample_name_suffix(name) == "DSNY_016-M-37-14-20140409-GEN-DNA1"
    with pytest.raises(IndexError):
        get_gold_biosample_name_suffix("  ")
