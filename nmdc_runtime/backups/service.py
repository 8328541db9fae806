"""What may be done with backups: make one, try the newest, restore one."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bson import ObjectId
from pymongo.database import Database

from nmdc_runtime.backups import rules
from nmdc_runtime.backups.dumping import Dumper
from nmdc_runtime.backups.errors import (
    BackupDamaged,
    BackupRunning,
    BackupThere,
    DatabaseNotEmpty,
    NoWholeBackup,
)
from nmdc_runtime.backups.models import Dump, Manifest
from nmdc_runtime.backups.restoring import Restorer, is_broken_off
from nmdc_runtime.backups.store import LASTS, BackupStore
from nmdc_runtime.checks.models import (
    CheckKind,
    CheckReport,
    CollectionCheck,
    ListedProblem,
    Outcome,
)
from nmdc_runtime.checks.service import CheckService
from nmdc_runtime.graph.lease import Hold
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.client import durable
from nmdc_runtime.mongo.documents import Document

#: Between the name of a database and an id: where dumps of it are tried.
SCRATCH: Final = "_drill_"
#: Longer than the lease of a process that died.
PATIENCE_S: Final = LASTS.total_seconds() + 10
#: What a report calls the rule that a restored collection breaks.
RULE: Final = "restore"

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupService:
    """Make dumps of the database, see that they can be restored, and restore them.

    Parameters
    ----------
    left_out
        Collections that dumps do not hold; see `rules.chosen`.
    kept, kept_for
        How many whole dumps stay, and how long; the newest always does.
    """

    database: Database[Document]
    store: BackupStore
    checks: CheckService
    clock: Clock
    left_out: Sequence[str]
    kept: int
    kept_for: timedelta
    schema_version: str

    def list_dumps(self) -> list[Dump]:
        """Return all that lies in the place of a dump, oldest first."""
        return self.store.list_dumps()

    def backup(self, *, run_id: str | None, tell: Tell) -> CheckReport:
        """Dump the database, then remove the dumps that need not stay.

        Raise `BackupRunning`, `BackupThere`, `ObjectStorageUnavailable`.
        """
        with self.checks.reporting(CheckKind.BACKUP, run_id=run_id) as report, self._held() as hold:
            backup_id = rules.id_of(self.clock())
            if not self.store.is_free(backup_id):
                raise BackupThere(backup_id)
            dumper = Dumper(
                database=self.database,
                store=self.store,
                left_out=self.left_out,
                clock=self.clock,
                hold=hold,
                tell=tell,
            )
            manifest = dumper.dump(backup_id, schema_version=self.schema_version)
            dumps = self.store.list_dumps()
            if backup_id not in {each.id for each in dumps if each.manifest}:
                raise BackupDamaged(backup_id, ["what was stored is not what is there"])
            removed = rules.to_remove(
                dumps,
                database=self.database.name,
                now=self.clock(),
                kept=self.kept,
                kept_for=self.kept_for,
            )
            for each in removed:
                hold.check()
                self.store.remove(each)
                tell(f"{each} removed")
            report.counts = {
                "collections": len(manifest.collections),
                "documents": manifest.documents,
                "size_bytes": manifest.size_bytes,
                "removed": len(removed),
            }
            report.summary = (
                f"{backup_id}: {manifest.documents} documents of {len(manifest.collections)} "
                f"collections, {manifest.size_bytes} bytes"
            )
            report.notes = _notes(manifest, dumps, removed)
        return report

    def drill(self, *, run_id: str | None, tell: Tell) -> CheckReport:
        """Restore the newest whole dump into a scratch database, compare, and drop that.

        Raise `BackupRunning`, `NoWholeBackup`, `ObjectStorageUnavailable`.
        """
        with self.checks.reporting(CheckKind.DRILL, run_id=run_id) as report, self._held() as hold:
            self._drop_scratches()
            manifest = self._whole(None)
            name = f"{self.database.name}{SCRATCH}{str(ObjectId())[-10:]}"
            scratch = durable(self.database.client[name])
            try:
                restorer = Restorer(
                    store=self.store, manifest=manifest, into=scratch, check=hold.check
                )
                self._fill(restorer, report, tell)
            finally:
                self.database.client.drop_database(name)
            problems = report.counts["problems"]
            report.outcome = Outcome.PROBLEMS if problems else Outcome.GOOD
            found = f"{problems} problems" if problems else "restored as it was dumped"
            report.summary = f"{manifest.id}: {found}, {manifest.documents} documents"
        return report

    def restore(self, backup_id: str | None, *, into: str, tell: Tell) -> Manifest:
        """Restore a dump, by default the newest, into a database that has no collections yet.

        What a restore left that broke off is dropped first. A dump that turns out to be damaged
        leaves the database as far as it came, marked.

        Raise `NoWholeBackup`, `DatabaseNotEmpty`, `BackupDamaged`.
        """
        manifest = self._whole(backup_id)
        database = durable(self.database.client[into])
        if is_broken_off(database):
            tell(f"what an earlier restore left in {into} is dropped")
            self.database.client.drop_database(into)
        elif database.list_collection_names():
            raise DatabaseNotEmpty(into)
        restorer = Restorer(store=self.store, manifest=manifest, into=database, check=lambda: None)
        restorer.begin()
        problems = []
        for each in manifest.collections:
            problems += [f"{each.name}: {problem}" for problem in restorer.restore(each)]
            tell(f"{each.name}: {each.documents} documents")
        if problems:
            raise BackupDamaged(manifest.id, problems)
        if problems := restorer.end():
            raise BackupDamaged(manifest.id, problems)
        return manifest

    def _fill(self, restorer: Restorer, report: CheckReport, tell: Tell) -> None:
        restorer.begin()
        for each in restorer.manifest.collections:
            began = time.perf_counter()
            problems = restorer.restore(each)
            report.collections.append(
                CollectionCheck(
                    collection=each.name,
                    documents=each.documents,
                    problems=len(problems),
                    rules={RULE: len(problems)} if problems else {},
                    listed=[ListedProblem(rule=RULE, message=problem) for problem in problems],
                    seconds=round(time.perf_counter() - began, 3),
                )
            )
            tell(f"{each.name}: {each.documents} documents, {'; '.join(problems) or 'as dumped'}")
        report.notes = restorer.end()
        report.counts = {
            "collections": len(report.collections),
            "documents": restorer.manifest.documents,
            "size_bytes": restorer.manifest.size_bytes,
            "problems": sum(each.problems for each in report.collections) + len(report.notes),
        }

    def _whole(self, backup_id: str | None) -> Manifest:
        """Return the manifest of a whole dump, by default of the newest of this database."""
        whole = [each.manifest for each in self.store.list_dumps() if each.manifest]
        if backup_id is not None:
            named = [each for each in whole if each.id == backup_id]
            if not named:
                raise NoWholeBackup(f"there is no whole backup {backup_id}")
            return named[0]
        own = [each for each in whole if each.database == self.database.name]
        if not own:
            raise NoWholeBackup(f"there is no whole backup of {self.database.name}")
        return own[-1]

    def _drop_scratches(self) -> None:
        """Drop the scratch databases of drills that died: nobody else is at work."""
        client = self.database.client
        ours = re.compile(f"{re.escape(self.database.name + SCRATCH)}[0-9a-f]{{10}}")
        for name in client.list_database_names():
            if ours.fullmatch(name):
                client.drop_database(name)

    @contextmanager
    def _held(self) -> Iterator[Hold]:
        """Be the only one who works on backups of this database; raise `BackupRunning`."""
        deadline = time.monotonic() + PATIENCE_S
        with self.store.lease().held(gives_up=lambda: time.monotonic() > deadline) as hold:
            if hold is None:
                raise BackupRunning
            yield hold


def _notes(manifest: Manifest, dumps: Sequence[Dump], removed: Sequence[str]) -> list[str]:
    notes = []
    if not manifest.is_snapshot:
        notes.append(
            "not all collections are as of one moment: it took longer than MongoDB remembers, or "
            "one was made anew"
        )
    if manifest.left_out:
        notes.append(f"left out: {', '.join(manifest.left_out)}")
    if removed:
        notes.append(f"removed: {', '.join(removed)}")
    strange = [each.id for each in dumps if each.is_strange]
    if strange:
        notes.append(f"have a manifest, and are not whole: {', '.join(strange)}")
    return notes
