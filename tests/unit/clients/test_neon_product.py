"""What a configuration may ask of a NEON data product."""

import pytest

from nmdc_runtime.clients.neon_errors import NeonProductInvalid
from nmdc_runtime.clients.neon_files import NeonProduct, SiteMonth, wanted_files

BENTHIC = "mms_benthicRawDataFiles, amb_fieldParent, mms_mms_benthicRawDataFiles"


def test_published_configurations_are_understood() -> None:
    product = NeonProduct.from_config({"product_id": "DP1.20279.001", "product_tables": BENTHIC})

    assert product.product_id == "DP1.20279.001"
    assert product.tables == tuple(BENTHIC.split(", "))
    assert product.optional == {"mms_mms_benthicRawDataFiles"}
    assert (product.sites, product.start_month, product.end_month) == ((), None, None)


def test_sites_months_and_optional_tables_may_be_given() -> None:
    product = NeonProduct.from_config(
        {
            "product_id": "DP1.20279.001",
            "product_tables": ["amb_fieldParent"],
            "optional_tables": "amb_fieldParent,",
            "sites": " WLOU,BLAN,WLOU",
            "start_month": "2018-07",
            "end_month": "",
        }
    )

    assert "amb_fieldParent" in product.optional
    assert product.sites == ("WLOU", "BLAN")
    assert (product.start_month, product.end_month) == ("2018-07", None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"product_tables": None}, "missing: .'product_tables'"),
        ({"product_table": "x"}, "unknown: .'product_table'"),
        ({"product_tables": " , "}, "names no table"),
        ({"product_tables": 5}, "neither a text with commas nor a list"),
        ({"product_id": "../../v1"}, "no product_id"),
        ({"start_month": "2018-13"}, "start_month is '2018-13'"),
        ({"end_month": 2018}, "end_month is 2018"),
        ({"start_month": "2019-01", "end_month": "2018-12"}, "2019-01 is after end_month 2018-12"),
    ],
    ids=["missing", "unknown", "no table", "number", "path", "month", "year", "order"],
)
def test_what_cannot_be_used_is_named(change: dict, said: str) -> None:
    config = {"product_id": "DP1.20279.001", "product_tables": BENTHIC} | change
    config = {key: value for key, value in config.items() if value is not None}

    with pytest.raises(NeonProductInvalid, match=said):
        NeonProduct.from_config(config)


def test_a_checksum_that_is_none_is_not_believed_and_a_file_without_one_is_kept_by_address() -> (
    None
):
    month = SiteMonth(site="WLOU", month="2018-07", url="https://neon.example/list")
    names = [f"NEON.D13.WLOU.{table}.2018-07.expanded.csv" for table in ("a", "b", "c")]
    listed = [
        {"name": names[0], "url": "https://neon.example/a", "md5": "A" * 32},
        {"name": names[1], "url": "https://neon.example/b", "md5": None},
        {"name": names[2], "url": "https://neon.example/c", "md5": "none"},
        {"name": "NEON.D13.WLOU.a.2018-07.expanded.zip", "url": "https://neon.example/zip"},
    ]

    files = wanted_files({"data": {"files": listed}}, ["a", "b", "c"], month)

    assert [file.key for file in files] == [
        f"{'a' * 32} {names[0]}",
        "https://neon.example/b",
        "https://neon.example/c",
    ]
