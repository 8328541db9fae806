#!/usr/bin/env python
"""Health checks of the containers: ``nmdc-healthcheck KIND [ADDRESS]``; exits 0 if healthy.

The images carry neither curl nor a shell tool for gRPC, and Dagster's own checks import all of
Dagster (seconds of CPU at every interval), so each check here does the least that proves life.

- ``http URL``: answers with a status below 400.
- ``answers URL``: answers at all, and not with a server error (S3 refuses anonymous requests).
- ``grpc HOST:PORT``: the gRPC health service says SERVING.
- ``daemon``: one of Dagster's daemons sent a heartbeat lately (their process ends itself if one of
  them stops); read from the PostgreSQL that the DAGSTER_POSTGRES_* variables name.
- ``touched FILE``: a process touched its file lately, as it does while it is well.
"""

import os
import sys
import time
import urllib.error
import urllib.request

TIMEOUT_S = 4
OLDEST_HEARTBEAT_S = 180
OLDEST_TOUCH_S = 60


def http(url: str, *, below: int = 400) -> None:
    """Raise unless a GET is answered with a status below the given one."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as response:  # noqa: S310 (our own address)
            status = response.status
    except urllib.error.HTTPError as refused:
        status = refused.code
    if status >= below:
        raise RuntimeError(f"{url} answers {status}")


def grpc(address: str) -> None:
    """Raise unless the server's health service says that it serves."""
    import grpc as grpc_library  # noqa: PLC0415 (only this check needs it)
    from grpc_health.v1 import health_pb2, health_pb2_grpc  # noqa: PLC0415

    with grpc_library.insecure_channel(address) as channel:
        request = health_pb2.HealthCheckRequest(service="DagsterApi")
        answer = health_pb2_grpc.HealthStub(channel).Check(request, timeout=TIMEOUT_S)
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        raise RuntimeError(f"{address} says {answer.status}")


def daemon() -> None:
    """Raise unless Dagster's daemons have written their heartbeats lately."""
    import psycopg2  # noqa: PLC0415

    with psycopg2.connect(
        host=os.environ.get("DAGSTER_POSTGRES_HOST", "dagster-postgresql"),
        port=os.environ.get("DAGSTER_POSTGRES_PORT", "5432"),
        user=os.environ["DAGSTER_POSTGRES_USER"],
        password=_password(),
        dbname=os.environ["DAGSTER_POSTGRES_DB"],
        connect_timeout=TIMEOUT_S,
    ) as connection:
        cursor = connection.cursor()
        cursor.execute(
            "SELECT EXTRACT(EPOCH FROM (now() AT TIME ZONE 'UTC') - max(timestamp))"
            " FROM daemon_heartbeats"
        )
        (age,) = cursor.fetchone()
    if age is None or age > OLDEST_HEARTBEAT_S:
        raise RuntimeError(f"last heartbeat: {'never' if age is None else f'{age:.0f} s ago'}")


def touched(file: str) -> None:
    """Raise unless the file was touched lately."""
    age = time.time() - os.stat(file).st_mtime  # noqa: PTH116 (no pathlib import for one line)
    if age > OLDEST_TOUCH_S:
        raise RuntimeError(f"last sign of life: {age:.0f} s ago")


def _password() -> str:
    """Return the password; the entrypoint's resolution of the file does not reach this process."""
    if path := os.environ.get("DAGSTER_POSTGRES_PASSWORD_FILE"):
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 (no pathlib import for one line)
            return file.read().strip()
    return os.environ["DAGSTER_POSTGRES_PASSWORD"]


CHECKS = {
    "http": http,
    "answers": lambda url: http(url, below=500),
    "grpc": grpc,
    "daemon": daemon,
    "touched": touched,
}


def main(arguments: list[str]) -> int:
    """Run the check that the arguments name; say on standard error what is wrong."""
    kind, *address = arguments or [""]
    if kind not in CHECKS:
        sys.stderr.write(f"usage: nmdc-healthcheck {'|'.join(CHECKS)} [ADDRESS]\n")
        return 2
    try:
        CHECKS[kind](*address)
    except Exception as problem:  # any reason at all means unhealthy, and the reason is printed
        sys.stderr.write(f"unhealthy: {problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
