"""Run the command line as ``python -m nmdc_runtime.cli``."""

from nmdc_runtime.cli.main import cli

cli()
