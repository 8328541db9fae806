"""`nmdc-runtime restore`: a backup out of object storage, into a database that is empty."""

import click

from nmdc_runtime.backups.models import Dump
from nmdc_runtime.cli.examples import examples
from nmdc_runtime.config import Settings
from nmdc_runtime.kernel.clock import utc_now
from nmdc_runtime.wiring import open_services


@click.command(
    epilog=examples(
        "nmdc-runtime restore --list",
        "nmdc-runtime restore --into nmdc_restored",
        "nmdc-runtime restore --backup 20261123T060000Z --into nmdc_restored",
    ),
)
@click.option("--list", "is_list", is_flag=True, help="List the backups there are; restore none.")
@click.option(
    "--backup", "backup_id", metavar="ID", help="Which backup.  [default: the newest whole one]"
)
@click.option("--into", metavar="DATABASE", help="Database to fill; it must not have collections.")
def restore(*, is_list: bool, backup_id: str | None, into: str | None) -> None:
    """Restore a backup that the job `backup_nmdcdb` made, and check every document of it.

    Nothing that is there is overwritten: the documents go into a database of another name, and
    when all is well you let MONGO_DBNAME name that. A restore that was interrupted is begun anew
    by the same command.

    Reads MONGO_HOST, MONGO_USERNAME, MONGO_PASSWORD, MONGO_DBNAME (whose backup), API_SITE_ID or
    NMDC_UPKEEP__BACKUP_BUCKET (the bucket), DO_ENDPOINT_URL, DO_SPACES_KEY and DO_SPACES_SECRET.
    """
    if is_list == (into is not None):
        raise click.UsageError("say one of --list and --into DATABASE")
    with open_services(Settings()) as services:
        backups = services.upkeep.backups
        if into is None:
            for each in backups.list_dumps():
                click.echo(_line(each))
            return

        def tell(text: str) -> None:
            click.echo(f"{utc_now():%H:%M:%S} {text}", err=True)

        manifest = backups.restore(backup_id, into=into, tell=tell)
    click.echo(
        f"The backup {manifest.id} of {manifest.database} is in the database {into}: "
        f"{manifest.documents} documents of {len(manifest.collections)} collections, as dumped."
    )


def _line(dump: Dump) -> str:
    if dump.manifest is None:
        return f"{dump.id}  {'damaged' if dump.is_strange else 'not whole'}"
    manifest = dump.manifest
    return (
        f"{dump.id}  {manifest.database}  {manifest.documents} documents  "
        f"{manifest.size_bytes} bytes  nmdc-schema {manifest.schema_version}"
    )
