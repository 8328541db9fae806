"""An OpenID Connect provider on loopback, small but real: codes, PKCE, id tokens, changing keys."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from nmdc_runtime.config import Settings

ADA = "0000-0002-1825-0097"


@dataclass(frozen=True)
class Grant:
    """What a code was given for."""

    redirect_uri: str
    challenge: str
    nonce: str


@dataclass
class SigningKey:
    """A key of the provider, with the id under which it is published."""

    bits: int = 2048
    key_id: str = field(default_factory=lambda: f"key-{uuid4().hex[:8]}")
    private: rsa.RSAPrivateKey = field(init=False)

    def __post_init__(self) -> None:
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=self.bits)

    def public(self) -> dict[str, Any]:
        """Return the key as it is published."""
        found = jwt.algorithms.RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {"kty": "RSA", "use": "sig", "kid": self.key_id, "n": found["n"], "e": found["e"]}


class OidcProvider:
    """Who logs in is set by the test: there is no page to fill in.

    Parameters
    ----------
    issuer
        Its base URL.
    """

    client_id, client_secret = "APP-NMDC", "client-secret"

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.keys = [SigningKey()]
        self.subject, self.name = ADA, "Ada Łovelace"
        #: The moment at which it issues id tokens, in s since 1970; None: the time of day.
        self.now: float | None = None
        #: Set by tests: what goes wrong. `deny`: the person says no; `fail`: status 500;
        #: `nonsense`: no JSON; `no id token`; `slow keys`; `no keys`: status 500 of the key set;
        #: `forget nonce`.
        self.trouble: set[str] = set()
        self.grants: dict[str, Grant] = {}
        self.requests: list[str] = []

    def rotate(self) -> SigningKey:
        """Sign with a new key from now on, and publish only that."""
        self.keys = [SigningKey()]
        return self.keys[0]

    def id_token(self, *, key: SigningKey | None = None, **changes: Any) -> str:
        """Return a signed id token; None leaves a claim out."""
        signer = key or self.keys[0]
        now = int(time.time() if self.now is None else self.now)
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": self.subject,
            "iat": now,
            "exp": now + 600,
            "jti": uuid4().hex,
            **changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, signer.private, "RS256", headers={"kid": signer.key_id})

    def authorize(self, asked: dict[str, str]) -> tuple[int, dict[str, str]]:
        """Send the browser back with a code, as if the person had logged in and agreed."""
        expected = {"client_id": self.client_id, "response_type": "code", "scope": "openid"}
        expected["code_challenge_method"] = "S256"
        if not expected.items() <= asked.items() or not asked.get("redirect_uri"):
            return 400, {}
        if "deny" in self.trouble:
            answer = {"error": "access_denied"}
        else:
            code = uuid4().hex[:6]
            challenge, nonce = asked.get("code_challenge", ""), asked.get("nonce", "")
            self.grants[code] = Grant(asked["redirect_uri"], challenge, nonce)
            answer = {"code": code}
        answer["state"] = asked.get("state", "")
        return 302, {"Location": f"{asked['redirect_uri']}?{urlencode(answer)}"}

    def token(self, asked: dict[str, str]) -> tuple[int, Any]:
        """Exchange a code, once, for an id token."""
        if "fail" in self.trouble:
            return 500, {"error": "server_error"}
        if "nonsense" in self.trouble:
            return 200, "<html>"
        client = (asked.get("client_id"), asked.get("client_secret"))
        if client != (self.client_id, self.client_secret):
            return 401, {"error": "invalid_client"}
        grant = self.grants.pop(asked.get("code", ""), None)
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if grant is None or (grant.challenge, grant.redirect_uri) != (
            proof,
            asked.get("redirect_uri"),
        ):
            return 400, {"error": "invalid_grant"}
        nonce = None if "forget nonce" in self.trouble else grant.nonce
        answer = {"access_token": uuid4().hex, "token_type": "bearer", "name": self.name}
        answer["orcid"] = self.subject
        if "no id token" not in self.trouble:
            answer["id_token"] = self.id_token(nonce=nonce)
        return 200, answer

    def key_set(self) -> tuple[int, Any]:
        """Return the keys as they are published."""
        if "slow keys" in self.trouble:
            time.sleep(0.3)
        if "no keys" in self.trouble:
            return 500, {}
        return 200, {"keys": [key.public() for key in self.keys]}


class _Handler(BaseHTTPRequestHandler):
    provider: OidcProvider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.provider.requests.append(parts.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/oauth/authorize":
            status, headers = self.provider.authorize(asked)
            self._send(status, {}, headers)
        elif parts.path == "/oauth/jwks":
            self._send(*self.provider.key_set())
        else:
            self._send(404, {})

    def do_POST(self) -> None:
        self.provider.requests.append(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        is_form = self.headers.get("Content-Type") == "application/x-www-form-urlencoded"
        if self.path != "/oauth/token" or not is_form:
            self._send(404, {})
            return
        asked = {name: values[0] for name, values in parse_qs(body).items()}
        self._send(*self.provider.token(asked))

    def _send(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        text = content if isinstance(content, str) else json.dumps(content)
        payload = text.encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def running_provider() -> Iterator[OidcProvider]:
    """Yield a provider that serves."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    provider = OidcProvider(f"http://127.0.0.1:{server.server_address[1]}")
    handler.provider = provider  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def with_orcid(settings: Settings, provider: OidcProvider, **changes: Any) -> Settings:
    """Return settings of a hub that is a client of the provider."""
    return settings.model_copy(
        update={
            "orcid_base_url": provider.issuer,
            "orcid_nmdc_client_id": provider.client_id,
            "orcid_nmdc_client_secret": SecretStr(provider.client_secret),
            **changes,
        }
    )
