import base64
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from nmdc_runtime.login.models import Credentials, TokenClaims, TokenExpires
from nmdc_runtime.login.rules import basic_credentials, name_after, read, sign, with_basic

KEY = "0123456789abcdef" * 4
HUB = "https://hub.example.org"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def a_token(**claims: object) -> str:
    return jwt.encode({"sub": "user:ada", "exp": NOW.timestamp() + 60} | claims, KEY, "HS256")


def segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_token_says_who_when_and_from_where() -> None:
    token = sign("user:ada", key=KEY, issuer=HUB, token_id="t1", now=NOW, lifetime=DAY)

    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
    assert jwt.decode(token, options={"verify_signature": False}) == {
        "sub": "user:ada",
        "exp": int((NOW + DAY).timestamp()),
        "iat": int(NOW.timestamp()),
        "jti": "t1",
        "iss": HUB,
        "cv": 0,
    }
    assert read(token, key=KEY, issuer=HUB, now=NOW) == TokenClaims(
        subject="user:ada", token_id="t1", is_expired=False, expires_at=NOW + DAY
    )


def test_a_token_says_of_which_credentials_and_session_it_is() -> None:
    token = sign(
        "user:ada",
        key=KEY,
        issuer=HUB,
        token_id="t1",
        now=NOW,
        lifetime=DAY,
        version=3,
        session_id="s1",
    )
    claims = read(token, key=KEY, issuer=HUB, now=NOW)
    assert claims is not None
    assert (claims.version, claims.session_id) == (3, "s1")


@pytest.mark.parametrize(("version", "as_read"), [(None, -1), ("1", -1), (1.5, -1), (2, 2)])
def test_a_version_that_is_no_number_is_that_of_nobody(version: object, as_read: int) -> None:
    claims = read(a_token(cv=version), key=KEY, issuer=HUB, now=NOW)
    assert claims is not None
    assert claims.version == as_read


@pytest.mark.parametrize("moment", [1e300, 10**30])
def test_a_token_may_say_that_it_never_ends(moment: float) -> None:
    claims = read(a_token(exp=moment), key=KEY, issuer=HUB, now=NOW)
    assert claims is not None
    assert not claims.is_expired
    assert claims.expires_at.year == 9999


def test_a_token_expires_when_its_lifetime_is_over() -> None:
    token = sign("user:ada", key=KEY, issuer=HUB, token_id="t1", now=NOW, lifetime=DAY)
    before = read(token, key=KEY, issuer=HUB, now=NOW + DAY - timedelta(seconds=1))
    after = read(token, key=KEY, issuer=HUB, now=NOW + DAY)
    assert before is not None
    assert not before.is_expired
    assert after is not None
    assert after.is_expired


def test_a_token_of_an_older_runtime_stays_good() -> None:
    claims = read(a_token(), key=KEY, issuer=HUB, now=NOW)
    assert claims == TokenClaims(
        subject="user:ada",
        token_id=None,
        is_expired=False,
        expires_at=NOW + timedelta(minutes=1),
        version=0,
    )


@pytest.mark.parametrize("subject", [None, 5, ["user:ada"], ""])
def test_a_subject_of_any_form_is_handed_on_to_be_refused(subject: object) -> None:
    claims = read(f"{segment({'alg': 'HS256', 'typ': 'JWT'})}.x.y", key=KEY, issuer=HUB, now=NOW)
    assert claims is None
    signed = jwt.api_jws.encode(
        json.dumps({"sub": subject, "exp": NOW.timestamp() + 60}).encode(), KEY, "HS256"
    )
    good = read(signed, key=KEY, issuer=HUB, now=NOW)
    assert good is not None
    assert good.subject == subject


NESTED = "[" * 10_000 + "]" * 10_000


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "é.é.é",
        "\udc80.x.y",
        a_token()[:-2],
        jwt.encode({"sub": "user:ada", "exp": 9e9}, "another key " * 4, "HS256"),
        jwt.encode({"sub": "user:ada", "exp": 9e9}, KEY * 2, "HS512"),
        f"{segment({'alg': 'none'})}.{segment({'sub': 'user:ada', 'exp': 9e9})}.",
        a_token(exp="tomorrow"),
        a_token(exp=None),
        a_token(iss="https://other.example.org"),
        jwt.encode({"sub": "user:ada"}, KEY, "HS256"),
        f"{base64.urlsafe_b64encode(NESTED.encode()).decode()}.x.y",
        f"{segment({'alg': 'HS256', 'crit': [1]})}.{segment({})}.x",
    ],
    ids=range(15),
)
def test_what_we_did_not_sign_or_cannot_understand_says_nothing(token: str) -> None:
    assert read(token, key=KEY, issuer=HUB, now=NOW) is None


def test_a_name_follows_its_prefix() -> None:
    assert name_after("user:", "user:ada") == "ada"
    assert name_after("user:", "user:client:x") == "client:x"
    for subject in ("user:", "client:ada", "ada", None, 3):
        assert name_after("user:", subject) is None


def basic(text: str, charset: str = "utf-8") -> str:
    return "Basic " + base64.b64encode(text.encode(charset)).decode()


def test_basic_credentials_are_read() -> None:
    assert basic_credentials(basic("sys0pf75:a:b%+c")) == ("sys0pf75", "a:b%+c")
    assert basic_credentials(basic("ada:pässword", "latin-1")) == ("ada", "pässword")
    assert basic_credentials(basic("ada:pässword")) == ("ada", "pässword")
    assert basic_credentials(basic("ada:").replace("Basic", "bASIC ")) == ("ada", "")


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic user:pass", "Basic !!!!", "Bearer eHg=", basic("no colon"), "é"]
)
def test_any_other_header_is_as_good_as_none(header: str) -> None:
    assert basic_credentials(header) is None


def test_the_form_wins_over_the_header() -> None:
    header = basic("id:secret")
    for sent in (
        Credentials(grant_type="password", username="ada"),
        Credentials(grant_type="client_credentials", client_id="other"),
    ):
        assert with_basic(sent, header) == sent
    for grant_type in ("client_credentials", None):
        filled = with_basic(Credentials(grant_type=grant_type), header)
        assert (filled.client_id, filled.client_secret) == ("id", "secret")


def test_secrets_do_not_show_when_credentials_are_logged() -> None:
    shown = repr(Credentials(password="hunter2", client_secret="hunter3"))
    assert "hunter" not in shown


@pytest.mark.parametrize(
    ("lifetime", "expected"),
    [
        (timedelta(days=1), (1, 0, 0)),
        (timedelta(hours=25, minutes=61), (1, 2, 1)),
        (timedelta(minutes=5, seconds=59), (0, 0, 5)),
    ],
)
def test_a_lifetime_is_told_in_days_hours_and_minutes(
    lifetime: timedelta, expected: tuple[int, int, int]
) -> None:
    expires = TokenExpires.after(lifetime)
    assert (expires.days, expires.hours, expires.minutes) == expected
