"""What may be done with sites, whoever asks: a route, an op, the command line."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from nmdc_runtime.config import BootstrapSettings
from nmdc_runtime.sites.errors import SiteNotFound
from nmdc_runtime.sites.models import Site, SiteClient
from nmdc_runtime.sites.store import SiteStore
from nmdc_runtime.web.secrets import SecretHasher

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteService:
    """Find sites, check the secrets of their clients, create the Runtime's own site."""

    sites: SiteStore
    secrets: SecretHasher

    def boot(self, bootstrap: BootstrapSettings, *, reserved_ids: Iterable[str]) -> None:
        """Create the Runtime's own site with its client, and the reserved sites.

        A reserved site has no clients; it exists so that nobody can create it and thereby become
        its administrator. Safe at every boot, and when several processes boot at once: what
        exists is left as it is.
        """
        for site_id in (bootstrap.site_id, *reserved_ids):
            if self.sites.add_unless_known(site_id):
                logger.info("site created", extra={"site_id": site_id})
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
            client = SiteClient(
                id=client_id, site_id=bootstrap.site_id, hashed_secret=self.secrets.hash(secret)
            )
            # Refused only if another process was faster.
            self.sites.add_client(client)
        elif known.site_id != bootstrap.site_id:
            logger.error(
                "API_SITE_CLIENT_ID is a client of another site: configure another id",
                extra={"client_id": client_id, "site_id": known.site_id},
            )

    def list_ids(self) -> list[str]:
        """Return the ids of all sites."""
        return self.sites.list_ids()

    def get(self, site_id: str) -> Site:
        """Return the site, or raise `SiteNotFound`."""
        site = self.sites.find(site_id)
        if site is None:
            raise SiteNotFound(site_id)
        return site

    def find_client(self, client_id: str) -> SiteClient | None:
        """Return the client of this id, with the id of its site."""
        return self.sites.find_client(client_id)

    def find_verified_client(self, client_id: str, secret: str) -> SiteClient | None:
        """Return the client whose id and secret these are, or None; both take as long.

        An outdated hash of the secret is replaced.
        """
        client = self.sites.find_client(client_id)
        stored_hash = client.hashed_secret if client else None
        check = self.secrets.check(secret, stored_hash)
        if client is None or not check.is_right:
            return None
        if check.new_hash is not None and stored_hash is not None:
            self.sites.replace_hash(client_id, old=stored_hash, new=check.new_hash)
        return client
