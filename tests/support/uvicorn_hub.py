"""The hub as a process of its own, on a free port, as it is deployed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from nmdc_runtime.config import Settings
from tests.support.servers import free_port, wait_until


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the variables from which a process makes the same settings."""
    return {
        "NMDC_ENVIRONMENT": "test",
        "MONGO_HOST": settings.mongo_host,
        "MONGO_DBNAME": settings.mongo_dbname,
        "JWT_SECRET_KEY": settings.jwt_secret_key.get_secret_value(),
        "API_HOST": settings.api_host,
        "API_HOST_EXTERNAL": settings.api_host_external,
        "API_ADMIN_USER": settings.api_admin_user,
        "API_ADMIN_PASS": settings.api_admin_pass.get_secret_value(),
        "API_SITE_ID": settings.api_site_id,
        "API_SITE_CLIENT_ID": settings.api_site_client_id,
        "API_SITE_CLIENT_SECRET": settings.api_site_client_secret.get_secret_value(),
        "DAGIT_HOST": settings.dagit_host,
    }


@contextmanager
def running_hub(
    settings: Settings, *, port: int | None = None, **more: str
) -> Iterator[tuple[str, int]]:
    """Yield the address and the process id of a hub with these settings."""
    port = port or free_port()
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "nmdc_runtime.api.main:app", "--port", str(port)],
        env={**kept, **environment_of(settings), **more},
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None, f"the hub ended with {process.returncode}"
        try:
            return requests.get(f"{url}/version", timeout=5).ok
        except requests.RequestException:
            return False

    try:
        wait_until(answers, timeout_s=120, what="the hub")
        yield url, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
