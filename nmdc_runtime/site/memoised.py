"""Clients that live as long as the process, for notebooks and scripts: one for each run config.

Published: ``get_mongo(run_config_frozen__normal_env)``, and so on.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

import dagster as dg

from nmdc_runtime.clients.runtime_api import RuntimeApiSiteClient, RuntimeApiUserClient
from nmdc_runtime.config import Settings
from nmdc_runtime.site.frozen import FrozenDict
from nmdc_runtime.site.mongo import Mongo, MongoResource

Made = TypeVar("Made")


def config_of(run_config: Mapping[str, Any], key: str) -> dict[str, str]:
    """Return the config of a resource, with the values of the variables that it names."""
    given = run_config["resources"][key]["config"]
    return {
        name: str(dg.EnvVar(value["env"]).get_value() or "")
        if isinstance(value, Mapping)
        else str(value)
        for name, value in given.items()
    }


def external_url_of(base_url: str) -> str | None:
    """Return how others call the hub at this address, if that is the hub of this deployment."""
    settings = Settings()
    return settings.api_host_external if base_url.rstrip("/") == settings.api_host else None


def _published(make: Callable[[FrozenDict], Made]) -> Callable[[FrozenDict], Made]:
    return cache(make)  # its own type would hide what the key is


@_published
def get_mongo(run_config: FrozenDict) -> Mongo:
    """Return the database that a frozen run config names."""
    resource = MongoResource(**config_of(run_config, "mongo"))
    return Mongo(resource.applied_to(Settings()))


@_published
def get_runtime_api_site_client(run_config: FrozenDict) -> RuntimeApiSiteClient:
    """Return the client of the hub that speaks as a site, as a frozen run config has it."""
    config = config_of(run_config, "runtime_api_site_client")
    return RuntimeApiSiteClient(
        config["base_url"],
        config["site_id"],
        config["client_id"],
        config["client_secret"],
        external_url=external_url_of(config["base_url"]),
    )


@_published
def get_runtime_api_user_client(run_config: FrozenDict) -> RuntimeApiUserClient:
    """Return the client of the hub that speaks as a user, as a frozen run config has it."""
    config = config_of(run_config, "runtime_api_user_client")
    return RuntimeApiUserClient(config["base_url"], config["username"], config["password"])
