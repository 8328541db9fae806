"""Answers that a client has already."""

import pytest
from fastapi import Request

from nmdc_runtime.web.etags import versioned


def asking(*if_none_match: str) -> Request:
    headers = [(b"if-none-match", each.encode()) for each in if_none_match]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers})


def test_an_answer_has_a_strong_version_that_changes_with_any_byte():
    one, same, other = (versioned(asking(), body) for body in (b"a", b"a", b"b"))
    assert (one.status_code, one.body) == (200, b"a")
    assert one.headers["etag"] == same.headers["etag"] != other.headers["etag"]
    assert one.headers["etag"].startswith('"')
    assert one.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("sent", ["{}", "W/{}", '"x", {}', "*", '"a","b" , W/{}'])
def test_who_has_the_version_is_not_sent_it_again(sent):
    etag = versioned(asking(), b"a").headers["etag"]
    answer = versioned(asking(sent.format(etag)), b"a")
    assert (answer.status_code, answer.body) == (304, b"")
    assert answer.headers["etag"] == etag
    assert "content-type" not in answer.headers


@pytest.mark.parametrize("sent", ['"x"', "", "nonsense", 'W/"x"'])
def test_who_has_another_version_is_sent_this_one(sent):
    assert versioned(asking(sent), b"a").status_code == 200
