"""What may be done with sites, whoever asks: a route, an op, the command line."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from nmdc_runtime.config import BootstrapSettings
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.sites.errors import NotAdminOfSite, SiteNotFound
from nmdc_runtime.sites.models import HashedSecret, Site, SiteClient, SitePatch
from nmdc_runtime.sites.store import COLLECTION, SiteStore
from nmdc_runtime.web.auth import Caller
from nmdc_runtime.web.secrets import SecretHasher

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteService:
    """Find and change sites, check the secrets of their clients, create the Runtime's own site."""

    sites: SiteStore
    secrets: SecretHasher
    transactions: Transactions
    audit: AuditTrail
    clock: Clock

    def boot(self, bootstrap: BootstrapSettings, *, reserved_ids: Iterable[str]) -> None:
        """Create the Runtime's own site with its client, and the reserved sites.

        A reserved site has no clients; it exists so that nobody can create it and thereby become
        its administrator. Clients that an older Runtime left in the documents of sites move to
        their own collection. Safe at every boot, and when several processes boot at once: what
        exists is left as it is.
        """
        for site_id in (bootstrap.site_id, *reserved_ids):
            if self.sites.add_unless_known(site_id):
                logger.info("site created", extra={"site_id": site_id})
        for site_id in self.sites.list_with_embedded_clients():
            self._adopt_clients(site_id)
        self._ensure_own_client(bootstrap)

    def _ensure_own_client(self, bootstrap: BootstrapSettings) -> None:
        client_id = bootstrap.site_client_id
        secret = bootstrap.site_client_secret.get_secret_value()
        if not client_id or not secret:
            logger.warning(
                "no site client created: API_SITE_CLIENT_ID or API_SITE_CLIENT_SECRET is empty",
                extra={"site_id": bootstrap.site_id},
            )
            return
        known = self.sites.find_client(client_id)
        if known is None:
            now = self.clock()
            hashed = HashedSecret(hash=self.secrets.hash(secret), created_at=now)
            client = SiteClient(
                id=client_id, site_id=bootstrap.site_id, secrets=(hashed,), created_at=now
            )
            # Refused only if another process was faster.
            self.sites.add_client(client)
        elif known.site_id != bootstrap.site_id:
            logger.error(
                "API_SITE_CLIENT_ID is a client of another site: configure another id",
                extra={"client_id": client_id, "site_id": known.site_id},
            )
        elif known.revoked_at is not None:
            logger.error(
                "API_SITE_CLIENT_ID was revoked: configure another id",
                extra={"client_id": client_id},
            )

    def _adopt_clients(self, site_id: str) -> None:
        moved = self.transactions.run(lambda tx: self.sites.adopt_clients(site_id, tx=tx))
        if moved:
            logger.info("site clients moved", extra={"site_id": site_id, "client_ids": moved})

    def list_ids(self) -> list[str]:
        """Return the ids of all sites."""
        return self.sites.list_ids()

    def get(self, site_id: str) -> Site:
        """Return the site, or raise `SiteNotFound`."""
        site = self.sites.find(site_id)
        if site is None:
            raise SiteNotFound(site_id)
        return site

    def describe(self, site_id: str) -> Site:
        """Return the site, or raise `SiteNotFound` with the sentence published for reading it."""
        site = self.sites.find(site_id)
        if site is None:
            raise SiteNotFound(site_id, "Not found")
        return site

    def add(self, site: Site, *, tx: Transaction) -> None:
        """Create the site, or raise `SiteAlreadyExists`."""
        self.sites.add(site, tx=tx)

    def change(self, site_id: str, patch: SitePatch, *, caller: Caller) -> Site:
        """Change what the site says it can do.

        Raise `SiteNotFound` or `NotAdminOfSite`.
        """
        self.get(site_id)
        if site_id not in caller.site_admin:
            raise NotAdminOfSite(site_id)

        def work(tx: Transaction) -> Site:
            changed = self.sites.set_capabilities(site_id, patch.capability_ids, tx=tx)
            if changed is None:
                raise SiteNotFound(site_id)
            before, after = changed
            self.audit.record(
                "change_site",
                f"{COLLECTION}/{site_id}",
                before=before.model_dump(),
                after=after.model_dump(),
                tx=tx,
            )
            return after

        return self.transactions.run(work)

    def find_client(self, client_id: str) -> SiteClient | None:
        """Return the client of this id, with the id of its site, unless it is revoked."""
        client = self.sites.find_client(client_id)
        return None if client is None or client.revoked_at is not None else client

    def find_verified_client(self, client_id: str, secret: str) -> SiteClient | None:
        """Return the client whose id and secret these are, or None.

        An unknown id takes as long as a wrong secret. An outdated hash is replaced, and a client
        that still stands in its site's document moves. One query, but for these two.
        """
        client = self.find_client(client_id)
        now = self.clock()
        hashes = [each.hash for each in client.secrets if each.is_live(now)] if client else []
        if client is None or not hashes:
            self.secrets.check(secret, None)
            return None
        # The one that this process knows to be right comes first: during an overlap no client
        # pays for a comparison with the secret of another.
        hashes.sort(key=lambda each: not self.secrets.remembers(secret, each))
        for stored_hash in hashes:
            check = self.secrets.check(secret, stored_hash)
            if not check.is_right:
                continue
            if client.is_embedded:
                self._adopt_clients(client.site_id)
            if check.new_hash is not None:
                self.sites.replace_hash(client_id, old=stored_hash, new=check.new_hash)
            return client
        return None
