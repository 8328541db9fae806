"""One environment, one mode: what jobs, sensors and schedules get in dev, test and prod.

All modes read the same variable names; the deployment's environment gives them their values.
``NMDC_ENVIRONMENT`` chooses the mode when Dagster asks for a definition, not at import.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

import dagster as dg

from nmdc_runtime.config import Environment, Settings
from nmdc_runtime.site.kinds import Kind, tags_of
from nmdc_runtime.site.resources import (
    GoldClientResource,
    MongoResource,
    NeonClientResource,
    NmdcPortalClientResource,
    RuntimeApiSiteClientResource,
    RuntimeApiUserClientResource,
    services_resource,
)

#: Variables behind the resources' config keys; published.
VARIABLES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "runtime_api_site_client": {
            "base_url": "API_HOST",
            "site_id": "API_SITE_ID",
            "client_id": "API_SITE_CLIENT_ID",
            "client_secret": "API_SITE_CLIENT_SECRET",
        },
        "runtime_api_user_client": {
            "base_url": "API_HOST",
            "username": "API_ADMIN_USER",
            "password": "API_ADMIN_PASS",
        },
        "mongo": {
            "host": "MONGO_HOST",
            "username": "MONGO_USERNAME",
            "password": "MONGO_PASSWORD",
            "dbname": "MONGO_DBNAME",
        },
    }
)

#: The same, of clients of other people's services: only jobs that need one have it.
PEER_VARIABLES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "gold_api_client": {
            "base_url": "GOLD_API_BASE_URL",
            "username": "GOLD_API_USERNAME",
            "password": "GOLD_API_PASSWORD",
        },
        "nmdc_portal_api_client": {
            "base_url": "NMDC_PORTAL_API_BASE_URL",
            "refresh_token": "NMDC_PORTAL_API_REFRESH_TOKEN",
        },
        "neon_api_client": {"base_url": "NEON_API_BASE_URL", "api_token": "NEON_API_TOKEN"},
    }
)

EXCLUSIVE_TAG: Final = "nmdc/exclusive"
#: Who asked for a run: ``hub``, ``sensor``, ``schedule`` or, if nobody says so, ``user``.
LAUNCHED_BY_TAG: Final = "nmdc/launched_by"

#: Where schedules take the time of the day from.
TIME_ZONE: Final = "America/New_York"

#: Values handed over in memory are gone with the process: all steps run again.
RETRY_AFTER_CRASH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "dagster/max_retries": "2",
        "dagster/retry_on_asset_or_op_failure": "false",
        "dagster/retry_strategy": "ALL_STEPS",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """What one mode gives to definitions.

    Jobs take the resources, which are bound to environment variables, and need no run config
    for them. ``config`` is the published default run config, for those who build jobs of their
    own; as a job's default it would make a run fail for want of a variable that it never reads.
    """

    environment: Environment
    resources: Mapping[str, Any]
    #: Clients of other people's services, for jobs that name them.
    peers: Mapping[str, Any]
    config: Mapping[str, Any]
    tags: Mapping[str, str]
    sensor_status: dg.DefaultSensorStatus
    #: How often sensors look for work, at most.
    sensor_interval_s: int
    schedule_status: dg.DefaultScheduleStatus

    def job(
        self,
        graph: dg.GraphDefinition,
        *,
        name: str,
        kind: Kind = Kind.LIGHT,
        ops: Mapping[str, Any] | None = None,
        peers: Sequence[str] = (),
        exclusive: str | None = None,
        is_repeatable: bool = False,
        metadata: Mapping[str, Any] | None = None,
        description: str | None = None,
    ) -> dg.JobDefinition:
        """Return a job that runs the graph in one process and hands values over in memory.

        Parameters
        ----------
        kind
            What sort of work its runs do: it limits how many work at once.
        ops
            Default run config of the ops; a run that configures any op replaces all of it.
        peers
            Resource keys of the clients of other people's services that its ops need.
        exclusive
            What only one run at a time may work on.
        is_repeatable
            Whether a run whose worker died may simply run again. A run whose step failed may
            not: its ops have retried what is worth it.
        description
            What it does, where the graph cannot say it: it serves several jobs.
        """
        tags = {**self.tags, LAUNCHED_BY_TAG: "user", **tags_of(kind)}
        if is_repeatable:
            tags |= RETRY_AFTER_CRASH
        if exclusive:
            tags[EXCLUSIVE_TAG] = exclusive
        return graph.to_job(
            name=name,
            resource_defs={**self.resources, **{key: self.peers[key] for key in peers}},
            config={"ops": dict(ops)} if ops else None,
            executor_def=dg.in_process_executor,
            tags=tags,
            metadata=dict(metadata or {}),
            description=description,
        )

    def schedule(
        self,
        *,
        name: str,
        job_name: str,
        cron: str,
        description: str,
        run_config: Mapping[str, Any] | None = None,
        is_up_to_operators: bool = False,
    ) -> dg.ScheduleDefinition:
        """Return a schedule, by the clocks of New York.

        Parameters
        ----------
        is_up_to_operators
            Whether somebody has to switch it on, in every mode.
        """
        stopped = dg.DefaultScheduleStatus.STOPPED
        return dg.ScheduleDefinition(
            name=name,
            job_name=job_name,
            cron_schedule=cron,
            execution_timezone=TIME_ZONE,
            description=description,
            run_config=run_config,
            tags={LAUNCHED_BY_TAG: "schedule"},
            default_status=stopped if is_up_to_operators else self.schedule_status,
        )


def _bound(variables: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, Any]]:
    return {
        key: {name: dg.EnvVar(variable) for name, variable in fields.items()}
        for key, fields in variables.items()
    }


def _peers() -> dict[str, Any]:
    bound = _bound(PEER_VARIABLES)
    return {
        "gold_api_client": GoldClientResource(**bound["gold_api_client"]),
        "nmdc_portal_api_client": NmdcPortalClientResource(**bound["nmdc_portal_api_client"]),
        "neon_api_client": NeonClientResource(**bound["neon_api_client"]),
    }


def _resources() -> dict[str, Any]:
    bound = _bound(VARIABLES)
    return {
        "runtime_api_site_client": RuntimeApiSiteClientResource(**bound["runtime_api_site_client"]),
        "runtime_api_user_client": RuntimeApiUserClientResource(**bound["runtime_api_user_client"]),
        "mongo": MongoResource(**bound["mongo"]),
        "services": services_resource,
        # Ops of a run share a process: 45 MB of documents need not go over the disk.
        "io_manager": dg.mem_io_manager,
    }


def _config() -> dict[str, Any]:
    return {
        "resources": {
            key: {"config": {name: {"env": variable} for name, variable in fields.items()}}
            for key, fields in VARIABLES.items()
        },
        "ops": {},
    }


def _preset(environment: Environment, *, runs_by_itself: bool) -> Preset:
    return Preset(
        environment=environment,
        resources=MappingProxyType(_resources()),
        peers=MappingProxyType(_peers()),
        config=MappingProxyType(_config()),
        tags=MappingProxyType({"nmdc/environment": environment.value}),
        sensor_status=dg.DefaultSensorStatus.RUNNING
        if runs_by_itself
        else dg.DefaultSensorStatus.STOPPED,
        sensor_interval_s=10 if runs_by_itself else 1,
        schedule_status=dg.DefaultScheduleStatus.RUNNING
        if runs_by_itself
        else dg.DefaultScheduleStatus.STOPPED,
    )


preset_dev: Final = _preset(Environment.DEV, runs_by_itself=True)
preset_prod: Final = _preset(Environment.PROD, runs_by_itself=True)
#: Tests start the sensors and schedules that they are about.
preset_test: Final = _preset(Environment.TEST, runs_by_itself=False)

PRESETS: Final = MappingProxyType(
    {preset.environment: preset for preset in (preset_dev, preset_prod, preset_test)}
)


def current_preset() -> Preset:
    """Return the preset of this deployment."""
    settings = Settings()
    preset, interval_s = PRESETS[settings.environment], settings.dagster.sensor_interval_s
    return preset if interval_s is None else replace(preset, sensor_interval_s=interval_s)
