"""Every answer that the contract publishes for a token, in its order."""

from datetime import datetime, timedelta
from typing import Any

import jwt
import pytest
from pymongo.database import Database

from nmdc_runtime.login.errors import UserInactive
from nmdc_runtime.login.models import Credentials
from nmdc_runtime.login.service import LoginService
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.web.auth import Caller, Unauthenticated
from nmdc_runtime.web.secrets import SecretHasher
from nmdc_runtime.wiring import Services

KEY = "0123456789abcdef" * 4
MISSING = "Access token is invalid or missing. Please log in again."
INVALIDATED = "Access token has been invalidated. Please log in again."
EXPIRED = "Access token has expired. Please log in again."
INVALID = "Access token is invalid. Please log in again."
NOT_OF_SITE = "Access token is invalid. Please log in as a site client."


@pytest.fixture
def login(services: Services, database: Database[Document]) -> LoginService:
    secrets = SecretHasher()
    database["users"].insert_one(
        {
            "username": "ada",
            "hashed_password": secrets.hash("pass"),
            "site_admin": ["NERSC"],
        }
    )
    database["users"].insert_one({"username": "off", "disabled": True})
    database["sites"].insert_one(
        {"id": "NERSC", "clients": [{"id": "sys0pf75", "hashed_secret": secrets.hash("s")}]}
    )
    return services.login


def token_of(login: LoginService, subject: str) -> str:
    return login.issue(subject).access_token


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def signed(now: datetime, **claims: Any) -> str:
    content = {"exp": (now + timedelta(hours=1)).timestamp()} | claims
    return jwt.encode(content, KEY, "HS256")


def refusal(login: LoginService, token: str | None, *, of_site: bool = False) -> str:
    with pytest.raises(Unauthenticated) as refused:
        (login.authenticate_site if of_site else login.authenticate)(token)
    assert refused.value.headers == {"WWW-Authenticate": "Bearer"}
    return str(refused.value)


def test_a_token_brings_back_who_it_was_issued_for(login: LoginService, now: datetime) -> None:
    user = login.log_in(Credentials(grant_type="password", username="ada", password="pass"))
    caller = login.authenticate(user.access_token)
    assert caller == Caller(
        username="ada",
        site_admin=("NERSC",),
        expires_at=now + timedelta(days=1),
        token_id=claims_of(user.access_token)["jti"],
    )

    client = login.log_in(Credentials(client_id="sys0pf75", client_secret="s")).access_token
    expected = Caller(
        username="sys0pf75",
        site_id="NERSC",
        expires_at=now + timedelta(days=1),
        token_id=claims_of(client)["jti"],
    )
    assert login.authenticate(client) == login.authenticate_site(client) == expected


def test_no_two_tokens_are_alike(login: LoginService) -> None:
    assert token_of(login, "user:ada") != token_of(login, "user:ada")


@pytest.mark.parametrize("of_site", [False, True])
def test_tokens_that_prove_nothing_are_refused_alike_for_users_and_sites(
    login: LoginService, now: datetime, of_site: bool
) -> None:
    subject = "client:sys0pf75" if of_site else "user:ada"
    gone = (now - timedelta(seconds=1)).timestamp()
    foreign = jwt.encode({"sub": subject, "exp": 9e9}, "x" * 64, "HS256")

    assert refusal(login, None, of_site=of_site) == MISSING
    assert refusal(login, "", of_site=of_site) == INVALID
    assert refusal(login, "junk", of_site=of_site) == INVALID
    assert refusal(login, foreign, of_site=of_site) == INVALID
    assert refusal(login, signed(now), of_site=of_site) == INVALID  # no subject
    assert refusal(login, signed(now, sub=subject, exp=gone), of_site=of_site) == EXPIRED


@pytest.mark.parametrize(
    ("subject", "as_user", "as_site"),
    [
        ("ada", INVALID, NOT_OF_SITE),
        ("user:", INVALID, NOT_OF_SITE),
        ("client:", INVALID, NOT_OF_SITE),
        ("user:nobody", INVALID, NOT_OF_SITE),
        ("client:nobody", "Could not validate credentials", NOT_OF_SITE),
    ],
)
def test_tokens_that_name_nobody_are_refused(
    login: LoginService, now: datetime, subject: str, as_user: str, as_site: str
) -> None:
    token = signed(now, sub=subject)
    assert refusal(login, token) == as_user
    assert refusal(login, token, of_site=True) == as_site


def test_the_token_of_a_user_is_none_of_a_site(login: LoginService) -> None:
    assert refusal(login, token_of(login, "user:ada"), of_site=True) == NOT_OF_SITE


def test_a_withdrawn_token_is_refused_by_its_text_even_if_it_is_no_token(
    login: LoginService, database: Database[Document], now: datetime
) -> None:
    expired = signed(now, sub="user:ada", exp=0)
    for text in (token_of(login, "user:ada"), expired, "junk"):
        database["invalidated_tokens"].insert_one({"_id": text})
        assert refusal(login, text) == INVALIDATED
        assert refusal(login, text, of_site=True) == INVALIDATED


def test_a_withdrawn_token_is_refused_by_its_id(
    login: LoginService, database: Database[Document]
) -> None:
    token, other = token_of(login, "user:ada"), token_of(login, "user:ada")
    database["invalidated_tokens"].insert_one({"_id": claims_of(token)["jti"]})
    assert refusal(login, token) == INVALIDATED
    assert login.authenticate(other).username == "ada"


def test_a_foreign_token_cannot_make_the_database_stumble(login: LoginService) -> None:
    hostile = jwt.encode({"sub": "user:ada", "exp": 9e9, "jti": "\ud800"}, "x" * 64, "HS256")
    assert refusal(login, hostile) == INVALID


def test_a_disabled_user_is_told_so(login: LoginService) -> None:
    with pytest.raises(UserInactive, match=r"^Inactive user$") as refused:
        login.authenticate(token_of(login, "user:off"))
    assert refused.value.status == 400


def test_the_token_of_a_client_that_was_removed_is_refused(
    login: LoginService, database: Database[Document]
) -> None:
    token = token_of(login, "client:sys0pf75")
    database["sites"].update_one({"id": "NERSC"}, {"$set": {"clients": []}})
    assert refusal(login, token) == "Could not validate credentials"
    assert refusal(login, token, of_site=True) == NOT_OF_SITE


def test_a_withdrawn_token_is_forgotten_when_it_would_have_expired(
    login: LoginService, database: Database[Document]
) -> None:
    facts = database["invalidated_tokens"].index_information()["expires_at_1"]
    assert facts["expireAfterSeconds"] == 0
