"""An OpenID Connect provider (ORCID): where to log in, codes for tokens, id tokens checked."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Final, Protocol
from urllib.parse import urlencode

import jwt
import requests
from pydantic import SecretStr

from nmdc_runtime.clients.oidc_keys import ALGORITHM, ProviderKeys
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.kernel.errors import ErrorKind, NmdcError

logger = logging.getLogger(__name__)

EXCHANGE_TIMEOUT_S: Final = (3.0, 10.0)  # to connect, to answer
#: How far the provider's clock may be from ours.
LEEWAY: Final = timedelta(seconds=30)


class ProviderUnavailable(NmdcError):
    """The login provider does not answer, or not with what the standard asks of it."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    title: ClassVar[str] = "Login provider unavailable"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "10"}


class CodeRefused(NmdcError):
    """The login provider does not accept the code of a login."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAUTHENTICATED
    title: ClassVar[str] = "Login not accepted by the provider"


class IdTokenRefused(NmdcError):
    """An id token proves nothing; the message tells why, and is for the log."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAUTHENTICATED
    title: ClassVar[str] = "Id token not accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who logged in at the provider."""

    subject: str
    name: str | None = None


class IdentityProvider(Protocol):
    """Logs people in and says who they are."""

    @property
    def is_set_up(self) -> bool:
        """Whether this hub is a client of the provider."""
        ...

    def authorize_url(
        self, *, redirect_uri: str, state: str, nonce: str, code_challenge: str
    ) -> str:
        """Return the address at which a person logs in and comes back with a code."""
        ...

    def exchange(self, code: str, *, redirect_uri: str, code_verifier: str, nonce: str) -> Identity:
        """Return who a code stands for.

        Raise `CodeRefused`, `IdTokenRefused`, or `ProviderUnavailable`.
        """
        ...

    def verify(self, id_token: str, *, nonce: str | None = None) -> Identity:
        """Return whom an id token names, or raise `IdTokenRefused`."""
        ...


class OidcClient:
    """One client at one provider; safe to share between threads.

    Parameters
    ----------
    issuer
        The provider's base URL, and what its id tokens must say in ``iss``.
    client_id, client_secret
        This hub's registration; without an id nobody can log in.
    clock
        Decides whether an id token has expired.
    keys
        The provider's public keys.
    """

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        client_secret: SecretStr,
        clock: Clock,
        keys: ProviderKeys,
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._keys = keys

    @property
    def is_set_up(self) -> bool:
        """Whether this hub is a client of the provider."""
        return bool(self._client_id)

    def authorize_url(
        self, *, redirect_uri: str, state: str, nonce: str, code_challenge: str
    ) -> str:
        """Return the address at which a person logs in and comes back with a code."""
        query = urlencode(
            {
                "client_id": self._client_id,
                "response_type": "code",
                "scope": "openid",
                "redirect_uri": redirect_uri,
                "state": state,
                "nonce": nonce,
                "code_challenge": code_challenge,
                "code_challenge_method": "S256",
            }
        )
        return f"{self._issuer}/oauth/authorize?{query}"

    def exchange(self, code: str, *, redirect_uri: str, code_verifier: str, nonce: str) -> Identity:
        """Return who a code stands for; the id token of the answer decides, nothing beside it."""
        try:
            response = requests.post(
                f"{self._issuer}/oauth/token",
                data={
                    "client_id": self._client_id,
                    "client_secret": self._client_secret.get_secret_value(),
                    "grant_type": "authorization_code",
                    "code": code,
                    "redirect_uri": redirect_uri,
                    "code_verifier": code_verifier,
                },
                headers={"Accept": "application/json"},
                timeout=EXCHANGE_TIMEOUT_S,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            logger.warning("login provider unreachable", extra={"reason": type(error).__name__})
            raise ProviderUnavailable("The login provider does not answer. Try again.") from error
        if 400 <= response.status_code < 500:  # noqa: PLR2004 (mistakes of the client)
            logger.info("login code refused", extra={"status": response.status_code})
            raise CodeRefused(
                "The login provider does not accept this login, or no longer: log in again."
            )
        answer = _object_of(response)
        id_token, name = answer.get("id_token"), answer.get("name")
        if not isinstance(id_token, str):
            logger.warning("login provider failed", extra={"status": response.status_code})
            raise ProviderUnavailable("The login provider failed. Try again.")
        identity = self.verify(id_token, nonce=nonce)
        return Identity(
            subject=identity.subject, name=name if isinstance(name, str) else identity.name
        )

    def verify(self, id_token: str, *, nonce: str | None = None) -> Identity:
        """Return whom an id token names, after every check that OpenID Connect asks for."""
        try:
            key_id = jwt.get_unverified_header(id_token).get("kid")
            key = self._keys.find(key_id) if isinstance(key_id, str) else None
            if key is None:
                raise IdTokenRefused("it names no key of the provider")
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key,
                algorithms=[ALGORITHM],
                # What the claims must be is compared below, by the clock we were given.
                options={
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                    "verify_aud": False,
                    "verify_iss": False,
                    "verify_sub": False,
                    "verify_jti": False,
                },
            )
        except (jwt.PyJWTError, RecursionError, ValueError) as error:  # the latter two: hostile
            raise IdTokenRefused("it is malformed, or not signed by the provider") from error
        objection = self._objection(claims, nonce=nonce)
        if objection is not None:
            raise IdTokenRefused(objection)
        name = claims.get("name")
        return Identity(subject=claims["sub"], name=name if isinstance(name, str) else None)

    def _objection(self, claims: dict[str, Any], *, nonce: str | None) -> str | None:
        """Return what is wrong with the claims of a token that the provider did sign."""
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        authorized = claims.get("azp", self._client_id if len(audiences) == 1 else None)
        subject = claims.get("sub")
        now, leeway = self._clock().timestamp(), LEEWAY.total_seconds()
        expires_at, issued_at = _number(claims.get("exp")), _number(claims.get("iat"))
        checks = {
            "this hub is no client of the provider": self.is_set_up,
            "its issuer is another one": claims.get("iss") == self._issuer,
            "it was issued to another application": (
                self._client_id in audiences and authorized == self._client_id
            ),
            "it names nobody": isinstance(subject, str) and bool(subject),
            "it has expired": expires_at is not None and expires_at > now - leeway,
            "it was issued in the future": issued_at is not None and issued_at <= now + leeway,
            "it belongs to another login": nonce is None or claims.get("nonce") == nonce,
        }
        return next((objection for objection, is_met in checks.items() if not is_met), None)


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) else None


def _object_of(response: requests.Response) -> dict[str, Any]:
    try:
        found = response.json() if response.ok else None
    except (requests.RequestException, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
