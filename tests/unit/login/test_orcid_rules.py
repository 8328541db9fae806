"""Where a login may end, and whom a provider may name."""

import base64
import hashlib

import pytest

from nmdc_runtime.login.orcid_rules import (
    LONGEST_TARGET,
    challenge,
    cookie_text,
    derived,
    is_orcid_id,
    reason_of,
    redirect_target,
)

HUB = "https://api.example.org"


@pytest.mark.parametrize(
    ("asked", "target"),
    [
        (None, f"{HUB}/docs"),
        ("", f"{HUB}/docs"),
        ("/docs#/x", f"{HUB}/docs#/x"),
        ("/redoc?a=%20b", f"{HUB}/redoc?a=%20b"),
        (f"{HUB}/docs", f"{HUB}/docs"),
        ("https://data.microbiomedata.org/x?y=1", "https://data.microbiomedata.org/x?y=1"),
        ("https://microbiomedata.org", "https://microbiomedata.org"),
        ("https://a.b.microbiomedata.org:443/", "https://a.b.microbiomedata.org:443/"),
        ("https://DATA.microbiomedata.ORG/", "https://DATA.microbiomedata.ORG/"),
    ],
)
def test_a_login_may_end_at_a_page_of_ours(asked: str | None, target: str) -> None:
    assert redirect_target(asked, base_url=HUB) == target


@pytest.mark.parametrize(
    "asked",
    [
        "https://evil.example",
        "https://evil.example/.microbiomedata.org",
        "https://evil.example?.microbiomedata.org",
        "https://evil.example#.microbiomedata.org",
        "https://evilmicrobiomedata.org",
        "https://microbiomedata.org.evil.example",
        "https://data.microbiomedata.org@evil.example",
        "https://user:pass@data.microbiomedata.org",
        "https://evil.example\\.microbiomedata.org",
        "https://evil.example\uff0f.microbiomedata.org",
        "http://data.microbiomedata.org",
        "http://api.example.org/docs",
        "https://api.example.org:8443/docs",
        "https://data.microbiomedata.org:8443",
        "https://data.microbiomedata.org:x",
        "//evil.example",
        "/\\evil.example",
        "/docs\r\nSet-Cookie: x=y",
        "/\tdocs",
        " /docs",
        "docs",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://[::1",
        "/" + "x" * LONGEST_TARGET,
    ],
)
def test_a_login_never_ends_elsewhere(asked: str) -> None:
    assert redirect_target(asked, base_url=HUB) is None


def test_the_hub_may_lie_on_a_port_and_in_a_folder() -> None:
    base = "http://127.0.0.1:8000/api"
    assert redirect_target(None, base_url=base) == f"{base}/docs"
    assert redirect_target("/api/redoc", base_url=base) == f"{base}/redoc"
    assert redirect_target("http://127.0.0.1:8001/", base_url=base) is None


def test_a_key_for_one_purpose_is_none_for_another() -> None:
    keys = {"hub", derived("hub", "session"), derived("hub", "state"), derived("other", "session")}
    assert len(keys) == 4
    assert derived("hub", "session") in keys


def test_the_challenge_is_that_of_the_standard() -> None:
    # RFC 7636, appendix B
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    assert challenge(verifier) == digest.decode().rstrip("=")


@pytest.mark.parametrize("subject", ["admin", "", "0000-0002-1825-009", "0000-0002-1825-0097\n"])
def test_only_an_orcid_id_becomes_a_user_name(subject: str) -> None:
    assert is_orcid_id("0000-0002-1825-0097")
    assert is_orcid_id("0000-0002-1694-233X")
    assert not is_orcid_id(subject)


def test_what_a_page_wrote_as_a_reason_is_not_repeated() -> None:
    assert reason_of("access_denied") == "access_denied"
    assert reason_of("<script>") == reason_of("") == "unknown"


def test_any_name_fits_into_a_cookie() -> None:
    assert cookie_text("Ada Lovelace") == "Ada Lovelace"
    assert cookie_text("Łu\r\n;=") == "%C5%81u%0D%0A%3B%3D"
    assert len(cookie_text("x" * 9_000)) == 200
