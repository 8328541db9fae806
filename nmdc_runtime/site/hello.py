"""Say hello: the smallest job, to see that runs run."""

import dagster as dg

from nmdc_runtime.site.presets import Preset


class HelloConfig(dg.Config):
    """Whom to greet."""

    name: str = "NMDC"


@dg.op
def hello(context: dg.OpExecutionContext, config: HelloConfig) -> str:
    """Greet somebody by name."""
    greeting = f"Hello, {config.name}!"
    context.log.info(greeting)
    return greeting


@dg.graph
def hello_graph() -> str:
    """Say hello: the smallest job, to see that runs run."""
    result: str = hello()
    return result


def hello_job(preset: Preset) -> dg.JobDefinition:
    """Return the job of this name."""
    return preset.job(hello_graph, name="hello_job")
