"""How records look as DRS objects."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from nmdc_runtime.drs import rules
from nmdc_runtime.drs.errors import DataObjectIncomplete

RECORD = {
    "id": "sys0x",
    "size": 0,
    "created_time": datetime(2026, 1, 2, tzinfo=UTC),
    "checksums": [{"type": "sha3_256", "checksum": "ab"}, {"type": "sha1", "checksum": "cd"}],
}


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, 6000, tzinfo=UTC), "2026-01-02T03:04:05.006000Z"),
        (datetime(2026, 1, 2, 3), "2026-01-02T03:00:00Z"),  # noqa: DTZ001 (what it is about)
        (datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=5))), "2026-01-01T22:00:00Z"),
        ("2026-01-02T03:04:05", "2026-01-02T03:04:05Z"),
        ("long ago", None),
        (None, None),
        (5, None),
    ],
)
def test_times_have_a_zone_whatever_is_stored(moment: object, text: str | None):
    assert rules.rfc3339(moment) == text


def test_an_object_of_nothing_is_an_object():
    shown = rules.drs_object({**RECORD, "access_methods": []}, host="h")

    assert shown["size"] == 0
    assert "access_methods" not in shown
    assert [each["type"] for each in shown["checksums"]] == ["sha3-256", "sha-1"]


def test_an_access_method_of_old_without_a_type_is_fetched_over_https():
    shown = rules.drs_object({**RECORD, "access_methods": [{"access_id": "x"}]}, host="h")

    assert shown["access_methods"] == [{"type": "https", "access_id": "x"}]


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://a/b", "https"),
        ("HTTP://a/b", "https"),
        ("ftp://a/b", "ftp"),
        ("s3://a/b", "s3"),
        ("globus://a/b", "globus"),
        ("odd://a", "https"),
    ],
)
def test_the_scheme_of_a_data_objects_address_tells_how_to_fetch_it(url: str, kind: str):
    document = {"id": "nmdc:dobj-11-x", "md5_checksum": "AB", "file_size_bytes": 0, "url": url}

    shown = rules.data_object(document, host="h", recorded_at=datetime(2026, 1, 1, tzinfo=UTC))

    assert shown["access_methods"][0]["type"] == kind
    assert shown["checksums"][0]["checksum"] == "ab"
    assert "name" not in shown


def test_all_that_a_data_object_lacks_is_named_at_once():
    with pytest.raises(DataObjectIncomplete, match="no size, no checksums, no access_methods"):
        rules.data_object({"id": "nmdc:dobj-11-x"}, host="h", recorded_at=datetime.now(UTC))


@pytest.mark.parametrize(
    ("local_id", "typecode"),
    [("sty-11-x", "sty"), ("sty", None), ("xyz-11-x", None), ("STY-1", None)],
)
def test_only_typecodes_of_the_schema_make_an_id(local_id: str, typecode: str | None):
    assert rules.typecode_of(local_id, typecodes=["sty", "bsm"]) == typecode
