"""Who may do what: users, sites, their credentials, API keys and allowances."""

from dataclasses import dataclass

from pymongo.database import Database

from nmdc_runtime.allowances import store as allowance_store
from nmdc_runtime.allowances.models import AllowanceAction
from nmdc_runtime.allowances.service import AllowanceService
from nmdc_runtime.api_keys import store as api_key_store
from nmdc_runtime.api_keys.service import ApiKeyService
from nmdc_runtime.config import Settings
from nmdc_runtime.ids.service import IdService
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.kernel.recent import RecentChanges
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.registration.service import RegistrationService
from nmdc_runtime.sites import store as site_store
from nmdc_runtime.sites.credentials import CredentialsService
from nmdc_runtime.sites.service import SiteService
from nmdc_runtime.users import store as user_store
from nmdc_runtime.users.service import UserService
from nmdc_runtime.web.secrets import SecretHasher


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What knows users and sites, and what they may do."""

    users: UserService
    sites: SiteService
    credentials: CredentialsService
    registration: RegistrationService
    allowances: AllowanceService
    api_keys: ApiKeyService


def assemble_access(
    settings: Settings,
    database: Database[Document],
    *,
    ids: IdService,
    changes: RecentChanges,
    transactions: Transactions,
    audit: AuditTrail,
    clock: Clock,
) -> Access:
    """Return the services of users and sites on this database."""
    secrets = SecretHasher()
    site_records = site_store.SiteStore(database, changes=changes)
    allowances = AllowanceService(
        allowances=allowance_store.AllowanceStore(database),
        transactions=transactions,
        audit=audit,
        clock=clock,
        is_client_id=site_records.has_client,
    )
    users = UserService(
        users=user_store.UserStore(database),
        secrets=secrets,
        transactions=transactions,
        audit=audit,
        clock=clock,
        is_client_id=site_records.has_client,
    )
    sites = SiteService(
        sites=site_records, secrets=secrets, transactions=transactions, audit=audit, clock=clock
    )
    return Access(
        users=users,
        sites=sites,
        credentials=CredentialsService(
            sites=site_records,
            secrets=secrets,
            rules=allowances,
            transactions=transactions,
            audit=audit,
            clock=clock,
            mint_client_id=lambda: ids.mint_internal("site_clients").partition(":")[2],
            overlap=settings.sites.rotation_overlap,
        ),
        registration=RegistrationService(
            sites=sites, users=users, requesters=ids, transactions=transactions, audit=audit
        ),
        allowances=allowances,
        api_keys=ApiKeyService(
            keys=api_key_store.ApiKeyStore(database),
            rules=allowances,
            actions=frozenset(AllowanceAction),
            transactions=transactions,
            audit=audit,
            clock=clock,
        ),
    )
