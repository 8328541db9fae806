"""What happens when somebody registers a site."""

from dataclasses import dataclass
from typing import Protocol

from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.mongo.transactions import Transaction, Transactions
from nmdc_runtime.sites.errors import SiteAlreadyExists
from nmdc_runtime.sites.models import Site
from nmdc_runtime.sites.service import SiteService
from nmdc_runtime.users.service import UserService
from nmdc_runtime.web.auth import ADMIN_SITE_ID


class Requesters(Protocol):
    """Keeps who may mint identifiers; `nmdc_runtime.ids.service.IdService` is one."""

    def add_requester(self, site_id: str, *, tx: Transaction) -> None:
        """Let the site mint, also if it may already."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationService:
    """Register sites."""

    sites: SiteService
    users: UserService
    requesters: Requesters
    transactions: Transactions
    audit: AuditTrail

    def register_site(self, site: Site, *, username: str) -> Site:
        """Create the site, make the user its administrator and let it mint: all or nothing.

        The site whose administrators administer users can never be created, not even where
        somebody removed it. Raise `SiteAlreadyExists` or `UserNotFound`.
        """
        if site.id == ADMIN_SITE_ID:
            raise SiteAlreadyExists(site.id)

        def work(tx: Transaction) -> None:
            self.sites.add(site, tx=tx)
            self.users.add_site_admin(username, site.id, tx=tx)
            self.requesters.add_requester(site.id, tx=tx)
            self.audit.record(
                "create_site",
                f"sites/{site.id}",
                f"users/{username}",
                after=site.model_dump(),
                tx=tx,
            )

        self.transactions.run(work)
        return site
