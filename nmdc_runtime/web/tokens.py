"""Tokens that carry what they mean: signed, so nothing is stored, and good until they expire."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Final

import jwt

from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.kernel.errors import NmdcError

ALGORITHM: Final = "HS256"
#: A text up to this size travels in a token; of a larger one only its fingerprint does.
REMEMBERED_BYTES: Final = 2_048


class TokenRefused(NmdcError):
    """A token does not lead on."""

    title = "Page token refused"
    status: ClassVar[int | None] = 400


class TokenUnknown(TokenRefused):
    """A token is not one that this hub made."""

    title = "Page token not found"

    def __init__(self) -> None:
        super().__init__("`page_token` not found")


class TokenExpired(TokenRefused):
    """A token was good once."""

    title = "Page token expired"

    def __init__(self) -> None:
        super().__init__(
            "this `page_token` has expired: start again from the first page, without a token"
        )


class TokenElsewhere(TokenRefused):
    """A token is good, but not here."""

    title = "Page token of another list"

    def __init__(self) -> None:
        super().__init__("this `page_token` belongs to another list, or to another kind of caller")


class SignedTokens:
    """Makes and reads tokens for the next part of an answer.

    Parameters
    ----------
    key
        The hub's signing key. These tokens are signed with one derived from it, so that they can
        never pass for access tokens.
    lifetime
        How long a token is good; it can be used any number of times.
    clock
        Tells the time.
    """

    def __init__(self, *, key: str, lifetime: timedelta, clock: Clock) -> None:
        self._key = hmac.digest(key.encode(), b"nmdc-runtime page tokens", "sha256")
        self._lifetime = lifetime
        self._clock = clock

    def issue(self, claims: Mapping[str, Any], *, scope: tuple[str, ...]) -> str:
        """Return a token that says these things, readable by anyone, good only in the scope.

        Parameters
        ----------
        claims
            JSON values; ``exp`` and ``scope`` are taken.
        scope
            For whom and where it is good, e.g. the path of the route and the collection.
        """
        expires_at = int((self._clock() + self._lifetime).timestamp())
        return jwt.encode(
            {**claims, "exp": expires_at, "scope": fingerprint(*scope)},
            self._key,
            algorithm=ALGORITHM,
        )

    def read(self, token: str, *, scope: tuple[str, ...]) -> dict[str, Any]:
        """Return what `issue` was given.

        Raises
        ------
        TokenUnknown
            No hub with this key made it.
        TokenExpired
            It was good once.
        TokenElsewhere
            It was made in another scope.
        """
        try:
            claims: dict[str, Any] = jwt.decode(
                token, self._key, algorithms=[ALGORITHM], options={"verify_exp": False}
            )
        except (jwt.InvalidTokenError, UnicodeError) as error:
            raise TokenUnknown from error
        if claims.pop("exp") <= self._clock().timestamp():
            raise TokenExpired
        if claims.pop("scope") != fingerprint(*scope):
            raise TokenElsewhere
        return claims


def fingerprint(*parts: str) -> str:
    """Return a short text that is the same for the same texts only."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def remember(claims: dict[str, Any], name: str, text: str) -> None:
    """Put a text of the query into the claims of a token; an empty one is nothing."""
    if len(text.encode()) > REMEMBERED_BYTES:
        claims[f"{name}_hash"] = fingerprint(text)
    elif text:
        claims[name] = text


def is_forgotten(claims: Mapping[str, Any], name: str) -> bool:
    """Say whether the text was too long to be remembered, so that it must be sent again."""
    return f"{name}_hash" in claims


def remembered(claims: Mapping[str, Any], name: str) -> str:
    """Return a text that is not forgotten; empty if there was none."""
    text: str = claims.get(name, "")
    return text


def is_same(claims: Mapping[str, Any], name: str, sent: str) -> bool:
    """Say whether a text that was sent again is the one of which the claims tell."""
    if is_forgotten(claims, name):
        return bool(fingerprint(sent) == claims[f"{name}_hash"])
    return sent == remembered(claims, name)
