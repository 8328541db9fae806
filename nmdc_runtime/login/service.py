"""How credentials become tokens, and tokens callers; fills `nmdc_runtime.web.auth`'s Protocol."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from pydantic import SecretStr

from nmdc_runtime.allowances.models import AllowanceAction
from nmdc_runtime.api_keys.models import PREFIX as API_KEY_PREFIX
from nmdc_runtime.api_keys.service import ApiKeyService
from nmdc_runtime.kernel.audit import AuditTrail, current_call
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
from nmdc_runtime.login.models import Credentials, Token, TokenClaims, TokenExpires
from nmdc_runtime.login.orcid import OrcidLogin
from nmdc_runtime.login.orcid_rules import fingerprint
from nmdc_runtime.login.reads import caller_of
from nmdc_runtime.login.store import COLLECTION, InvalidatedTokenStore
from nmdc_runtime.login.throttle import LoginThrottle
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.sites.service import SiteService
from nmdc_runtime.users.models import Account
from nmdc_runtime.users.service import UserService
from nmdc_runtime.web.auth import ADMIN_SITE_ID, AccessRules, Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginService:
    """Issue, verify and withdraw access tokens.

    Parameters
    ----------
    access
        Tells who may manage users.
    key
        Signs the tokens (HS256).
    issuer
        The hub's external base URL.
    lifetime
        How long a token is good.
    """

    users: UserService
    sites: SiteService
    api_keys: ApiKeyService
    orcid: OrcidLogin
    throttle: LoginThrottle
    invalidated: InvalidatedTokenStore
    access: AccessRules
    transactions: Transactions
    audit: AuditTrail
    key: SecretStr
    issuer: str
    lifetime: timedelta
    clock: Clock

    def log_in(self, credentials: Credentials, *, address: str = "") -> Token:
        """Return a token for whom the credentials prove to be there.

        Raise `GrantIncomplete` (400), `TooManyFailures` (429) or an
        `nmdc_runtime.web.auth.Unauthenticated`. A client id without a secret is an ORCID id
        token, or the session of an ORCID login here.

        Parameters
        ----------
        address
            Where the request comes from.
        """
        if credentials.grant_type == rules.PASSWORD_GRANT:
            return self._log_in_user(credentials.username, credentials.password, address=address)
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
            account, session_id = self.orcid.account_of_token(credentials.client_id)
            return self._issue_to(account, session_id=session_id)
        return self._log_in_client(
            credentials.client_id, credentials.client_secret, address=address
        )

    def _log_in_client(self, client_id: str, secret: str, *, address: str) -> Token:
        client = self.throttle.attempt(
            rules.CLIENT_PREFIX + client_id,
            secret,
            address=address,
            verify=lambda: self.sites.find_verified_client(client_id, secret),
        )
        if client is None:
            raise CredentialsIncorrect("Incorrect client_id or client_secret")
        return self.issue(rules.CLIENT_PREFIX + client.id, version=client.credentials_version)

    def _log_in_user(self, username: str | None, password: str | None, *, address: str) -> Token:
        if not username or not password:
            raise GrantIncomplete("grant_type password requires username and password")
        account = self.throttle.attempt(
            rules.USER_PREFIX + username,
            password,
            address=address,
            verify=lambda: self.users.find_verified(username, password),
        )
        if account is None:
            raise CredentialsIncorrect("Incorrect username or password")
        return self._issue_to(account)

    def _issue_to(self, account: Account, *, session_id: str | None = None) -> Token:
        return self.issue(
            rules.USER_PREFIX + account.username,
            version=account.credentials_version,
            session_id=session_id,
        )

    def issue(self, subject: str, *, version: int = 0, session_id: str | None = None) -> Token:
        """Return a token for a subject whose identity is proved: ``user:...`` or ``client:...``."""
        text = rules.sign(
            subject,
            key=self.key.get_secret_value(),
            issuer=self.issuer,
            token_id=uuid4().hex,
            now=self.clock(),
            lifetime=self.lifetime,
            version=version,
            session_id=session_id,
        )
        return Token(
            access_token=text,
            token_type="bearer",  # noqa: S106 (the published word, no secret)
            expires=TokenExpires.after(self.lifetime),
        )

    def revoke(self, text: str) -> None:
        """Withdraw a token or a session of ours; nothing else can be withdrawn, or needs to be.

        Whoever holds a token may withdraw it. With a session end the tokens made from it.
        """
        claims = self.read(text) or self.orcid.read_session(text)
        if claims is None or claims.is_expired:
            return
        name = claims.token_id or text  # tokens of older Runtimes have no id
        shown = claims.token_id or f"sha256:{fingerprint(text)}"
        call = current_call()
        _, _, holder = str(claims.subject).partition(":")
        call.username = call.username or holder

        def work(tx: Transaction) -> None:
            if self.invalidated.add(name, expires_at=claims.expires_at, tx=tx):
                self.audit.record(
                    "revoke_token",
                    f"{COLLECTION}/{shown}",
                    details={"subject": str(claims.subject)},
                    tx=tx,
                )

        self.transactions.run(work)

    def authenticate(self, token: str | None) -> Caller:
        """Return the user of the token, or the site client as a user, or refuse.

        Raise an `nmdc_runtime.web.auth.Unauthenticated`, or `UserInactive`.
        """
        if token is not None and token.startswith(API_KEY_PREFIX):
            return self._authenticate_key(token)
        claims = self._claims(token)
        client_id = rules.name_after(rules.CLIENT_PREFIX, claims.subject)
        if client_id is not None:
            caller = self._find_client(client_id, claims)
            if caller is None:
                raise CredentialsNotValidated
            return caller
        username = rules.name_after(rules.USER_PREFIX, claims.subject)
        account = self._active(self.users.find_account(username) if username else None)
        if account.credentials_version != claims.version:
            raise TokenInvalidated
        return self._as_caller(
            account, scopes=None, expires_at=claims.expires_at, token_id=claims.token_id
        )

    def authenticate_site(self, token: str | None) -> Caller:
        """Return the site client of the token, or refuse.

        Raise an `nmdc_runtime.web.auth.Unauthenticated`.
        """
        if token is not None and token.startswith(API_KEY_PREFIX):
            raise TokenNotOfSite
        claims = self._claims(token)
        if not isinstance(claims.subject, str):
            raise TokenInvalid
        client_id = rules.name_after(rules.CLIENT_PREFIX, claims.subject)
        caller = self._find_client(client_id, claims) if client_id else None
        if caller is None:
            raise TokenNotOfSite
        return caller

    def _authenticate_key(self, text: str) -> Caller:
        key = self.api_keys.authenticate(text)
        if key is None:
            raise TokenInvalid
        account = self._active(self.users.find_account(key.owner))
        return self._as_caller(
            account,
            scopes=frozenset(key.scopes),
            expires_at=key.expires_at,
            api_key_id=key.id,
        )

    @staticmethod
    def _active(account: Account | None) -> Account:
        if account is None:
            raise TokenInvalid
        if account.disabled:
            raise UserInactive
        return account

    def _as_caller(
        self,
        account: Account,
        *,
        scopes: frozenset[str] | None,
        expires_at: datetime,
        token_id: str | None = None,
        api_key_id: str | None = None,
    ) -> Caller:
        caller = Caller(
            username=account.username,
            site_admin=tuple(account.user.site_admin or ()),
            scopes=scopes,
            expires_at=expires_at,
            token_id=token_id,
            api_key_id=api_key_id,
        )
        return replace(caller, is_admin=self._is_admin(caller))

    def _is_admin(self, caller: Caller) -> bool:
        """Say whether the caller may manage users: by a grant, or as older Runtimes said it."""
        if ADMIN_SITE_ID in caller.site_admin:
            return caller.scopes is None or AllowanceAction.MANAGE_USERS in caller.scopes
        return self.access.is_allowed(caller, AllowanceAction.MANAGE_USERS)

    def _find_client(self, client_id: str, claims: TokenClaims) -> Caller | None:
        client = self.sites.find_client(client_id)
        if client is None:
            return None
        if client.credentials_version != claims.version:
            raise TokenInvalidated
        return caller_of(client, claims)

    def read(self, token: str) -> TokenClaims | None:
        """Return what the token says, or None if it is none of ours."""
        return rules.read(
            token, key=self.key.get_secret_value(), issuer=self.issuer, now=self.clock()
        )

    def _claims(self, token: str | None) -> TokenClaims:
        """Return what a good token says, after the checks that users and sites have in common."""
        if token is None:
            raise TokenMissing
        claims = self.read(token)
        names = (claims.token_id, claims.session_id) if claims else ()
        if self.invalidated.is_any_invalidated(token, *names):
            raise TokenInvalidated
        if claims is None:
            raise TokenInvalid
        if claims.is_expired:
            raise TokenExpired
        return claims
