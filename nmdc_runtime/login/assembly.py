"""What the login is made of, for the composition root."""

from datetime import timedelta

from pymongo.database import Database

from nmdc_runtime.api_keys.service import ApiKeyService
from nmdc_runtime.clients.oidc import OidcClient
from nmdc_runtime.clients.oidc_keys import ProviderKeys
from nmdc_runtime.config import Settings
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.kernel.recent import RecentChanges
from nmdc_runtime.login.orcid import OrcidLogin
from nmdc_runtime.login.service import LoginService
from nmdc_runtime.login.store import InvalidatedTokenStore, LoginFailureStore
from nmdc_runtime.login.throttle import LoginThrottle
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.sites.service import SiteService
from nmdc_runtime.users.service import UserService
from nmdc_runtime.web.auth import AccessRules


def assemble_login(
    settings: Settings,
    database: Database[Document],
    *,
    users: UserService,
    sites: SiteService,
    api_keys: ApiKeyService,
    access: AccessRules,
    transactions: Transactions,
    audit: AuditTrail,
    clock: Clock,
    changes: RecentChanges,
) -> LoginService:
    """Return the login for these settings, over the services that know who there is."""
    invalidated = InvalidatedTokenStore(database, changes=changes)
    provider = OidcClient(
        issuer=settings.orcid_base_url,
        client_id=settings.orcid_client_id,
        client_secret=settings.orcid_nmdc_client_secret,
        clock=clock,
        keys=ProviderKeys(
            settings.orcid_base_url,
            ask_again_after=timedelta(seconds=settings.login.ask_keys_again_after_s),
        ),
    )
    orcid = OrcidLogin(
        provider=provider,
        users=users,
        invalidated=invalidated,
        key=settings.jwt_secret_key,
        base_url=settings.api_host_external,
        session_lifetime=settings.login.session_lifetime,
        creates_users=settings.login.orcid_creates_users,
        clock=clock,
    )
    throttle = LoginThrottle(
        failures=LoginFailureStore(database),
        allowed=settings.login.failures_allowed,
        window=settings.login.failure_window,
        clock=clock,
    )
    return LoginService(
        users=users,
        sites=sites,
        api_keys=api_keys,
        orcid=orcid,
        throttle=throttle,
        invalidated=invalidated,
        access=access,
        transactions=transactions,
        audit=audit,
        key=settings.jwt_secret_key,
        issuer=settings.api_host_external,
        lifetime=settings.hub.token_lifetime,
        clock=clock,
    )
