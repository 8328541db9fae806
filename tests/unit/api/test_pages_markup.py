"""What is put into the documentation pages cannot break out of its place."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmdc_runtime.api.pages_markup import clean_banner, data_element, login_control, notice_line

BEGIN, END = '<script type="application/json" id="nmdc-data">', "</script>"


@given(text=st.text() | st.sampled_from(["</script>", "<!--<script>", "\u2028", "&lt;", "]]>"]))
def test_data_of_any_text_comes_out_as_it_went_in_and_holds_no_markup(text):
    inner = data_element({"name": text}).removeprefix(BEGIN).removesuffix(END)

    assert json.loads(inner) == {"name": text}
    assert not set("<>&\u2028\u2029") & set(inner)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("", ""),
        ("  <b>Hello</b> ", "<b>Hello</b>"),
        ("<script>x()</script>", ""),
        ("<img src=x onerror=x()>text", "text"),
        ('<a href="javascript:x()">a</a>', '<a rel="noopener noreferrer">a</a>'),
        ('<p style="position:fixed" onclick="x()">a</p>', "<p>a</p>"),
        ("<svg><script>x()</script></svg>", ""),
        ("<iframe src=//evil.example></iframe>", ""),
        ('<form action="//evil.example"><input name=password></form>', ""),
        ("<b>open", "<b>open</b>"),
    ],
)
def test_an_announcement_keeps_its_text_and_loses_what_runs_loads_or_restyles(given, kept):
    assert clean_banner(given) == kept


def test_an_announcement_may_link_to_elsewhere_without_telling_it_more():
    assert clean_banner('<a href="https://a.example/b" target="_top">a</a>') == (
        '<a href="https://a.example/b" rel="noopener noreferrer">a</a>'
    )


def test_names_and_notices_are_text():
    assert "<b>" not in login_control(is_logged_in=True, name="<b>")
    assert "<b>" not in notice_line("<b>")
    assert notice_line("") == ""
