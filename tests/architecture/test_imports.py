"""What importing a part of the Runtime brings along, in a process of its own, and what it costs."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

PROBE = """
import importlib, json, sys
importlib.import_module({module!r})
# Not getrusage: what it calls the peak is inherited from the process that started this one.
with open("/proc/self/status") as status:
    peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
print(json.dumps({{
    "megabytes": int(peak) / 1024,
    "modules": sorted(name for name in sys.modules if "." not in name),
}}))
"""
#: The bar of the hub. How long the import takes is measured by the benchmarks, on a quiet machine.
HUB_MEGABYTES = 200


def imported(module: str) -> dict[str, Any]:
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("NMDC_", "MONGO_", "API_", "JWT_", "COV_CORE", "COVERAGE"))
    }
    finished = subprocess.run(
        [sys.executable, "-c", PROBE.format(module=module)],
        check=True,
        capture_output=True,
        text=True,
        env=environ,
    )
    report: dict[str, Any] = json.loads(finished.stdout)
    return report


def test_the_hub_imports_neither_dagster_nor_linkml() -> None:
    modules = imported("nmdc_runtime.api.main")["modules"]
    assert not {"dagster", "dagster_graphql", "linkml_runtime", "nmdc_schema"} & set(modules)


def test_importing_the_hub_takes_less_than_200_megabytes() -> None:
    assert imported("nmdc_runtime.api.main")["megabytes"] < HUB_MEGABYTES


@pytest.mark.parametrize("module", ["nmdc_runtime.wiring", "nmdc_runtime.cli.main"])
def test_the_composition_root_and_the_command_load_without_the_heavy_libraries(module: str) -> None:
    modules = imported(module)["modules"]
    assert not {"dagster", "uvicorn", "linkml_runtime"} & set(modules)
