"""What crosses the wire when logging in, and what a token says."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import BaseModel


class TokenExpires(BaseModel):
    """Lifetime of a token; clients add these up. Seconds are left out, so it may live longer."""

    days: int | None = 1
    hours: int | None = 0
    minutes: int | None = 0

    @classmethod
    def after(cls, lifetime: timedelta) -> "TokenExpires":
        """Return the lifetime in whole minutes."""
        hours, minutes = divmod(lifetime.seconds // 60, 60)
        return cls(days=lifetime.days, hours=hours, minutes=minutes)


class Token(BaseModel):
    """An access token."""

    access_token: str
    token_type: str
    expires: TokenExpires | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What somebody who asks for a token sent; an empty field counts as absent."""

    grant_type: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    client_id: str | None = field(default=None, repr=False)  # may be an id token
    client_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenClaims:
    """What a token of ours says; tokens of older Runtimes have no id and no version.

    Parameters
    ----------
    version
        Of the credentials when the token was made; a new password ends older versions.
    session_id
        The session in the browser that the token was made from, and ends with.
    """

    subject: object
    token_id: str | None
    is_expired: bool
    expires_at: datetime
    version: int = 0
    session_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginStart:
    """Where to send a browser to log in, and the cookie that shows it is the one that returns."""

    url: str
    binder: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginReturn:
    """What the provider sent a browser back with."""

    code: str | None = field(default=None, repr=False)
    state: str = field(default="", repr=False)
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A login in a browser."""

    orcid: str
    name: str
    text: str = field(repr=False)
    redirect_to: str
