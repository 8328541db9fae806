"""The hub over real HTTP in a thread of the test, with the test's own orchestrator."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from nmdc_runtime.config import Settings
from tests.support.servers import free_port, wait_until


@contextmanager
def served_hub(settings: Settings, orchestrator: Any) -> Iterator[str]:
    """Yield the address of a booted hub with these settings."""
    from nmdc_runtime.api.app import create_app  # noqa: PLC0415 (only its users need the hub)

    port = free_port()
    app = create_app(settings, orchestrator=orchestrator)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started or not thread.is_alive(), timeout_s=60, what="the hub")
        assert server.started
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
