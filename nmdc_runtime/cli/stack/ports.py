"""Services of the stack by name, and their ports, chosen before anything starts."""

import socket
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from nmdc_runtime.cli.stack.errors import PortInUse
from nmdc_runtime.cli.stack.processes import process_on_port

SERVICE_NAMES: Final = (
    *("mongo", "postgres", "s3"),
    *("fastapi", "follower", "dagster-code", "dagster-dagit", "dagster-daemon"),
)

#: Services that listen, with the option that sets their port and its default.
PORTS: Final[Mapping[str, tuple[str, int]]] = {
    "fastapi": ("--api-port", 8000),
    "dagster-dagit": ("--dagit-port", 3000),
    "mongo": ("--mongo-port", 27017),
    "postgres": ("--postgres-port", 5432),
    "s3": ("--s3-port", 9000),
    "dagster-code": ("--code-port", 0),
}


@dataclass(frozen=True, slots=True)
class PortWish:
    """The port a service shall have; 0 is any free one. The option says how to wish otherwise."""

    service: str
    port: int
    option: str


def choose_ports(wishes: Iterable[PortWish]) -> dict[str, int]:
    """Return a port for each service, or raise `PortInUse` naming all that are taken."""
    ports: dict[str, int] = {}
    problems: list[str] = []
    with ExitStack() as held:  # all at once, so that no two get the same free one
        for wish in wishes:
            probe = held.enter_context(socket.socket())
            # As servers do: a port whose last connections are only lingering is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wish.port))
                probe.listen()
            except OSError as error:
                problems.append(_problem(wish, error))
            else:
                ports[wish.service] = probe.getsockname()[1]
    if problems:
        raise PortInUse("\n".join(problems))
    return ports


def _problem(wish: PortWish, error: OSError) -> str:
    user = process_on_port(wish.port)
    by = f" (by {user})" if user else ""
    return (
        f"port {wish.port}, wanted for {wish.service}, cannot be had{by}: {error.strerror}; "
        f"free it, or choose another with {wish.option} (0: any free one)"
    )
