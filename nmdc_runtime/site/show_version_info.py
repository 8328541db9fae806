"""Tell which version of the Runtime the workspace runs, with a run or without."""

from importlib.metadata import version

import dagster as dg

from nmdc_runtime.site.presets import Preset

DISTRIBUTION = "nmdc-runtime"


@dg.op
def show_version_info_op(context: dg.OpExecutionContext) -> str:
    """Log and return the installed version of the Runtime."""
    installed = version(DISTRIBUTION)
    context.log.info(f"{DISTRIBUTION} {installed}")
    return installed


@dg.graph
def show_version_info_graph() -> str:
    """Log and return the installed version of the Runtime."""
    result: str = show_version_info_op()
    return result


def show_version_info(preset: Preset) -> dg.JobDefinition:
    """Return the job of this name; its metadata says the version too."""
    return preset.job(
        show_version_info_graph,
        name="show_version_info",
        metadata={"nmdc_runtime": version(DISTRIBUTION)},
    )
