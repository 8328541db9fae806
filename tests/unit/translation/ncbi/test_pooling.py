"""What several biosamples together can be said to be."""

import pytest

from nmdc_runtime.translation.ncbi.pooling import aggregated_date, aggregated_depth, pooling_info
from nmdc_runtime.translation.ncbi.remarks import Remarks


def deep(*depths: object) -> tuple[str | None, list[str]]:
    remarks = Remarks()
    members = [{"id": f"b{number}", "depth": each} for number, each in enumerate(depths)]
    return aggregated_depth(members, remarks), [each.id for each in remarks.warnings]


def of(number: object, unit: object = "m") -> dict[str, object]:
    return {"has_numeric_value": number, "has_unit": unit}


@pytest.mark.parametrize(
    ("depths", "said"),
    [
        ([of(0), of(10)], "0-10 m"),
        ([of(2.0), of(2.0)], "2.0 m"),
        ([of(5, "cm"), of(0.5)], "0.05-0.5 m"),
        ([of(100, "cm"), of(1)], "1 m"),
        ([of(1, "[ft_i]")], "0.3048 m"),
        ([of(3, None)], "3 m"),
        (
            [{"has_minimum_numeric_value": 0, "has_maximum_numeric_value": 4, "has_unit": "cm"}],
            "0-0.04 m",
        ),
        ([{"has_minimum_numeric_value": 3, "has_unit": "m"}, 2.5], "2.5 m"),
        ([{"has_raw_value": "3 m"}, None, "deep", True], None),
        ([of(float("nan")), of(1)], "1 m"),
    ],
)
def test_the_depth_of_a_pool_is_in_metres(depths: list[object], said: str | None) -> None:
    assert deep(*depths) == (said, [])


def test_a_depth_in_no_length_does_not_count_and_is_told() -> None:
    assert deep(of(5, "bar"), of(2)) == ("2 m", ["b0"])


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        (["2020-01-02", "2020-01-01", "2020-01-03"], "2020-01-01/2020-01-03"),
        (["2020-01-01", "2020-01-01"], "2020-01-01"),
        (  # by the moment, not by the text: it is 18:00 there
            ["2017-06-05T12:00-06:00", "2017-06-05T17:47Z"],
            "2017-06-05T17:47Z/2017-06-05T12:00-06:00",
        ),
        (["2017-06-05", "2017-06", "2017"], "2017/2017-06-05"),
        (["spring", "2017"], "2017/spring"),
        ([None, {"has_raw_value": "2018"}], "2018"),
        ([], None),
    ],
)
def test_the_date_of_a_pool_is_from_the_first_to_the_last(
    dates: list[object], said: str | None
) -> None:
    assert aggregated_date([{"collection_date": each} for each in dates]) == said


def test_of_two_pools_the_later_one_counts_and_is_told() -> None:
    remarks = Remarks()

    info = pooling_info(
        [{"id": "b1"}],
        [
            {"id": "p1", "has_input": ["b1", "b1"], "has_output": ["s1"]},
            {"id": "p2", "has_input": ["b1"], "has_output": ["x", "s2"]},
        ],
        is_processed_sample=lambda id_: id_.startswith("s"),
        remarks=remarks,
    )

    assert info["b1"]["processed_sample_id"] == "s2"
    assert [each.kind for each in remarks.warnings] == ["in_two_pools"]
