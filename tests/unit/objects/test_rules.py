"""Decisions about objects, without a database."""

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nmdc_runtime.objects.errors import AccessIdOfOtherSite, RangeNotSatisfiable
from nmdc_runtime.objects.models import DrsObjectIn
from nmdc_runtime.objects.rules import (
    attachment,
    bundle_facts,
    check_access_ids,
    manager_of,
    public,
    requested_range,
    safe_mime_type,
    safe_name,
    stored_id_of,
)
from tests.support.object_records import a_blob, a_bundle


@given(st.text(max_size=30), st.integers(0, 10_000))
def test_any_range_header_gives_bytes_that_there_are_or_is_refused(header: str, length: int):
    for asked in (header, f"bytes={header}"):
        try:
            part = requested_range(asked, object_id="x", length=length)
        except RangeNotSatisfiable:
            continue
        assert part is None or 0 <= part.start < part.stop <= length


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 60))
def test_a_range_is_what_the_standard_says(first: int, last: int, length: int):
    whole = bytes(range(length))
    header = f"bytes={first}-{last}"
    if last < first:
        assert requested_range(header, object_id="x", length=length) is None
    elif first >= length:
        with pytest.raises(RangeNotSatisfiable):
            requested_range(header, object_id="x", length=length)
    else:
        part = requested_range(header, object_id="x", length=length)
        assert part is not None
        assert whole[part.start : part.stop] == whole[first : last + 1]


@pytest.mark.parametrize(
    ("access_id", "stored_id"),
    [
        ("own:sys0abc", "sys0abc"),
        ("own:", None),
        ("own:a/b", None),
        ("own:..%2f", None),
        ("own:a:b", None),
        ("other:sys0abc", None),
        ("sys0abc", None),
    ],
)
def test_an_access_id_names_a_key_only_of_the_own_site(access_id: str, stored_id: str | None):
    assert stored_id_of(access_id, site_id="own") == stored_id


def test_only_the_own_site_names_what_lies_in_its_bucket():
    methods = [{"access_id": None}, {"access_id": "x"}, {"access_id": "own:a"}]

    check_access_ids(methods, site_id="own", own_site_id="own")
    check_access_ids(methods[:2], site_id="other", own_site_id="own")
    with pytest.raises(AccessIdOfOtherSite):
        check_access_ids(methods, site_id="other", own_site_id="own")


def test_what_the_hub_keeps_belongs_to_its_own_site_whatever_that_is_called():
    kept = {"_mgr_site": "nmdc-runtime", "_kept": True}

    assert manager_of(kept, own_site_id="berkeley") == "berkeley"
    assert manager_of({"_mgr_site": "nmdc-runtime"}, own_site_id="berkeley") == "berkeley"
    assert manager_of({"_mgr_site": "nersc"}, own_site_id="berkeley") == "nersc"
    assert manager_of({}, own_site_id="berkeley") is None


def test_what_is_shown_of_an_object_is_what_is_set_and_not_the_runtimes_own():
    document = {"id": "x", "_mgr_site": "a", "_kept": True, "types": [], "name": None, "size": 0}

    assert public(document) == {"id": "x", "size": 0}


def member(object_id: str, content: bytes) -> dict[str, Any]:
    digest = {"type": "sha256", "checksum": sha256(content).hexdigest()}
    return {"id": object_id, "size": len(content), "checksums": [digest]}


@given(st.lists(st.binary(max_size=5), min_size=1, max_size=6, unique=True))
def test_a_bundles_digest_does_not_depend_on_the_order_or_the_names(contents: list[bytes]):
    known = {f"id{n}": member(f"id{n}", content) for n, content in enumerate(contents)}
    entries = [{"name": f"n{n}", "id": object_id} for n, object_id in enumerate(known)]

    facts = bundle_facts(entries, known)

    assert facts == bundle_facts([{**e, "name": "other"} for e in reversed(entries)], known)
    digests = sorted(sha256(content).hexdigest() for content in contents)
    assert facts is not None
    assert facts[0] == sum(map(len, contents))
    assert facts[1][0]["checksum"] == sha256("".join(digests).encode()).hexdigest()


def test_a_bundle_takes_only_digests_that_all_members_have():
    one, two = member("one", b"1"), member("two", b"2")
    one["checksums"].append({"type": "md5", "checksum": "aa"})
    entries = [{"id": "one"}, {"id": "two"}]

    facts = bundle_facts(entries, {"one": one, "two": two})

    assert facts is not None
    assert [each["type"] for each in facts[1]] == ["sha256"]
    two["checksums"] = [{"type": "crc", "checksum": "1"}]
    assert bundle_facts(entries, {"one": one, "two": two}) is None
    assert bundle_facts(entries, {"one": one}) is None
    assert bundle_facts([], {}) is None


@pytest.mark.parametrize(
    ("name", "safe"), [("a.tsv", "a.tsv"), ("ä b/c.tsv", "_b_c.tsv"), ('a"\r\n.tsv', "a_.tsv")]
)
def test_a_files_name_becomes_one_that_an_object_may_have(name: str, safe: str):
    assert safe_name(name) == safe


@given(st.text(max_size=20))
def test_no_name_breaks_out_of_its_header(name: str):
    header = attachment(name.encode("utf-8", "ignore").decode())

    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


@pytest.mark.parametrize(
    ("text", "mime_type"),
    [
        ("text/csv; charset=utf-8", "text/csv"),
        ("application/ld+json", "application/ld+json"),
        ("text", None),
        ("", None),
    ],
)
def test_a_mime_type_loses_its_parameters(text: str, mime_type: str | None):
    assert safe_mime_type(text) == mime_type


def test_a_checksum_type_is_matched_as_published_without_anchors():
    record = DrsObjectIn.model_validate(a_blob(checksums=[{"type": "xxmd5yy", "checksum": "00"}]))

    assert record.checksums[0].type == "xxmd5yy"


@pytest.mark.parametrize("count", [10_000, 10_001])
def test_a_bundle_lists_no_more_than_a_page_can_show(count: int):
    body = a_bundle(*({"name": f"n{n}", "id": f"i{n}"} for n in range(count)))

    if count > 10_000:
        with pytest.raises(ValidationError, match="at most 10000 members"):
            DrsObjectIn.model_validate(body)
    else:
        assert len(DrsObjectIn.model_validate(body).contents or []) == count


def test_an_address_is_kept_to_the_letter():
    url = "https://data.example?X-Amz-Signature=%2F%2f"

    record = DrsObjectIn.model_validate(a_blob(access_methods=[{"access_url": {"url": url}}]))

    assert record.model_dump()["access_methods"][0]["access_url"]["url"] == url
