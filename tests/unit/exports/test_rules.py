from datetime import UTC, date, datetime

import pytest

from nmdc_runtime.exports.rules import bundle_name, folder_of, time_stamp
from nmdc_runtime.objects.errors import AccessIdOfOtherSite
from nmdc_runtime.objects.rules import check_access_ids, key_of, stored_id_of


def test_an_export_is_named_as_it_was_in_2021():
    day = date(2021, 10, 14)

    assert folder_of(day) == "nmdcdb-mongoexport/2021-10-14"
    assert bundle_name(day) == "2021-10-nmdcdb-mongoexport"


def test_folders_of_operators_are_named_in_the_time_of_los_angeles():
    assert time_stamp(datetime(2026, 7, 1, 12, 0, 5, 999, tzinfo=UTC)) == "2026-07-01T050005-0700"


def test_an_id_of_bytes_leads_to_a_published_file_or_below_the_folder_of_objects():
    published = "nmdcdb-mongoexport~2026-11-01~study_set.jsonl.gz"

    assert stored_id_of(f"nmdc-runtime:{published}", site_id="nmdc-runtime") == published
    assert key_of(published) == "nmdcdb-mongoexport/2026-11-01/study_set.jsonl.gz"
    assert key_of("sys0abc") == "do/sys0abc"


@pytest.mark.parametrize(
    "odd",
    [
        "nmdcdb-mongoexport",
        "nmdcdb-mongoexport~",
        "nmdcdb-mongoexport~..~do~sys0abc",
        "nmdcdb-mongoexport~.~x",
        "nmdcdb-mongoexport~a~~b",
        "backups~x",
        "..~nmdcdb-mongoexport~x",
    ],
)
def test_no_id_of_bytes_leads_out_of_the_two_folders(odd: str):
    assert key_of(odd) == f"do/{odd}"


def test_only_the_runtimes_own_site_may_name_published_files():
    method = {"access_id": "nmdc-runtime:nmdcdb-mongoexport~2026-11-01~study_set.jsonl.gz"}

    with pytest.raises(AccessIdOfOtherSite):
        check_access_ids([method], site_id="nersc", own_site_id="nmdc-runtime")
