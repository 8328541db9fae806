"""``GET /metadata/stored_files/{id}``: whole files, ranges, and what never was one."""

import pytest

from tests.api.objects.conftest import CONTENT

PATH = "/metadata/stored_files/gfs0kept"
LENGTH = len(CONTENT)


@pytest.fixture(autouse=True)
def _kept(kept):
    return kept


def test_a_whole_file_is_sent_as_it_was_stored(hub):
    answer = hub.get(PATH)

    assert answer.status_code == 200
    assert answer.content == CONTENT
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="sheet.tsv"'
    assert answer.headers["Content-Length"] == str(LENGTH)
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-9", 0, 10),
        ("bytes=261000-522500", 261_000, 522_501),
        ("bytes=600000-", 600_000, LENGTH),
        ("bytes=-5", LENGTH - 5, LENGTH),
        ("bytes=-9999999", 0, LENGTH),
        ("bytes=639999-99999999", 639_999, LENGTH),
    ],
)
def test_a_range_is_sent_alone(hub, asked, start, stop):
    answer = hub.get(PATH, headers={"Range": asked})

    assert answer.status_code == 206
    assert answer.content == CONTENT[start:stop]
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{LENGTH}"
    assert answer.headers["Content-Length"] == str(stop - start)


@pytest.mark.parametrize("asked", ["bytes=640000-", "bytes=9999999-10000000", "bytes=-0"])
def test_a_range_behind_the_end_cannot_be_satisfied(hub, asked):
    answer = hub.get(PATH, headers={"Range": asked})

    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{LENGTH}"


@pytest.mark.parametrize(
    "asked", ["bytes=5-2", "bytes=-", "lines=0-5", "bytes=0-1,5-6", "bytes=x-y", f"bytes={9**60}-"]
)
def test_a_range_that_cannot_be_understood_is_ignored(hub, asked):
    answer = hub.get(PATH, headers={"Range": asked})

    assert answer.status_code == 200
    assert len(answer.content) == LENGTH


def test_head_tells_all_but_the_bytes(hub):
    whole = hub.head(PATH)
    part = hub.head(PATH, headers={"Range": "bytes=0-9"})

    assert (whole.status_code, part.status_code) == (200, 206)
    assert whole.content == part.content == b""
    assert whole.headers["Content-Length"] == str(LENGTH)
    assert part.headers["Content-Length"] == "10"


def test_a_range_goes_on_only_with_the_same_bytes(hub):
    etag = hub.get(PATH).headers["ETag"]

    same = hub.get(PATH, headers={"Range": "bytes=0-9", "If-Range": etag})
    other = hub.get(PATH, headers={"Range": "bytes=0-9", "If-Range": '"other"'})

    assert (same.status_code, other.status_code) == (206, 200)


def test_chunks_without_a_record_are_no_file(hub, database):
    database["fs.chunks"].insert_one({"files_id": "gfs0half", "n": 0, "data": b"x"})

    assert hub.get("/metadata/stored_files/gfs0half").status_code == 404


@pytest.mark.parametrize(
    ("name", "content_type", "sent_name", "sent_type"),
    [
        ('a "b".tsv', "text/csv", "filename*=UTF-8''a%20%22b%22.tsv", "text/csv; charset=utf-8"),
        ("проба.json", "application/json", "filename*=UTF-8''%D0%BF", "application/json"),
        ("a\r\nX-Evil: 1", "text/html", "filename*=UTF-8''a%0D%0AX-Evil", "text/html"),
        ("x", "текст", 'filename="x"', "application/octet-stream"),
        ("x", "text/html\r\nX-Evil: 1", 'filename="x"', "application/octet-stream"),
        ("x", "", 'filename="x"', "application/octet-stream"),
        (None, None, 'filename="gfs0odd"', "application/octet-stream"),
    ],
)
def test_names_and_types_of_any_kind_are_sent_as_harmless_headers(
    hub, database, *, name, content_type, sent_name, sent_type
):
    database["fs.files"].insert_one(
        {
            "_id": "gfs0odd",
            "filename": name,
            "contentType": content_type,
            "chunkSize": 261_120,
            "length": 0,
        }
    )

    answer = hub.get("/metadata/stored_files/gfs0odd")

    assert answer.status_code == 200
    assert answer.content == b""
    assert answer.headers["Content-Length"] == "0"
    assert sent_name in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Type"].startswith(sent_type)
    assert "X-Evil" not in answer.headers


@pytest.mark.parametrize(
    "object_id", ["%00", "a%0d%0ab", "%F0%9F%98%80", "$where", "%ff", "x" * 5_000]
)
def test_an_id_of_any_kind_is_not_found(hub, object_id):
    answer = hub.get(f"/metadata/stored_files/{object_id}")

    assert answer.status_code == 404
    assert answer.json()["detail"].endswith("not found")
