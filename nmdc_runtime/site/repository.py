"""The published names of the workspace; what the code server loads.

One code server serves the four repositories, so that links into the UI and job names stay as
published. They are made when somebody asks for them, as Dagster does on loading this module, and
not by its import: their mode depends on ``NMDC_ENVIRONMENT``. A `Definitions` object must not
stand here: Dagster would load that instead.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import dagster as dg

from nmdc_runtime.site.definitions import CONCERNS, repository_of
from nmdc_runtime.site.frozen import freeze
from nmdc_runtime.site.presets import current_preset, preset_dev

repo: dg.RepositoryDefinition
biosample_submission_ingest: dg.RepositoryDefinition
biosample_export: dg.RepositoryDefinition
database_records_stitching: dg.RepositoryDefinition

#: Published: what to pass on as ``graph.to_job(**preset_normal)``. Resources and default run
#: config are the same in every mode.
preset_normal: Final[dict[str, Any]] = {
    "resource_defs": {**preset_dev.resources, **preset_dev.peers},
    "config": dict(preset_dev.config),
}
resource_defs: Final[Mapping[str, Any]] = preset_normal["resource_defs"]
run_config_frozen__normal_env: Final = freeze(preset_normal["config"])


@cache
def _in_current_mode(name: str) -> dg.RepositoryDefinition:
    return repository_of(name, current_preset())


def __getattr__(name: str) -> dg.RepositoryDefinition:
    """Make a repository the first time that somebody asks for it."""
    if name in CONCERNS:
        return _in_current_mode(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the repositories too: Dagster looks here for what to load."""
    return sorted({*globals(), *CONCERNS})
