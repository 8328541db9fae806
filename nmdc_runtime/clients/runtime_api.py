"""A hub, spoken to over HTTP as a user or as a site, with tokens renewed in time."""

from nmdc_runtime.clients.runtime_api_base import (
    RuntimeApi,
    RuntimeApiClient,
    TokenMissing,
    as_list_request,
)
from nmdc_runtime.clients.runtime_api_site import RuntimeApiSiteClient
from nmdc_runtime.clients.runtime_api_user import RuntimeApiUserClient

__all__ = [
    "RuntimeApi",
    "RuntimeApiClient",
    "RuntimeApiSiteClient",
    "RuntimeApiUserClient",
    "TokenMissing",
    "as_list_request",
]
