"""Id tokens of a provider: what is accepted, and every way in which one is not."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from pydantic import SecretStr

from nmdc_runtime.clients.oidc import (
    CodeRefused,
    Identity,
    IdTokenRefused,
    OidcClient,
    ProviderUnavailable,
)
from nmdc_runtime.clients.oidc_keys import PINNED, ProviderKeys
from nmdc_runtime.login.orcid_rules import challenge
from tests.support.oidc_provider import ADA, OidcProvider, SigningKey, running_provider
from tests.support.servers import free_port

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
BACK = "https://hub.example.org/orcid_code"
FOREIGN = SigningKey()


class Counter:
    """A clock that only counts, set by the test."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    with running_provider() as running:
        running.now = NOW.timestamp()
        yield running


@pytest.fixture
def counter() -> Counter:
    return Counter()


def client_of(issuer: str, counter: Counter, client_id: str = OidcProvider.client_id) -> OidcClient:
    return OidcClient(
        issuer=issuer,
        client_id=client_id,
        client_secret=SecretStr(OidcProvider.client_secret),
        clock=lambda: NOW,
        keys=ProviderKeys(issuer, ask_again_after=timedelta(seconds=30), seconds=counter),
    )


@pytest.fixture
def client(provider: OidcProvider, counter: Counter) -> OidcClient:
    return client_of(provider.issuer, counter)


def is_accepted(client: OidcClient, token: str) -> bool:
    try:
        client.verify(token)
    except IdTokenRefused:
        return False
    return True


def test_an_id_token_says_who_somebody_is(provider: OidcProvider, client: OidcClient) -> None:
    assert client.verify(provider.id_token(name="Ada")) == Identity(subject=ADA, name="Ada")


@pytest.mark.parametrize(
    ("claims", "is_good"),
    [
        ({"exp": NOW.timestamp() - 29}, True),
        ({"exp": NOW.timestamp() - 31}, False),
        ({"exp": (NOW - timedelta(days=90)).timestamp()}, False),
        ({"exp": None}, False),
        ({"exp": "tomorrow"}, False),
        ({"exp": float("nan")}, False),
        ({"exp": 10**400}, True),
        ({"iat": NOW.timestamp() + 29}, True),
        ({"iat": NOW.timestamp() + 31}, False),
        ({"iat": None}, False),
        ({"iss": "https://orcid.org"}, False),
        ({"iss": None}, False),
        ({"aud": "APP-OTHER"}, False),
        ({"aud": None}, False),
        ({"aud": ["APP-NMDC"]}, True),
        ({"aud": ["APP-NMDC", "APP-OTHER"]}, False),
        ({"aud": ["APP-NMDC", "APP-OTHER"], "azp": "APP-NMDC"}, True),
        ({"azp": "APP-OTHER"}, False),
        ({"aud": []}, False),
        ({"sub": None}, False),
        ({"sub": ""}, False),
    ],
)
def test_every_claim_is_checked(
    provider: OidcProvider, client: OidcClient, claims: dict[str, Any], is_good: bool
) -> None:
    assert is_accepted(client, provider.id_token(**claims)) is is_good


def test_only_the_providers_own_rs256_signatures_count(
    provider: OidcProvider, client: OidcClient
) -> None:
    good = provider.id_token()
    content = jwt.decode(good, options={"verify_signature": False})
    own = provider.keys[0]
    headers = {"kid": own.key_id}
    public = own.public()["n"]
    forged = [
        "",
        "x",
        "a.b.c",
        good[:-4],
        good.rsplit(".", 1)[0] + ".",
        provider.id_token(key=FOREIGN),  # a key that the provider does not publish
        jwt.encode(content, FOREIGN.private, "RS256", headers=headers),  # under its key's name
        jwt.encode(content, own.private, "RS512", headers=headers),
        jwt.encode(content, own.private, "PS256", headers=headers),
        jwt.encode(content, own.private, "RS256"),  # names no key
        jwt.encode(content, None, "none", headers=headers),
        jwt.encode(content, public, "HS256", headers=headers),  # the public key as a secret
    ]
    assert is_accepted(client, good)
    assert [is_accepted(client, token) for token in forged] == [False] * len(forged)


def test_a_hub_that_is_no_client_accepts_nothing(provider: OidcProvider, counter: Counter) -> None:
    client = client_of(provider.issuer, counter, client_id="")
    assert not client.is_set_up
    assert not is_accepted(client, provider.id_token(aud=""))


def test_a_nonce_must_be_that_of_the_login(provider: OidcProvider, client: OidcClient) -> None:
    token = provider.id_token(nonce="n1")
    assert client.verify(token, nonce="n1").subject == ADA
    for other, nonce in ((token, "n2"), (provider.id_token(), "n1")):
        with pytest.raises(IdTokenRefused, match="another login"):
            client.verify(other, nonce=nonce)


def test_keys_are_fetched_once_and_again_when_the_provider_changes_them(
    provider: OidcProvider, client: OidcClient, counter: Counter
) -> None:
    old = provider.keys[0]
    for _ in range(3):
        assert is_accepted(client, provider.id_token())
    assert provider.requests.count("/oauth/jwks") == 1

    provider.rotate()
    counter.now = 30.0
    assert is_accepted(client, provider.id_token())
    assert not is_accepted(client, provider.id_token(key=old))
    assert provider.requests.count("/oauth/jwks") == 2


def test_forged_tokens_cannot_make_the_hub_ask_all_the_time(
    provider: OidcProvider, client: OidcClient, counter: Counter
) -> None:
    for _ in range(5):
        assert not is_accepted(client, provider.id_token(key=FOREIGN))
    assert provider.requests.count("/oauth/jwks") == 1
    counter.now = 31.0
    assert not is_accepted(client, provider.id_token(key=FOREIGN))
    assert provider.requests.count("/oauth/jwks") == 2


def test_keys_are_fetched_again_after_an_hour(
    provider: OidcProvider, client: OidcClient, counter: Counter
) -> None:
    assert is_accepted(client, provider.id_token())
    withdrawn = provider.keys[0]
    provider.rotate()
    counter.now = 3_599.0
    assert is_accepted(client, provider.id_token(key=withdrawn))
    counter.now = 3_600.0
    assert not is_accepted(client, provider.id_token(key=withdrawn))


def test_what_the_provider_said_stays_good_while_it_does_not_answer(
    provider: OidcProvider, client: OidcClient, counter: Counter
) -> None:
    provider.trouble.add("no keys")
    assert not is_accepted(client, provider.id_token())
    provider.trouble.clear()
    counter.now = 30.0
    assert is_accepted(client, provider.id_token())
    provider.trouble.add("no keys")
    counter.now = 7_200.0
    assert is_accepted(client, provider.id_token())


def test_who_logs_in_while_the_keys_are_fetched_waits_for_them(
    provider: OidcProvider, client: OidcClient
) -> None:
    provider.trouble.add("slow keys")
    results: list[bool] = []
    token = provider.id_token()
    threads = [
        threading.Thread(target=lambda: results.append(is_accepted(client, token)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 8
    assert provider.requests.count("/oauth/jwks") == 1


def test_keys_that_cannot_have_signed_are_passed_over(
    provider: OidcProvider, client: OidcClient
) -> None:
    weak, for_encryption = SigningKey(bits=1024), SigningKey()
    good = provider.keys[0].public()
    listed: list[Any] = [
        weak.public(),
        for_encryption.public() | {"use": "enc"},
        {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"},
        "junk",
        good,
    ]
    provider.key_set = lambda: (200, {"keys": listed})  # type: ignore[method-assign]

    assert is_accepted(client, provider.id_token())
    assert not is_accepted(client, provider.id_token(key=for_encryption))


@pytest.mark.parametrize("answer", [[], {"keys": 5}, {}, "<html>", {"keys": [{"kty": "RSA"}]}])
def test_a_key_set_that_is_none_gives_no_keys(
    provider: OidcProvider, client: OidcClient, answer: Any
) -> None:
    provider.key_set = lambda: (200, answer)  # type: ignore[method-assign]
    assert not is_accepted(client, provider.id_token())


@pytest.mark.parametrize("issuer", PINNED)
def test_orcids_own_keys_are_known_before_they_are_fetched(
    issuer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("https_proxy", nobody)  # so that ORCID cannot be reached from here
    monkeypatch.delenv("no_proxy", raising=False)
    key = ProviderKeys(issuer, ask_again_after=timedelta(seconds=30)).find(PINNED[issuer]["kid"])
    assert key is not None
    assert key.key_size == 2048


def test_pinned_keys_are_those_of_their_own_provider_only() -> None:
    keys = ProviderKeys(f"http://127.0.0.1:{free_port()}", ask_again_after=timedelta(seconds=30))
    assert [keys.find(pinned["kid"]) for pinned in PINNED.values()] == [None, None]


def log_in(provider: OidcProvider, client: OidcClient, *, verifier: str, nonce: str) -> str:
    url = client.authorize_url(
        redirect_uri=BACK, state="s&=1", nonce=nonce, code_challenge=challenge(verifier)
    )
    answer = requests.get(url, allow_redirects=False, timeout=10)
    assert answer.status_code == 302
    sent = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert sent["state"] == ["s&=1"]
    return sent["code"][0]


def test_a_code_is_exchanged_for_who_somebody_is_once(
    provider: OidcProvider, client: OidcClient
) -> None:
    proofs = {"redirect_uri": BACK, "code_verifier": "v" * 43, "nonce": "n1"}
    code = log_in(provider, client, verifier="v" * 43, nonce="n1")
    assert client.exchange(code, **proofs) == Identity(subject=ADA, name="Ada Łovelace")
    with pytest.raises(CodeRefused):
        client.exchange(code, **proofs)


def test_a_code_is_of_no_use_without_the_verifier_and_nonce_of_its_login(
    provider: OidcProvider, client: OidcClient
) -> None:
    code = log_in(provider, client, verifier="v" * 43, nonce="n1")
    with pytest.raises(CodeRefused):
        client.exchange(code, redirect_uri=BACK, code_verifier="w" * 43, nonce="n1")
    code = log_in(provider, client, verifier="v" * 43, nonce="n1")
    with pytest.raises(IdTokenRefused):
        client.exchange(code, redirect_uri=BACK, code_verifier="v" * 43, nonce="n2")


@pytest.mark.parametrize("trouble", ["fail", "nonsense", "no id token"])
def test_a_provider_that_fails_is_unavailable(
    provider: OidcProvider, client: OidcClient, trouble: str
) -> None:
    code = log_in(provider, client, verifier="v" * 43, nonce="n1")
    provider.trouble.add(trouble)
    with pytest.raises(ProviderUnavailable):
        client.exchange(code, redirect_uri=BACK, code_verifier="v" * 43, nonce="n1")


def test_a_provider_that_is_not_there_is_unavailable(counter: Counter) -> None:
    client = client_of(f"http://127.0.0.1:{free_port()}", counter)
    with pytest.raises(ProviderUnavailable):
        client.exchange("c", redirect_uri=BACK, code_verifier="v" * 43, nonce="n1")
