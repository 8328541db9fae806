"""Logging in with ORCID: away to the provider, back with a code, and a session in the browser."""

import hmac
import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import uuid4

from pydantic import SecretStr

from nmdc_runtime.clients.oidc import IdentityProvider, IdTokenRefused
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.login import orcid_rules, rules
from nmdc_runtime.login.errors import (
    CredentialsNotValidated,
    LoginDenied,
    OrcidNotSetUp,
    RedirectRefused,
    StateRefused,
)
from nmdc_runtime.login.models import LoginReturn, LoginStart, Session, TokenClaims
from nmdc_runtime.login.store import InvalidatedTokenStore
from nmdc_runtime.users.models import Account
from nmdc_runtime.users.service import UserService

logger = logging.getLogger(__name__)

#: How long somebody may take to log in at the provider.
LOGIN_LIFETIME: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrcidLogin:
    """Begin and end logins at the provider, and tell whose id token or session something is.

    Parameters
    ----------
    key
        Of the hub: states and sessions are signed with keys derived from it, so that neither is
        an access token.
    base_url
        The hub's external base URL.
    session_lifetime
        How long a login in a browser is good.
    creates_users
        Whether who logs in for the first time becomes a user.
    """

    provider: IdentityProvider
    users: UserService
    invalidated: InvalidatedTokenStore
    key: SecretStr
    base_url: str
    session_lifetime: timedelta
    creates_users: bool
    clock: Clock

    def start(self, wish: str | None) -> LoginStart:
        """Return where to send the browser, with the cookie by which it is known again.

        Raise `OrcidNotSetUp`, or `RedirectRefused` if the login would end at a page of others.
        """
        self._check_set_up()
        target = orcid_rules.redirect_target(wish, base_url=self.base_url)
        if target is None:
            raise RedirectRefused
        binder = secrets.token_urlsafe(32)
        state = rules.sign(
            target,
            key=self._derived("login state"),
            issuer=self.base_url,
            token_id=orcid_rules.fingerprint(binder),
            now=self.clock(),
            lifetime=LOGIN_LIFETIME,
        )
        url = self.provider.authorize_url(
            redirect_uri=self._redirect_uri,
            state=state,
            nonce=self._derived(f"nonce {binder}"),
            code_challenge=orcid_rules.challenge(self._derived(f"verifier {binder}")),
        )
        return LoginStart(url=url, binder=binder)

    def finish(self, answer: LoginReturn, *, binder: str | None) -> Session:
        """Return the session of whom the provider says came back, and where they wanted to go.

        Raise `StateRefused` unless this browser began the login here, an
        `nmdc_runtime.web.auth.Unauthenticated`, or what the provider's client raises.
        """
        self._check_set_up()
        target = self._target_of(answer.state, binder=binder or "")
        if answer.error is not None or answer.code is None:
            raise LoginDenied(orcid_rules.reason_of(answer.error or ""))
        try:
            identity = self.provider.exchange(
                answer.code,
                redirect_uri=self._redirect_uri,
                code_verifier=self._derived(f"verifier {binder}"),
                nonce=self._derived(f"nonce {binder}"),
            )
        except IdTokenRefused as error:
            logger.warning("id token of a login refused", extra={"reason": str(error)})
            raise CredentialsNotValidated from error
        account = self._account_of(identity.subject)
        text = rules.sign(
            rules.SESSION_PREFIX + account.username,
            key=self._derived("session"),
            issuer=self.base_url,
            token_id=uuid4().hex,
            now=self.clock(),
            lifetime=self.session_lifetime,
            version=account.credentials_version,
        )
        return Session(
            orcid=account.username,
            name=orcid_rules.cookie_text(identity.name or ""),
            text=text,
            redirect_to=target,
        )

    def account_of_token(self, text: str) -> tuple[Account, str | None]:
        """Return whose session or id token it is, with the id of the session.

        Raise `CredentialsNotValidated`, whatever is wrong.
        """
        session = self.read_session(text)
        if session is not None:
            return self._account_of_session(text, session), session.token_id
        try:
            identity = self.provider.verify(text)
        except IdTokenRefused as error:
            logger.info("id token refused", extra={"reason": str(error)})
            raise CredentialsNotValidated from error
        if self.invalidated.is_any_invalidated(text):
            raise CredentialsNotValidated
        return self._account_of(identity.subject), None

    def read_session(self, text: str) -> TokenClaims | None:
        """Return what a session says, or None if the text is none."""
        return rules.read(
            text, key=self._derived("session"), issuer=self.base_url, now=self.clock()
        )

    def _account_of_session(self, text: str, session: TokenClaims) -> Account:
        username = rules.name_after(rules.SESSION_PREFIX, session.subject)
        account = self.users.find_account(username) if username else None
        is_good = (
            account is not None
            and not session.is_expired
            and not account.disabled
            and account.credentials_version == session.version
        )
        if account is None or not is_good:
            raise CredentialsNotValidated
        if self.invalidated.is_any_invalidated(text, session.token_id):
            raise CredentialsNotValidated
        return account

    def _account_of(self, subject: str) -> Account:
        """Return the account of an ORCID iD that the provider vouches for."""
        if not orcid_rules.is_orcid_id(subject):
            logger.warning("the login provider names somebody without an ORCID iD")
            raise CredentialsNotValidated
        account = self.users.find_account(subject)
        if account is None and self.creates_users:
            self.users.ensure_orcid_user(subject)
            account = self.users.find_account(subject)
        if account is None or account.disabled:
            raise CredentialsNotValidated
        return account

    def _target_of(self, state: str, *, binder: str) -> str:
        claims = rules.read(
            state, key=self._derived("login state"), issuer=self.base_url, now=self.clock()
        )
        if claims is None or claims.is_expired:
            raise StateRefused
        marks = (claims.token_id or "").encode(), orcid_rules.fingerprint(binder).encode()
        target = orcid_rules.redirect_target(str(claims.subject), base_url=self.base_url)
        if not hmac.compare_digest(*marks) or target is None:
            raise StateRefused
        return target

    def _check_set_up(self) -> None:
        if not self.provider.is_set_up:
            raise OrcidNotSetUp

    @property
    def _redirect_uri(self) -> str:
        return f"{self.base_url}/orcid_code"

    def _derived(self, purpose: str) -> str:
        return orcid_rules.derived(self.key.get_secret_value(), purpose)
