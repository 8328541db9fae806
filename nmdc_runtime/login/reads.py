"""Site clients recognised on the event loop: what comes before each of their many requests.

Only the certain case is decided here, without a thread. Whoever is not recognised takes the way
through `nmdc_runtime.login.service.LoginService`, which refuses, or lets in, and says why.
"""

from collections.abc import Callable
from typing import Protocol

from pymongo.asynchronous.database import AsyncDatabase

from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.login import rules
from nmdc_runtime.login.directory import ClientDirectory
from nmdc_runtime.login.models import Credentials, Token, TokenClaims
from nmdc_runtime.login.store import COLLECTION
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.sites.models import SiteClient
from nmdc_runtime.sites.reads import SiteReads
from nmdc_runtime.web.auth import Caller


class TokenIssuer(Protocol):
    """Makes tokens; `nmdc_runtime.login.service.LoginService.issue` is one."""

    def __call__(self, subject: str, *, version: int) -> Token:
        """Return a token for a subject whose identity is proved."""
        ...


class LoginReads:
    """Recognises tokens and secrets of site clients.

    Parameters
    ----------
    directory
        Clients and withdrawn tokens in memory; asked while it is current.
    read_token
        Returns what a token says, or None if it is none of ours.
    issue
        Makes a token.
    remembers
        Says whether this process has found the secret to belong to the hash before.
    """

    def __init__(
        self,
        database: AsyncDatabase[Document],
        *,
        clients: SiteReads,
        directory: ClientDirectory,
        read_token: Callable[[str], TokenClaims | None],
        issue: TokenIssuer,
        remembers: Callable[[str, str], bool],
        clock: Clock,
    ) -> None:
        self._invalidated = database[COLLECTION]
        self._clients = clients
        self._directory = directory
        self._read_token = read_token
        self._issue = issue
        self._remembers = remembers
        self._clock = clock

    async def find_site_caller(self, token: str | None) -> Caller | None:
        """Return the site client whose good token this is, or None for anything else."""
        claims = self._read_token(token) if token else None
        if token is None or claims is None or claims.is_expired:
            return None
        client_id = rules.name_after(rules.CLIENT_PREFIX, claims.subject)
        if client_id is None:
            return None
        names = [name for name in (token, claims.token_id, claims.session_id) if name]
        if self._directory.is_current(client_id, *names):
            is_withdrawn = self._directory.is_any_withdrawn(names)
            client = self._directory.find_client(client_id)
        else:
            stored = await self._invalidated.find_one({"_id": {"$in": names}}, {"_id": 1})
            is_withdrawn = stored is not None
            client = None if is_withdrawn else await self._clients.find_client(client_id)
        if is_withdrawn or client is None or client.credentials_version != claims.version:
            return None
        return caller_of(client, claims)

    async def find_token(self, credentials: Credentials) -> Token | None:
        """Return a token for a site client whose secret this process knows, or None."""
        client_id, secret = credentials.client_id, credentials.client_secret
        if credentials.grant_type == rules.PASSWORD_GRANT or not client_id or not secret:
            return None
        if self._directory.is_current(client_id):
            client = self._directory.find_client(client_id)
        else:
            client = await self._clients.find_client(client_id)
        if client is None:
            return None
        now = self._clock()
        live = [each.hash for each in client.secrets if each.is_live(now)]
        if not any(self._remembers(secret, stored_hash) for stored_hash in live):
            return None
        return self._issue(rules.CLIENT_PREFIX + client.id, version=client.credentials_version)


def caller_of(client: SiteClient, claims: TokenClaims) -> Caller:
    """Return the site client as the caller that its token makes it."""
    return Caller(
        username=client.id,
        site_id=client.site_id,
        expires_at=claims.expires_at,
        token_id=claims.token_id,
    )
