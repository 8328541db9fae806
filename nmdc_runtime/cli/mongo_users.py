"""`nmdc-runtime mongo-users`: users of MongoDB for a deployment, each with the rights it needs."""

from pathlib import Path

import click

from nmdc_runtime.cli.examples import examples
from nmdc_runtime.config import Settings
from nmdc_runtime.mongo.client import MongoAddress, open_client
from nmdc_runtime.mongo.users import ensure_users


@click.command(
    epilog=examples(
        "nmdc-runtime mongo-users --output secrets",
        "MONGO_USERNAME=admin MONGO_PASSWORD_FILE=admin-password nmdc-runtime mongo-users "
        "--output secrets",
        "nmdc-runtime mongo-users --output new-secrets --renew",
    ),
    name="mongo-users",
)
@click.option(
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for runtime.env and backup.env, with each user's name and password.",
)
@click.option("--renew", is_flag=True, help="Give users that are there new passwords too.")
def mongo_users(folder: Path, *, renew: bool) -> None:
    """Make users of MongoDB for the Runtime and for backups, so that neither works as root.

    Reads MONGO_HOST, MONGO_DBNAME, and an administrator's MONGO_USERNAME and MONGO_PASSWORD (or
    MONGO_PASSWORD_FILE). Passwords are made here, and written to files that only you can read.
    Running it again leaves passwords as they are.
    """
    mongo = Settings().mongo
    address = MongoAddress(
        url=mongo.url,
        username=mongo.username,
        password=mongo.password.get_secret_value() if mongo.password else None,
    )
    with open_client(address) as client:
        ensure_users(client, database=mongo.database, folder=folder, renew=renew, report=click.echo)
