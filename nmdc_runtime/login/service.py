"""How credentials become tokens, and tokens callers; fills `nmdc_runtime.web.auth`'s Protocol."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from pydantic import SecretStr

from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.login import rules
from nmdc_runtime.login.errors import (
    CredentialsIncorrect,
    CredentialsNotValidated,
    GrantIncomplete,
    TokenExpired,
    TokenInvalid,
    TokenInvalidated,
    TokenMissing,
    TokenNotOfSite,
    UserInactive,
)
from nmdc_runtime.login.models import Credentials, Token, TokenExpires
from nmdc_runtime.login.store import InvalidatedTokenStore
from nmdc_runtime.sites.service import SiteService
from nmdc_runtime.users.service import UserService
from nmdc_runtime.web.auth import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginService:
    """Issue and verify access tokens.

    Parameters
    ----------
    key
        Signs the tokens (HS256).
    issuer
        The hub's external base URL.
    lifetime
        How long a token is good.
    """

    users: UserService
    sites: SiteService
    invalidated: InvalidatedTokenStore
    key: SecretStr
    issuer: str
    lifetime: timedelta
    clock: Clock

    def log_in(self, credentials: Credentials) -> Token:
        """Return a token for whom the credentials prove to be there.

        Raise `GrantIncomplete` (400) or an `nmdc_runtime.web.auth.Unauthenticated`. A client id
        without a secret is an ORCID id token, which this hub accepts only once ORCID login is
        part of it: until then it is answered like an ORCID token that proves nothing.
        """
        if credentials.grant_type == rules.PASSWORD_GRANT:
            return self._log_in_user(credentials.username, credentials.password)
        if not credentials.client_id:
            if credentials.grant_type == rules.CLIENT_GRANT:
                raise GrantIncomplete(
                    "grant_type client_credentials requires client_id and client_secret"
                )
            raise GrantIncomplete(
                "send grant_type password with username and password, or grant_type "
                "client_credentials with client_id and client_secret"
            )
        if not credentials.client_secret:
            raise CredentialsNotValidated
        client = self.sites.find_verified_client(credentials.client_id, credentials.client_secret)
        if client is None:
            raise CredentialsIncorrect("Incorrect client_id or client_secret")
        return self.issue(rules.CLIENT_PREFIX + client.id)

    def _log_in_user(self, username: str | None, password: str | None) -> Token:
        if not username or not password:
            raise GrantIncomplete("grant_type password requires username and password")
        user = self.users.find_verified(username, password)
        if user is None:
            raise CredentialsIncorrect("Incorrect username or password")
        return self.issue(rules.USER_PREFIX + user.username)

    def issue(self, subject: str) -> Token:
        """Return a token for a subject whose identity is proved: ``user:...`` or ``client:...``."""
        text = rules.sign(
            subject,
            key=self.key.get_secret_value(),
            issuer=self.issuer,
            token_id=uuid4().hex,
            now=self.clock(),
            lifetime=self.lifetime,
        )
        return Token(
            access_token=text,
            token_type="bearer",  # noqa: S106 (the published word, no secret)
            expires=TokenExpires.after(self.lifetime),
        )

    def authenticate(self, token: str | None) -> Caller:
        """Return the user of the token, or the site client as a user, or refuse.

        Raise an `nmdc_runtime.web.auth.Unauthenticated`, or `UserInactive`.
        """
        subject = self._subject(token)
        client_id = rules.name_after(rules.CLIENT_PREFIX, subject)
        if client_id is not None:
            caller = self._find_client(client_id)
            if caller is None:
                raise CredentialsNotValidated
            return caller
        username = rules.name_after(rules.USER_PREFIX, subject)
        user = self.users.find_user(username) if username else None
        if user is None:
            raise TokenInvalid
        if user.disabled:
            raise UserInactive
        return Caller(username=user.username, site_admin=tuple(user.site_admin or ()))

    def authenticate_site(self, token: str | None) -> Caller:
        """Return the site client of the token, or refuse.

        Raise an `nmdc_runtime.web.auth.Unauthenticated`.
        """
        subject = self._subject(token)
        if not isinstance(subject, str):
            raise TokenInvalid
        client_id = rules.name_after(rules.CLIENT_PREFIX, subject)
        caller = self._find_client(client_id) if client_id else None
        if caller is None:
            raise TokenNotOfSite
        return caller

    def _find_client(self, client_id: str) -> Caller | None:
        client = self.sites.find_client(client_id)
        return Caller(username=client.id, site_id=client.site_id) if client else None

    def _subject(self, token: str | None) -> object:
        """Return whom the token names, checked in the published order."""
        if token is None:
            raise TokenMissing
        claims = rules.read(
            token, key=self.key.get_secret_value(), issuer=self.issuer, now=self.clock()
        )
        token_id = claims.token_id if claims else None
        if self.invalidated.is_invalidated(token, token_id=token_id):
            raise TokenInvalidated
        if claims is None:
            raise TokenInvalid
        if claims.is_expired:
            raise TokenExpired
        return claims.subject
