"""Mirror the configuration files into the repository that holds this package."""

from pathlib import Path

from nmdc_runtime.site.instance import write_mirrors

write_mirrors(Path(__file__).parents[3])
