"""Kinds of runs: how many of each may work at once, and what each needs where it is a pod.

The limits stand in ``instance/dagster.yaml`` (and in that of ``deploy/kubernetes``), by the tag
``nmdc/kind``: a deployment changes them without a line of code. So that heavy runs never keep a
changesheet waiting, the limits of the heavy kinds leave a place of ``max_concurrent_runs`` free.
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

KIND_TAG: Final = "nmdc/kind"
#: What `dagster-k8s` reads on a run's way into a pod; other launchers ignore it.
POD_TAG: Final = "dagster-k8s/config"


class Kind(StrEnum):
    """What sort of work a run does."""

    #: Seconds, and little memory.
    LIGHT = "light"
    #: Writes that somebody waits for: submissions and changesheets.
    APPLY = "apply"
    #: Fetches and translates records of another system.
    INGEST = "ingest"
    #: Makes files of the database.
    EXPORT = "export"
    #: Loads of ontologies, checks, backups, drills, sweeps: nobody waits for them.
    MAINTENANCE = "maintenance"


#: Services outside: no more than a few runs at once use each. An op that calls one names its pool,
#: ``@dg.op(pool=GOLD_POOL)``; its run waits in the queue while the pool is full. How many is
#: ``concurrency.pools.default_limit``; for one alone, ``dagster instance concurrency set``.
GOLD_POOL: Final = "gold"
NEON_POOL: Final = "neon"
PORTAL_POOL: Final = "submission_portal"
ONTOLOGIES_POOL: Final = "ontologies"

#: CPU and memory that a pod is promised, and the memory at which it is ended. A run's own value
#: of `POD_TAG` replaces them.
_NEEDS: Final[Mapping[Kind, tuple[str, str, str]]] = MappingProxyType(
    {
        Kind.LIGHT: ("100m", "384Mi", "768Mi"),
        Kind.APPLY: ("250m", "512Mi", "1536Mi"),
        Kind.INGEST: ("500m", "1Gi", "2Gi"),
        Kind.EXPORT: ("500m", "512Mi", "1Gi"),
        Kind.MAINTENANCE: ("500m", "512Mi", "1536Mi"),
    }
)


def tags_of(kind: Kind) -> dict[str, str]:
    """Return the tags of a job whose runs are of this kind."""
    cpu, memory, memory_limit = _NEEDS[kind]
    resources = {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory_limit}}
    return {
        KIND_TAG: kind.value,
        POD_TAG: json.dumps({"container_config": {"resources": resources}}),
    }
