"""Logging in with ORCID from a browser: the way there and back, and every way to fall off it."""

from collections.abc import Iterator
from datetime import timedelta
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from pymongo.database import Database
from starlette.testclient import TestClient

from nmdc_runtime.config import Settings
from nmdc_runtime.config.sections import LoginSettings
from nmdc_runtime.mongo.documents import Document
from tests.support.oidc_provider import ADA, OidcProvider, running_provider, with_orcid
from tests.support.servers import free_port

COOKIES = {"user_orcid", "user_name", "user_id_token"}


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    with running_provider() as running:
        yield running


@pytest.fixture
def settings(settings: Settings, provider: OidcProvider) -> Settings:
    return with_orcid(settings, provider)


def begin(hub: TestClient, **query: str) -> str:
    """Return the address of the provider's page."""
    answer = hub.get("/orcid_login", params=query, follow_redirects=False)
    assert answer.status_code == 307, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return str(answer.headers["Location"])


def agree(url: str) -> str:
    """Log in at the provider and return the path with which the browser comes back."""
    answer = requests.get(url, allow_redirects=False, timeout=10)
    assert answer.status_code == 302
    parts = urlsplit(answer.headers["Location"])
    assert (parts.netloc, parts.path) == ("testserver", "/orcid_code")
    return f"{parts.path}?{parts.query}"


def come_back(hub: TestClient, path: str):
    return hub.get(path, follow_redirects=False)


def log_in(hub: TestClient, **query: str):
    return come_back(hub, agree(begin(hub, **query)))


def cookies_of(answer) -> dict[str, SimpleCookie]:
    found = {}
    for header in answer.headers.get_list("Set-Cookie"):
        cookie = SimpleCookie(header)
        found |= {name: cookie[name] for name in cookie}
    return found


def session_exchange(hub: TestClient, session: str):
    return hub.post("/token", data={"grant_type": "client_credentials", "client_id": session})


def test_the_browser_is_sent_to_the_provider_with_state_nonce_and_challenge(
    hub: TestClient, provider: OidcProvider
) -> None:
    answer = hub.get("/orcid_login", follow_redirects=False)
    parts = urlsplit(answer.headers["Location"])
    sent = {name: values[0] for name, values in parse_qs(parts.query).items()}

    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{provider.issuer}/oauth/authorize"
    assert sent["client_id"] == provider.client_id
    assert sent["redirect_uri"] == "http://testserver/orcid_code"
    assert sent["code_challenge_method"] == "S256"
    assert len(sent["nonce"]) == 64
    (cookie,) = cookies_of(answer).values()
    assert cookie["httponly"]
    assert cookie["samesite"] == "lax"
    assert cookie["max-age"] == "600"
    assert cookie.value not in parts.query


def test_a_login_ends_with_the_published_cookies(
    hub: TestClient, database: Database[Document]
) -> None:
    answer = log_in(hub)

    assert answer.status_code == 307
    assert answer.headers["Location"] == "http://testserver/docs"
    cookies = cookies_of(answer)
    assert {name for name in cookies if cookies[name].value} == COOKIES
    for name in COOKIES:
        assert cookies[name]["max-age"] == "2592000"
        assert cookies[name]["httponly"]
        assert cookies[name]["samesite"] == "lax"
        assert cookies[name]["path"] == "/"
        assert not cookies[name]["secure"]  # the hub's own address is http here
    assert cookies["user_orcid"].value == ADA
    assert cookies["user_name"].value == "Ada %C5%81ovelace"
    user = database["users"].find_one({"username": ADA}, {"_id": 0})
    assert user is not None
    assert set(user) == {"username", "hashed_password"}


def test_the_session_is_none_of_the_providers_tokens_and_no_access_token(hub: TestClient) -> None:
    session = cookies_of(log_in(hub))["user_id_token"].value

    claims = jwt.decode(session, options={"verify_signature": False})
    assert claims["iss"] == "http://testserver"
    assert claims["sub"] == f"session:{ADA}"
    assert claims["exp"] - claims["iat"] == 2_592_000
    refused = hub.get("/users/me", headers={"Authorization": f"Bearer {session}"})
    assert refused.status_code == 401


def test_the_session_is_exchanged_for_an_access_token(hub: TestClient) -> None:
    log_in(hub)

    session = hub.get("/orcid_jwt")
    assert session.status_code == 200
    assert session.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert session.headers["Cache-Control"] == "no-store"
    token = session_exchange(hub, session.text).raise_for_status().json()
    assert token["expires"] == {"days": 1, "hours": 0, "minutes": 0}
    me = hub.get("/users/me", headers={"Authorization": f"Bearer {token['access_token']}"})
    assert me.json()["username"] == ADA


def test_who_is_not_logged_in_is_told_so(hub: TestClient) -> None:
    answer = hub.get("/orcid_jwt")
    assert answer.status_code == 200
    assert answer.text == "No ORCiD cookie found. Did you log in?"
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("wish", "target"),
    [
        ("/redoc", "http://testserver/redoc"),
        ("https://data.microbiomedata.org/a?b=c", "https://data.microbiomedata.org/a?b=c"),
    ],
)
def test_a_login_ends_where_it_was_wished_to(hub: TestClient, wish: str, target: str) -> None:
    assert log_in(hub, next=wish).headers["Location"] == target


def test_a_login_cannot_be_made_to_end_elsewhere(hub: TestClient) -> None:
    for wish in ("https://evil.example", "//evil.example", "http://data.microbiomedata.org"):
        answer = hub.get("/orcid_login", params={"next": wish}, follow_redirects=False)
        assert (answer.status_code, answer.json()["code"]) == (400, "redirect_refused")


class TestAttacks:
    """What D-4 and D-5 tell of, played."""

    def test_the_state_is_no_open_redirect(self, hub: TestClient, provider: OidcProvider) -> None:
        good = parse_qs(urlsplit(agree(begin(hub))).query)
        for state in ("https://evil.example", "/docs", "", "a.b.c"):
            answer = hub.get(
                "/orcid_code",
                params={"code": good["code"][0], "state": state},
                follow_redirects=False,
            )
            assert (answer.status_code, answer.json()["code"]) == (400, "state_refused"), state
            assert "Location" not in answer.headers
            assert not cookies_of(answer)
        assert "/oauth/token" not in provider.requests

    def test_nobody_can_be_logged_in_as_somebody_else_by_a_link(
        self, hub: TestClient, settings: Settings
    ) -> None:
        link = agree(begin(hub))  # the attacker's own login, up to the last step
        hub.cookies.clear()  # the victim's browser
        answer = come_back(hub, link)
        assert (answer.status_code, answer.json()["code"]) == (400, "state_refused")
        begin(hub)  # also while the victim logs in
        assert come_back(hub, link).status_code == 400

    def test_a_state_signed_for_something_else_is_none(self, hub: TestClient) -> None:
        form = {"grant_type": "password", "username": "admin", "password": "admin-password"}
        token = hub.post("/token", data=form).json()["access_token"]
        log_in(hub)
        for state in (token, hub.get("/orcid_jwt").text):
            answer = hub.get("/orcid_code", params={"code": "x", "state": state})
            assert answer.status_code == 400

    def test_a_login_is_good_once(self, hub: TestClient) -> None:
        binder = begin(hub)
        kept = hub.cookies.get("orcid_login")
        path = agree(binder)
        assert come_back(hub, path).status_code == 307
        assert hub.cookies.get("orcid_login") is None
        hub.cookies.set("orcid_login", kept)
        assert come_back(hub, path).status_code == 401

    def test_an_id_token_of_another_login_is_refused(
        self, hub: TestClient, provider: OidcProvider
    ) -> None:
        provider.trouble.add("forget nonce")
        answer = log_in(hub)
        assert answer.status_code == 401
        assert answer.json()["detail"] == "Could not validate credentials"

    def test_a_provider_cannot_name_a_user_who_has_a_password(
        self, hub: TestClient, provider: OidcProvider
    ) -> None:
        provider.subject = "admin"
        assert log_in(hub).status_code == 401
        assert session_exchange(hub, provider.id_token()).status_code == 401

    def test_a_name_cannot_break_out_of_its_cookie_or_the_page(
        self, hub: TestClient, provider: OidcProvider
    ) -> None:
        provider.name = '<script>alert(1)</script>; user_id_token=x\r\nX: y "'
        assert log_in(hub).status_code == 307
        page = hub.get("/docs").text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_the_provider_says_no(hub: TestClient, provider: OidcProvider) -> None:
    provider.trouble.add("deny")
    answer = log_in(hub)
    assert answer.status_code == 401
    assert answer.json()["reason"] == "access_denied"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not cookies_of(answer)


@pytest.mark.parametrize(
    ("trouble", "status"),
    [("fail", 503), ("nonsense", 503), ("no id token", 503), ("no keys", 401)],
)
def test_a_provider_that_fails_is_a_problem_and_no_crash(
    hub: TestClient, provider: OidcProvider, trouble: str, status: int
) -> None:
    provider.trouble.add(trouble)
    answer = log_in(hub)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_code_that_the_provider_does_not_know_is_refused(hub: TestClient) -> None:
    state = parse_qs(urlsplit(begin(hub)).query)["state"][0]
    answer = hub.get("/orcid_code", params={"code": "a&b=c", "state": state})
    assert (answer.status_code, answer.json()["code"]) == (401, "code_refused")


def test_a_return_without_code_is_malformed(hub: TestClient) -> None:
    answer = hub.get("/orcid_code")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", "code"]
    assert "/orcid_code" not in hub.get("/openapi.json").json()["paths"]


def test_a_disabled_user_cannot_log_in(hub: TestClient, database: Database[Document]) -> None:
    database["users"].insert_one({"username": ADA, "disabled": True})
    answer = log_in(hub)
    assert answer.status_code == 401
    assert answer.json()["detail"] == "Could not validate credentials"
    assert not cookies_of(answer)


class TestBehindHttps:
    """Where the hub's address is https, cookies travel only encrypted."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"api_host_external": "https://testserver"})

    def test_cookies_are_secure(self, hub: TestClient) -> None:
        hub.base_url = "https://testserver"
        started = hub.get("/orcid_login", follow_redirects=False)
        cookies = cookies_of(started) | cookies_of(come_back(hub, agree(begin(hub))))
        assert set(cookies) == {"orcid_login", *COOKIES}
        assert all(cookie["secure"] for cookie in cookies.values())


class TestKnownUsersOnly:
    """A setting keeps strangers out."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        login = LoginSettings(
            directory=False, orcid_creates_users=False, session_lifetime=timedelta(hours=1)
        )
        return settings.model_copy(update={"login": login})

    def test_who_is_no_user_cannot_log_in(
        self, hub: TestClient, database: Database[Document]
    ) -> None:
        assert log_in(hub).status_code == 401
        assert database["users"].find_one({"username": ADA}) is None
        database["users"].insert_one({"username": ADA})
        session = cookies_of(log_in(hub))["user_id_token"].value
        claims = jwt.decode(session, options={"verify_signature": False})
        assert claims["exp"] - claims["iat"] == 3_600


class TestNotSetUp:
    """A hub without a client id, or with that of the example file, offers no login."""

    @pytest.fixture(params=["", "replaceme"])
    def settings(self, settings: Settings, request: pytest.FixtureRequest) -> Settings:
        return settings.model_copy(
            update={
                "orcid_nmdc_client_id": request.param,
                "orcid_base_url": f"http://127.0.0.1:{free_port()}",
            }
        )

    def test_there_is_no_login(self, hub: TestClient) -> None:
        assert hub.get("/orcid_login").status_code == 404
        assert hub.get("/orcid_code", params={"code": "x", "state": "y"}).status_code == 404
        assert "/orcid_login" not in hub.get("/docs").text
        assert session_exchange(hub, "a.b.c").status_code == 401
