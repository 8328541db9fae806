"""The documentation pages and what they are made of."""

import json
import re
from http.cookies import SimpleCookie

import pytest

STATIC = {
    "NMDC_logo.svg": "image/svg+xml",
    "ORCID-iD_icon_vector.svg": "image/svg+xml",
    "favicon.ico": "image/",
    "favicon.svg": "image/svg+xml",
}


def data_of(page: str) -> dict:
    """Return the data that the page carries for its scripts."""
    (text,) = re.findall(r'<script type="application/json" id="nmdc-data">(.*?)</script>', page)
    return json.loads(text)


def test_pages_run_nothing_but_our_own_files_and_are_never_kept(hub):
    for path in ("/docs", "/redoc", "/scalar"):
        answer = hub.get(path)

        assert answer.status_code == 200
        assert "https://" not in answer.text
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'; script-src 'self'; " in policy  # so no inline scripts
        assert "unsafe-eval" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        scripts = re.findall(
            r"<script(?! type=.application/json)([^>]*)>(.*?)</script>", answer.text
        )
        assert scripts
        assert all("src=" in attributes and not body for attributes, body in scripts)
        for asset in re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text):
            assert hub.get(asset).status_code == 200, asset
        assert path not in hub.get("/openapi.json").json()["paths"]
    assert "<title>NMDC Runtime API</title>" in hub.get("/scalar").text


def test_the_published_files_are_served(hub):
    for name, media_type in STATIC.items():
        answer = hub.get(f"/static/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(media_type)
    icon = hub.get("/favicon.ico")
    assert icon.content.startswith(b"\x00\x00\x01\x00")  # an icon file, no picture of another kind
    assert icon.headers["content-type"] == "image/x-icon"
    assert hub.get("/static/../pages.py").status_code == 404
    assert hub.get("/static/%2e%2e/pages.py").status_code == 404


class TestWithOtherSettings:
    """Where Scalar is switched off, and there is an announcement."""

    @pytest.fixture
    def settings(self, settings):
        banner = '<p onclick="x()">Down <a href="javascript:x()">now</a></p></script><script>x()'
        other = {"is_scalar_enabled": False, "info_banner_innerhtml": banner}
        return settings.model_copy(update=other)

    def test_scalar_is_not_there_and_the_announcement_is_data_that_cannot_run(self, hub):
        assert hub.get("/scalar").status_code == 404
        page = hub.get("/docs").text

        assert "/scalar" not in page
        assert data_of(page)["banner"] == '<p>Down <a rel="noopener noreferrer">now</a></p>'
        assert "x()" not in page


@pytest.mark.parametrize(
    "cookie", ["junk", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "%00%ff", "x" * 5_000]
)
def test_a_cookie_that_is_no_login_is_told_and_cleared(hub, cookie):
    answer = hub.get("/docs", headers={"Cookie": f"user_id_token={cookie}; user_name=Eve"})

    assert answer.status_code == 200
    assert data_of(answer.text)["token"] is None
    assert 'role="alert">You are not logged in any more' in answer.text
    gone = SimpleCookie()
    for header in answer.headers.get_list("Set-Cookie"):
        gone.load(header)
    assert {name: each["max-age"] for name, each in gone.items()} == {
        "user_orcid": "0",
        "user_name": "0",
        "user_id_token": "0",
    }


def test_who_has_no_cookie_sees_no_notice_and_gets_none(hub):
    answer = hub.get("/docs", headers={"Cookie": "user_id_token="})

    assert answer.status_code == 200
    assert "alert" not in answer.text
    assert "Set-Cookie" not in answer.headers
    assert data_of(answer.text) == {"banner": "", "name": "", "token": None, "orcid_login": None}


def test_a_description_says_the_versions_and_where_to_ask(hub):
    text = hub.get("/openapi.json").json()["info"]["description"]
    versions = hub.get("/version").json()

    assert f"/runtime/): `{versions['nmdc-runtime']}`" in text
    assert f"/nmdc-schema/): `{versions['nmdc-schema']}`" in text
    for said in ("Anyone can read", "**Try it out**", "**Authorize**", "mailto:support@"):
        assert said in text


def test_sections_tell_a_summary_first_and_then_the_details(hub):
    tags = {each["name"]: each["description"] for each in hub.get("/openapi.json").json()["tags"]}
    details = {
        "Metadata access": ("Find", "NMDC schema", "Queries", "Changesheets", "JSON operations"),
        "Workflow management": (
            *("Sites", "Workflows", "capabilities", "object types", "triggers"),
            *("Jobs", "Objects", "operations", "Runs"),
        ),
    }
    for name, text in tags.items():
        summary, *others = text.split("\n\n")
        assert "\n" not in summary
        for topic in details.get(name, ()):
            assert f"**{topic}**" in "\n".join(others)
        assert bool(others) == (name in details)
