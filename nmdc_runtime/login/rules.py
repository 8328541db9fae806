"""Tokens as text, and credentials in headers; pure."""

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt

from nmdc_runtime.login.models import Credentials, TokenClaims

ALGORITHM: Final = "HS256"
USER_PREFIX: Final = "user:"
CLIENT_PREFIX: Final = "client:"
SESSION_PREFIX: Final = "session:"
CLIENT_GRANT: Final = "client_credentials"
PASSWORD_GRANT: Final = "password"  # noqa: S105 (the name of a grant)


def sign(
    subject: str,
    *,
    key: str,
    issuer: str,
    token_id: str,
    now: datetime,
    lifetime: timedelta,
    version: int = 0,
    session_id: str | None = None,
) -> str:
    """Return a signed token that says who the subject is until it expires."""
    issued_at = int(now.timestamp())
    claims: dict[str, Any] = {
        "sub": subject,
        "exp": issued_at + int(lifetime.total_seconds()),
        "iat": issued_at,
        "jti": token_id,
        "iss": issuer,
        "cv": version,
    }
    if session_id is not None:
        claims["sid"] = session_id
    return jwt.encode(claims, key, algorithm=ALGORITHM)


def read(token: str, *, key: str, issuer: str, now: datetime) -> TokenClaims | None:
    """Return what the token says, or None if it was not signed with our key, or makes no sense.

    An issuer must be this hub, but need not be told: tokens of older Runtimes say only ``sub``
    and ``exp``, and stay good.
    """
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            # Times are compared with the clock we were given, below; the subject's form decides
            # the published answer, so the caller looks at it.
            options={
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "verify_aud": False,
                "verify_sub": False,
                "verify_jti": False,
            },
        )
    except (jwt.InvalidTokenError, RecursionError, ValueError):  # the latter two: hostile headers
        return None
    expires_at, version = claims.get("exp"), claims.get("cv", 0)
    if not isinstance(expires_at, int | float) or claims.get("iss", issuer) != issuer:
        return None
    return TokenClaims(
        subject=claims.get("sub"),
        token_id=_text(claims.get("jti")),
        is_expired=expires_at <= now.timestamp(),
        expires_at=_moment(expires_at),
        version=version if isinstance(version, int) else -1,
        session_id=_text(claims.get("sid")),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _moment(timestamp: float) -> datetime:
    """Return the moment, or the last one there is: a key's holder may write any number."""
    try:
        return datetime.fromtimestamp(timestamp, UTC)
    except (OverflowError, OSError, ValueError):
        return datetime.max.replace(tzinfo=UTC)


def name_after(prefix: str, subject: object) -> str | None:
    """Return what follows the prefix in a token's subject, or None if there is no such thing."""
    if not isinstance(subject, str) or not subject.startswith(prefix):
        return None
    return subject.removeprefix(prefix) or None


def basic_credentials(authorization: str) -> tuple[str, str] | None:
    """Return name and secret of an HTTP Basic header; None if it is another one, or malformed.

    Some clients send ``Basic name:secret`` in clear with every request, also where nobody asks
    for credentials, so a malformed header is as good as none.
    """
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    try:
        text = decoded.decode("utf-8")
    except UnicodeDecodeError:
        text = decoded.decode("latin-1")  # as RFC 7617 was before it had a charset
    name, colon, secret = text.partition(":")
    return (name, secret) if colon else None


def with_basic(credentials: Credentials, authorization: str) -> Credentials:
    """Return the credentials with the header's client where the form names none."""
    if credentials.grant_type == PASSWORD_GRANT or credentials.client_id:
        return credentials
    basic = basic_credentials(authorization)
    if basic is None:
        return credentials
    client_id, client_secret = basic
    return Credentials(
        grant_type=credentials.grant_type,
        username=credentials.username,
        password=credentials.password,
        client_id=client_id,
        client_secret=client_secret,
    )
