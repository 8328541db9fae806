"""What may be done with the credentials of sites: make, list, rotate, revoke and set them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock, as_text
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.sites import rules
from nmdc_runtime.sites.errors import NotAdminOfSite, SiteClientNotFound, SiteNotFound
from nmdc_runtime.sites.models import (
    ClientCredentials,
    CredentialsInfo,
    HashedSecret,
    RotatedCredentials,
    SiteClient,
)
from nmdc_runtime.sites.store import CLIENTS, COLLECTION, SiteStore
from nmdc_runtime.web.auth import AccessRules, Caller, PersonRequired
from nmdc_runtime.web.secrets import SecretHasher

#: The permission, a member of `nmdc_runtime.allowances.models.AllowanceAction`.
MANAGE_SITE_CLIENTS: Final = "/admin/site_clients"


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialsService:
    """Keep the credentials of sites; a secret is in the one answer that makes it, and nowhere else.

    Parameters
    ----------
    mint_client_id
        Returns a new id without a colon, on which HTTP Basic splits.
    overlap
        How long a rotated secret goes on working where nothing else is asked for.
    """

    sites: SiteStore
    secrets: SecretHasher
    rules: AccessRules
    transactions: Transactions
    audit: AuditTrail
    clock: Clock
    mint_client_id: Callable[[], str]
    overlap: timedelta

    def create(self, site_id: str, *, caller: Caller) -> ClientCredentials:
        """Give the site a client; raise `SiteNotFound`, `NotAdminOfSite` or `PersonRequired`."""
        self._check_site(site_id)
        if site_id not in caller.site_admin:
            raise NotAdminOfSite(site_id)
        _check_person(caller)
        now = self.clock()
        client_id, secret = self.mint_client_id(), rules.new_secret()
        hashed = HashedSecret(hash=self.secrets.hash(secret), created_at=now)
        client = SiteClient(id=client_id, site_id=site_id, secrets=(hashed,), created_at=now)

        def work(tx: Transaction) -> None:
            self.sites.add_client(client, tx=tx)
            self._record("create_site_client", client, tx=tx)

        self.transactions.run(work)
        return ClientCredentials(client_id=client_id, client_secret=secret)

    def list_of(self, site_id: str, *, caller: Caller) -> list[CredentialsInfo]:
        """Return what may be told of the clients of the site that are not revoked.

        Raise `SiteNotFound` or `NotAdminOfSite`.
        """
        self._check_keeper(site_id, caller)
        now = self.clock()
        return [
            CredentialsInfo(
                client_id=client.id,
                created_at=client.created_at,
                last_rotated_at=client.rotated_at,
                old_secret_expires_at=next(
                    (each.expires_at for each in client.secrets[1:] if each.is_live(now)), None
                ),
            )
            for client in self.sites.list_clients(site_id)
            if client.revoked_at is None
        ]

    def rotate(
        self, site_id: str, client_id: str, *, caller: Caller, overlap: timedelta | None
    ) -> RotatedCredentials:
        """Give the client a new secret; the old one works on until the overlap ends.

        Without an overlap the old secret has leaked, as far as we know: the tokens got with it
        end too. Raise `SiteNotFound`, `NotAdminOfSite`, `PersonRequired` or `SiteClientNotFound`.
        """
        self._check_keeper(site_id, caller)
        _check_person(caller)
        span = self.overlap if overlap is None else overlap
        secret = rules.new_secret()
        new_hash = self.secrets.hash(secret)
        now = self.clock()

        def work(tx: Transaction) -> None:
            client = self._get_client(client_id, site_id=site_id, tx=tx)
            stored = rules.rotated(
                client.secrets,
                new=HashedSecret(hash=new_hash, created_at=now),
                now=now,
                overlap=span,
            )
            self.sites.set_secrets(client_id, stored, at=now, ends_tokens=not span, tx=tx)
            self._record("rotate_site_client", client, tx=tx, old_until=as_text(now + span))

        self.transactions.run(work)
        return RotatedCredentials(
            client_id=client_id, client_secret=secret, old_secret_expires_at=now + span
        )

    def revoke(self, site_id: str, client_id: str, *, caller: Caller) -> None:
        """End the client, its secrets and its tokens, at once.

        Raise `SiteNotFound`, `NotAdminOfSite`, `PersonRequired` or `SiteClientNotFound`.
        """
        self._check_keeper(site_id, caller)
        _check_person(caller)

        def work(tx: Transaction) -> None:
            client = self._get_client(client_id, site_id=site_id, tx=tx)
            self.sites.revoke_client(client_id, at=self.clock(), tx=tx)
            self._record("revoke_site_client", client, tx=tx)

        self.transactions.run(work)

    def set_secret(self, client_id: str, secret: str | None) -> bool:
        """Set the secret, if one is given, and end the old one with its tokens; say whether.

        Raise `SiteClientNotFound`.
        """
        new_hash = None if secret is None else self.secrets.hash(secret)
        now = self.clock()

        def work(tx: Transaction) -> bool:
            client = self._get_client(client_id, tx=tx)
            if new_hash is None:
                return False
            hashed = HashedSecret(hash=new_hash, created_at=now)
            self.sites.set_secrets(client_id, [hashed], at=now, ends_tokens=True, tx=tx)
            self._record("update_site_client", client, tx=tx)
            return True

        return self.transactions.run(work)

    def _get_client(
        self, client_id: str, *, tx: Transaction, site_id: str | None = None
    ) -> SiteClient:
        """Return the client, moved out of its site's document; it must be of the site, if given."""
        client = self.sites.find_client(client_id, tx=tx)
        if client is not None and client.is_embedded:
            self.sites.adopt_clients(client.site_id, tx=tx)
        if client is None or client.revoked_at is not None or site_id not in {None, client.site_id}:
            raise SiteClientNotFound(client_id)
        return client

    def _check_site(self, site_id: str) -> None:
        if self.sites.find(site_id) is None:
            raise SiteNotFound(site_id)

    def _check_keeper(self, site_id: str, caller: Caller) -> None:
        """Let pass who administers the site, or all site clients."""
        self._check_site(site_id)
        if site_id not in caller.site_admin and not self.rules.is_allowed(
            caller, MANAGE_SITE_CLIENTS
        ):
            raise NotAdminOfSite(site_id)

    def _record(self, action: str, client: SiteClient, *, tx: Transaction, **details: str) -> None:
        self.audit.record(
            action,
            f"{CLIENTS}/{client.id}",
            f"{COLLECTION}/{client.site_id}",
            details=details,
            tx=tx,
        )


def _check_person(caller: Caller) -> None:
    """Refuse API keys and site clients: a credential that leaked must not make others."""
    if caller.api_key_id is not None or caller.site_id is not None:
        raise PersonRequired(caller)
