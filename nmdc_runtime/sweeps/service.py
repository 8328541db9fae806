"""The sweep: what is left behind is counted, and removed if that is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from nmdc_runtime.checks.models import CheckKind, CheckReport, Outcome
from nmdc_runtime.checks.service import CheckService
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.objects.orphans import OrphanStore
from nmdc_runtime.sweeps.models import Expiring
from nmdc_runtime.sweeps.store import LeftoverStore

#: Names of what was found that a report lists; the rest is counted.
MOST_NAMED: Final = 100
#: What MongoDB itself takes to remove expired documents.
LATE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepService:
    """Find what is left behind, and remove it.

    Parameters
    ----------
    expiring
        Documents that MongoDB removes by itself, where it has the index for it.
    grace
        How long something must have been there before it counts as left behind.
    """

    orphans: OrphanStore
    leftovers: LeftoverStore
    expiring: Sequence[Expiring]
    checks: CheckService
    audit: AuditTrail
    clock: Clock
    grace: timedelta

    def sweep(
        self, *, dry_run: bool, run_id: str | None, tell: Callable[[str], None]
    ) -> CheckReport:
        """Count, and unless it is a dry run remove, what is left behind."""
        now = self.clock()
        with self.checks.reporting(CheckKind.SWEEP, run_id=run_id) as report:
            self._sweep_gridfs(report, now, dry_run=dry_run)
            self._sweep_leftovers(report, now, dry_run=dry_run)
            self._sweep_expired(report, now, dry_run=dry_run)
            total = sum(report.counts[each] for each in ("files", "chunks", "leftovers", "expired"))
            did = "found" if dry_run else "removed"
            report.summary = (
                f"{did}: {report.counts['files']} files without a record, chunks of "
                f"{report.counts['chunks']} files that are not there, {report.counts['leftovers']} "
                f"temporary collections and databases, {report.counts['expired']} documents whose "
                "time was over"
            )
            if dry_run and total:
                report.outcome = Outcome.PROBLEMS
            for note in report.notes:
                tell(note)
            tell(report.summary)
            if not dry_run and total:
                self.audit.record("sweep_gridfs", "fs.files", details=dict(report.counts))
        return report

    def _sweep_gridfs(self, report: CheckReport, now: datetime, *, dry_run: bool) -> None:
        counts = {"files": 0, "chunks": 0, "size_bytes": 0}
        named: list[str] = []
        for orphan in self.orphans.find(before=now - self.grace):
            if not dry_run and not self.orphans.remove(orphan):
                continue
            counts["files" if orphan.is_file else "chunks"] += 1
            counts["size_bytes"] += orphan.size_bytes
            if len(named) < MOST_NAMED:
                what = "a file without a record" if orphan.is_file else "chunks without a file"
                named.append(f"{orphan.id}: {what}, {orphan.size_bytes} bytes")
        report.counts |= counts
        report.notes += named

    def _sweep_leftovers(self, report: CheckReport, now: datetime, *, dry_run: bool) -> None:
        found = self.leftovers.list_leftovers()
        since = self.leftovers.note(found, now=now)
        old = [each for each in found if since[each.name] <= now - self.grace]
        for each in old:
            if not dry_run:
                self.leftovers.remove(each)
        report.counts |= {"leftovers": len(old), "leftovers_watched": len(found) - len(old)}
        report.notes += [
            f"{each.name}: left behind since before {since[each.name].isoformat()}"
            for each in islice(old, MOST_NAMED)
        ]

    def _sweep_expired(self, report: CheckReport, now: datetime, *, dry_run: bool) -> None:
        report.counts["expired"] = 0
        for each in self.expiring:
            number = self.leftovers.count_expired(each, before=now - LATE)
            if not number:
                continue
            if not dry_run:
                self.leftovers.remove_expired(each, before=now - LATE)
            report.counts["expired"] += number
            report.notes.append(f"{each.collection}: {number} documents whose time was over")
