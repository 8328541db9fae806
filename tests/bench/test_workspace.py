"""The bars of the Dagster workspace at rest: memory of its processes, and how soon it is loaded."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from nmdc_runtime.config import Settings
from nmdc_runtime.wiring import boot, open_services
from tests.bench.conftest import Ledger, median_s
from tests.site.conftest import variables
from tests.site.workspace import Workspace, running_postgres
from tests.support.servers import wait_until

#: By then sensors and schedules have looked several times.
REST_S = 45
#: What any program pays that only imports Dagster.
BARE = "import dagster, os; print(flush=True); os.read(0, 1)"


def pss_mb(process: psutil.Process) -> float:
    """Return the proportional set size of a process and all that it started."""
    family = [process, *process.children(recursive=True)]
    return sum(each.memory_full_info().pss for each in family) / 2**20


@pytest.fixture
def workspace(settings: Settings, database, tmp_path: Path) -> Iterator[Workspace]:
    with open_services(settings) as services:
        boot(services)
    with running_postgres() as postgres:
        running = Workspace(tmp_path, {**variables(settings), **postgres})
        try:
            yield running
        finally:
            running.close()


def bare_mb() -> float:
    with subprocess.Popen(
        [sys.executable, "-c", BARE], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        size = pss_mb(psutil.Process(process.pid))
        process.communicate(b"x")
    return size


def test_the_workspace_at_rest(workspace: Workspace, ledger: Ledger):
    bare_s = median_s(
        lambda: subprocess.run([sys.executable, "-c", "import dagster"], check=True), times=3
    )
    workspace.start_code_server()  # the first makes the tables of the runs
    workspace.stop("code")
    began = time.perf_counter()
    workspace.start_code_server()
    loaded_s = time.perf_counter() - began
    used = psutil.Process(workspace.pid("code")).cpu_times()
    workspace.start_web_server()
    workspace.start_daemon()
    wait_until(workspace.is_idle, timeout_s=120, what="an idle workspace")
    time.sleep(REST_S)
    wait_until(workspace.is_idle, timeout_s=120, what="an idle workspace")

    sizes = {name: pss_mb(psutil.Process(workspace.pid(name))) for name in workspace.running}

    ledger.add("code server, until it serves", loaded_s, "s", bar=6, bare=bare_s)
    ledger.add("code server, CPU until it serves", used.user + used.system, "s", bar=6)
    bare = bare_mb()
    for name, size in sizes.items():
        bar = 350 if name == "code" else None
        ledger.add(f"{name} at rest, PSS", size, "MB", bar=bar, bare=bare)
    ledger.add("workspace at rest, PSS", sum(sizes.values()), "MB", bar=800, bare=3 * bare)
