"""`nmdc-runtime mongo-init`: the one-shot service that makes a stack's MongoDB a replica set."""

import click

from nmdc_runtime.cli.examples import examples
from nmdc_runtime.config import Settings
from nmdc_runtime.mongo import replica_set


@click.command(
    epilog=examples(
        "nmdc-runtime mongo-init",
        "MONGO_HOST=mongodb://mongo:27017 nmdc-runtime mongo-init --timeout 300",
        "nmdc-runtime mongo-init --member-host db.example.org:27017",
    ),
    name="mongo-init",
)
@click.option(
    "--member-host",
    help="host:port under which clients find the server.  [default: as in MONGO_HOST]",
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=1),
    default=120,
    show_default=True,
    help="Seconds within which the server must be primary.",
)
def mongo_init(member_host: str | None, timeout_s: float) -> None:
    """Wait for the server at MONGO_HOST and make it a replica set of one member, once.

    Reads MONGO_HOST, MONGO_USERNAME and MONGO_PASSWORD (or MONGO_PASSWORD_FILE). Running it
    again is harmless; a set of one that has another address is moved to this one.
    """
    settings = Settings().mongo
    replica_set.initiate(
        settings.url,
        username=settings.username,
        password=settings.password.get_secret_value() if settings.password else None,
        member_host=member_host,
        timeout_s=timeout_s,
        report=click.echo,
    )
    host = member_host or replica_set.member_host_of(settings.url)
    click.echo(f"{host} is the primary of {replica_set.REPLICA_SET}")
