"""Clients of other people's services, under their published resource keys."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from nmdc_runtime.clients.gold import GoldClient
from nmdc_runtime.clients.neon import NeonClient, open_neon
from nmdc_runtime.clients.portal import NmdcPortalClient
from nmdc_runtime.config import Settings


class GoldClientResource(dg.ConfigurableResource[GoldClient]):
    """GOLD (key ``gold_api_client``); it answers the same question once a run."""

    base_url: str
    username: str
    password: str
    timeout_s: float = 60.0
    max_retries: int = 4
    verify_tls: bool = True

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[GoldClient]:
        """Open the client for one run."""
        with GoldClient(
            self.base_url,
            self.username,
            self.password,
            timeout_s=self.timeout_s,
            max_retries=self.max_retries,
            verify_tls=self.verify_tls,
        ) as client:
            yield client


class NmdcPortalClientResource(dg.ConfigurableResource[NmdcPortalClient]):
    """The submission portal (key ``nmdc_portal_api_client``)."""

    base_url: str
    refresh_token: str
    timeout_s: float = 60.0
    max_retries: int = 4
    verify_tls: bool = True

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[NmdcPortalClient]:
        """Open the client for one run; it asks for a token at its first request."""
        with NmdcPortalClient(
            self.base_url,
            self.refresh_token,
            timeout_s=self.timeout_s,
            max_retries=self.max_retries,
            verify_tls=self.verify_tls,
        ) as client:
            yield client


class NeonClientResource(dg.ConfigurableResource[NeonClient]):
    """The NEON data portal (key ``neon_api_client``); NMDC_NEON__* say how it is asked."""

    base_url: str
    api_token: str

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[NeonClient]:
        """Open the client for one run."""
        with open_neon(self.base_url, self.api_token, Settings().neon) as client:
            yield client
