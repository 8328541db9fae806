"""How what looks after the data is put together: checks, backups, sweeps."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from pymongo.database import Database

from nmdc_runtime.backups.service import SCRATCH as DRILLS
from nmdc_runtime.backups.service import BackupService
from nmdc_runtime.backups.store import BACKUPS, BackupStore
from nmdc_runtime.checks.service import CheckService
from nmdc_runtime.checks.store import ReportStore
from nmdc_runtime.clients.object_storage import S3Storage
from nmdc_runtime.config import Environment, Settings
from nmdc_runtime.graph.store import ALLDOCS, GRAPH
from nmdc_runtime.graph.store import TEMPORARY as GRAPHS
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.migration.copying import SCRATCH as MIGRATIONS
from nmdc_runtime.migration.replacing import WAITING as IMPORTS
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.indexes import Index
from nmdc_runtime.mongo.transactions import Transactions
from nmdc_runtime.objects.orphans import OrphanStore
from nmdc_runtime.queries.store import CONTINUATIONS, RESULTS
from nmdc_runtime.schema.validator import DocumentValidator
from nmdc_runtime.sweeps.models import Expiring
from nmdc_runtime.sweeps.service import SweepService
from nmdc_runtime.sweeps.store import LeftoverStore
from nmdc_runtime.wiring.indexes import all_indexes

#: Made of other collections, or of use for an hour; a name that ends with a dot is a beginning.
DERIVED: Final = (ALLDOCS, GRAPH, CONTINUATIONS, RESULTS, BACKUPS, "_runtime.tmp.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """What looks after the data."""

    checks: CheckService
    backups: BackupService
    sweeps: SweepService


def assemble_upkeep(
    settings: Settings,
    database: Database[Document],
    *,
    validator: DocumentValidator,
    transactions: Transactions,
    audit: AuditTrail,
    clock: Clock,
) -> Upkeep:
    """Return what looks after the data."""
    wanted = settings.upkeep
    checks = CheckService(
        database=database,
        reports=ReportStore(database),
        validator=validator,
        clock=clock,
        most_listed=wanted.problems_listed,
        kept=wanted.reports_kept,
    )
    place = settings.object_storage
    if wanted.backup_bucket:
        place = replace(place, bucket=wanted.backup_bucket)
    storage = S3Storage(place, makes_bucket=settings.environment is not Environment.PROD)
    return Upkeep(
        checks=checks,
        backups=BackupService(
            database=database,
            store=BackupStore(storage, database),
            checks=checks,
            clock=clock,
            left_out=(*DERIVED, *wanted.not_backed_up),
            kept=wanted.backups_kept,
            kept_for=wanted.backups_kept_for,
            schema_version=validator.registry.version,
        ),
        sweeps=SweepService(
            orphans=OrphanStore(database, transactions=transactions),
            leftovers=LeftoverStore(
                database, temporaries=(GRAPHS, IMPORTS), scratches=(DRILLS, MIGRATIONS)
            ),
            expiring=list(_expiring(all_indexes(validator.registry))),
            checks=checks,
            audit=audit,
            clock=clock,
            grace=wanted.sweep_grace,
        ),
    )


def _expiring(indexes: Iterable[Index]) -> Iterator[Expiring]:
    for each in indexes:
        if each.expire_after is not None:
            (key,) = each.keys
            yield Expiring(collection=each.collection, key=key, after=each.expire_after)
