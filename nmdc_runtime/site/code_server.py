"""The code server, with runs that start from a process that has imported everything already.

``python -m nmdc_runtime.site.code_server -h HOST -p PORT`` is ``dagster api grpc -m
nmdc_runtime.site.repository -h HOST -p PORT``, whose options it takes. Dagster gives each run a
fresh interpreter, and importing costs four seconds of CPU before a run does anything; here a run
is forked from a server of Python's own (`multiprocessing`'s ``forkserver``), a single-threaded
process which has imported the workspace and nothing else.
"""

import logging
import multiprocessing
import sys
from multiprocessing import forkserver
from typing import Any, Final

logger = logging.getLogger(__name__)

#: What a run needs before it can begin. A name that is not there is skipped.
PRELOADED: Final = (
    "dagster._grpc.server",
    "dagster._core.execution.run_cancellation_thread",
    "dagster_postgres",
    "psycopg2",
    "nmdc_runtime.site.run_launcher",
    "nmdc_runtime.site.repository",
)


def fork_runs_from_preloaded_process() -> None:
    """Make code servers of this process start runs by fork; `DagsterApiServer` has no option."""
    from dagster._grpc import server  # noqa: PLC0415 (a run must not import it twice)

    context: Any = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))

    class ForkingApiServer(server.DagsterApiServer):
        """Dagster's server, with another way to start a run's process."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (as Dagster's)
            super().__init__(*args, **kwargs)
            self._mp_ctx = context
            forkserver.ensure_running()  # it imports while this process begins to serve

        def _check_for_orphaned_runs(self) -> None:
            """Tell of runs whose process has died; if PostgreSQL is away, the next time.

            Dagster's own thread would end with the first error. From then on a run whose process
            dies would count as at work for ever.
            """
            try:
                super()._check_for_orphaned_runs()
            except Exception:
                logger.exception("dead runs not told of")

    untyped: Any = server
    untyped.DagsterApiServer = ForkingApiServer


def main(arguments: list[str]) -> None:
    """Serve the workspace until interrupted."""
    from dagster._cli import cli  # noqa: PLC0415 (a run imports this module, not the command line)

    if sys.platform == "linux":  # elsewhere system libraries do not survive a fork
        fork_runs_from_preloaded_process()
    command: Any = cli
    command(["api", "grpc", "-m", "nmdc_runtime.site.repository", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
