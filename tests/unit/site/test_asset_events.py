import string

import dagster as dg
from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.site.asset_events import (
    CUT,
    MOST_PREVIEW_BYTES,
    drs_materialisation,
    preview,
    uploaded_object,
)


@given(
    st.text(alphabet=[*string.ascii_letters, "é", "€", "🧬"], max_size=50), st.integers(1, 3_000)
)
def test_a_preview_is_the_text_or_its_beginning_within_64_kb(unit: str, times: int) -> None:
    text = unit * times

    shown = preview(text)

    assert len(shown.encode()) <= MOST_PREVIEW_BYTES
    if len(text.encode()) <= MOST_PREVIEW_BYTES:
        assert shown == text
    else:
        assert shown.endswith(CUT)
        assert text.startswith(shown.removesuffix(CUT))
        # No more is lost than the last character's own bytes.
        assert len(shown.encode()) > MOST_PREVIEW_BYTES - 4


def test_a_stored_object_is_told_with_its_link_and_no_more_than_a_preview_of_its_text() -> None:
    event = drs_materialisation(
        "sys0abc",
        name="study.json",
        link="https://api.example/ga4gh/drs/v1/objects/sys0abc",
        size_bytes=200_000,
        text="x" * 200_000,
        metadata={"files": 2},
    )

    assert event.asset_key == dg.AssetKey(["drs", "sys0abc"])
    assert event.metadata["link"].value == "https://api.example/ga4gh/drs/v1/objects/sys0abc"
    assert (event.metadata["size_bytes"].value, event.metadata["files"].value) == (200_000, 2)
    assert len(str(event.metadata["preview"].value)) == MOST_PREVIEW_BYTES
    assert "sha256" not in event.metadata


def test_what_a_site_has_sent_is_told_under_its_name_cut_to_what_a_key_may_have() -> None:
    record = {"id": "sys0abc", "name": "n" * 5_000, "size": 3}

    event = uploaded_object(record, base_url="https://api.example")

    assert event is not None
    assert event.asset_key == dg.AssetKey(["object", "n" * 200])
    assert event.metadata["object_id"].value == "sys0abc"
    assert event.metadata["link"].value == "https://api.example/ga4gh/drs/v1/objects/sys0abc"
    assert uploaded_object({"id": "sys0abc", "size": 3}, base_url="https://api.example") is None
