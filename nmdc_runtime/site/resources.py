"""What ops work with, under the published resource keys.

Every value in a run's configuration is a reference to an environment variable, never a secret.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from nmdc_runtime.clients.gold import GoldClient
from nmdc_runtime.clients.neon import NeonClient
from nmdc_runtime.clients.portal import NmdcPortalClient
from nmdc_runtime.clients.runtime_api import RuntimeApiSiteClient, RuntimeApiUserClient
from nmdc_runtime.config import Settings
from nmdc_runtime.site.memoised import (
    external_url_of,
    get_mongo,
    get_runtime_api_site_client,
    get_runtime_api_user_client,
)
from nmdc_runtime.site.mongo import Mongo, MongoResource
from nmdc_runtime.site.peers import (
    GoldClientResource,
    NeonClientResource,
    NmdcPortalClientResource,
)
from nmdc_runtime.wiring import Services, open_services

__all__ = [
    "GoldClient",
    "GoldClientResource",
    "Mongo",
    "MongoResource",
    "NeonClient",
    "NeonClientResource",
    "NmdcPortalClient",
    "NmdcPortalClientResource",
    "RuntimeApiSiteClient",
    "RuntimeApiSiteClientResource",
    "RuntimeApiUserClient",
    "RuntimeApiUserClientResource",
    "get_mongo",
    "get_runtime_api_site_client",
    "get_runtime_api_user_client",
    "services_resource",
]


# Not a ConfigurableResource with a nested one: a run that configures ``mongo`` must move the
# services along, and only a resource that asks for the key does so without deprecated calls.
@dg.resource(
    required_resource_keys={"mongo"},
    description="The service layer, open for one run or one sensor tick.",
)
def services_resource(context: dg.InitResourceContext) -> Iterator[Services]:
    """Open the services with the settings of this process, on the run's MongoDB."""
    with open_services(context.resources.mongo.applied_to(Settings())) as services:
        yield services


class RuntimeApiUserClientResource(dg.ConfigurableResource[RuntimeApiUserClient]):
    """A hub, spoken to as a user (key ``runtime_api_user_client``)."""

    base_url: str
    username: str
    password: str
    timeout_s: float = 60.0
    max_retries: int = 4
    verify_tls: bool = True

    @contextmanager
    def yield_for_execution(
        self, context: dg.InitResourceContext
    ) -> Iterator[RuntimeApiUserClient]:
        """Open the client for one run; it asks for a token at its first request."""
        with RuntimeApiUserClient(
            self.base_url,
            self.username,
            self.password,
            timeout_s=self.timeout_s,
            max_retries=self.max_retries,
            verify_tls=self.verify_tls,
        ) as client:
            yield client


class RuntimeApiSiteClientResource(dg.ConfigurableResource[RuntimeApiSiteClient]):
    """A hub, spoken to as a site (key ``runtime_api_site_client``)."""

    base_url: str
    site_id: str
    client_id: str
    client_secret: str
    timeout_s: float = 60.0
    max_retries: int = 4
    verify_tls: bool = True

    @contextmanager
    def yield_for_execution(
        self, context: dg.InitResourceContext
    ) -> Iterator[RuntimeApiSiteClient]:
        """Open the client for one run; it asks for a token at its first request."""
        with RuntimeApiSiteClient(
            self.base_url,
            self.site_id,
            self.client_id,
            self.client_secret,
            external_url=external_url_of(self.base_url),
            timeout_s=self.timeout_s,
            max_retries=self.max_retries,
            verify_tls=self.verify_tls,
        ) as client:
            yield client
