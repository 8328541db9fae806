"""A migration from its first step to its last."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from pymongo import MongoClient
from pymongo.database import Database

from nmdc_runtime.graph.lease import Hold
from nmdc_runtime.migration import copying, dumping, swapping
from nmdc_runtime.migration.checking import Checker
from nmdc_runtime.migration.errors import DocumentsUnfit, WrongSchemaInstalled
from nmdc_runtime.migration.interpreter import run_migrators
from nmdc_runtime.migration.locking import writes_locked
from nmdc_runtime.migration.models import (
    CollectionReport,
    EventKind,
    MigrationReport,
    MigrationRequest,
    MigrationState,
    Phase,
    SchemaPackage,
    Swap,
    SwapKind,
)
from nmdc_runtime.migration.rules import is_same_version, plan_chain
from nmdc_runtime.migration.service import MigrationService
from nmdc_runtime.migration.store import BEFORE, TEMPORARY
from nmdc_runtime.migration.watching import watching
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.schema.load import load_json_schema, load_registry_of
from nmdc_runtime.schema.validator import DocumentValidator


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One migration: what was asked for, with what, and what comes of it."""

    service: MigrationService
    request: MigrationRequest
    package: SchemaPackage
    validator: DocumentValidator
    report: MigrationReport

    def run(self) -> None:
        """Migrate, or only rehearse; see `migrate`."""
        service, request, report = self.service, self.request, self.report
        with service.leased() as hold:
            if request.is_dry_run:
                service.check_settled()
                copying.drop_scratch(service.client, service.database.name)
            else:
                service.settle()
            report.source = service.source_version(request.source)
            chain = plan_chain(
                self.package.migrators, current=report.source, target=self.package.version
            )
            report.modules = [each.module for each in chain.steps]
            report.gaps = list(chain.gaps)
            if is_same_version(report.source, request.target):
                report.outcome = "nothing to do"
                return
            registries = (service.registry, self.validator.registry)
            concerned = copying.list_concerned(service.database, registries)
            self._check_room(concerned)
            if request.is_dry_run:
                self._rehearse(concerned)
            else:
                self._migrate(concerned, hold)

    def _check_room(self, concerned: list[str]) -> None:
        size_bytes = copying.size_of(self.service.database, concerned)
        copying.check_room(self.service.database, size_bytes=size_bytes)
        if self.request.dump is not None and not self.request.is_dry_run:
            dumping.check_folder(self.request.dump, needed_bytes=size_bytes)

    def _rehearse(self, concerned: list[str]) -> None:
        try:
            self._transform(concerned, copying.make_scratch(*self._place()), lambda: None)
        finally:
            copying.drop_scratch(*self._place())
        self.report.outcome = "would be migrated"

    def _migrate(self, concerned: list[str], hold: Hold) -> None:
        service = self.service
        state = service.new_state(self.report)
        service.store.put_state(state)
        try:
            with self._step("lock"):
                reason = f"the data are being migrated to nmdc-schema {self.report.target}"
                locked = writes_locked(service.guard, reason)
            with locked as lock, watching(service.database, concerned, service.store) as watch:
                service.event(EventKind.LOCKED, state)
                self._dump(concerned, state)
                scratch = copying.make_scratch(*self._place())
                transformed = partial(service.event, EventKind.TRANSFORMED, state)
                self._transform(concerned, scratch, transformed)
                service.event(EventKind.VALIDATED, state)
                self._prepare(scratch, state)
                with self._step("swap"):
                    hold.check()
                    watch.check()
                    ready = state.model_copy(update={"phase": Phase.SWAPPING})
                    lock.stay(lambda tx: service.store.put_state(ready, tx=tx))
                    state.phase = Phase.SWAPPING
                    self._swap(state)
        except BaseException as error:
            if state.phase is Phase.PREPARING:
                service.abandon(state, reason=f"{type(error).__name__}: {error}"[:1_000])
            raise
        service.finish(state, self.validator.registry)
        self.report.outcome = "migrated"

    def _dump(self, concerned: list[str], state: MigrationState) -> None:
        if self.request.dump is None:
            return
        with self._step("dump"):
            tell = partial(self.service.tell, "dump")
            files = dumping.dump(self.service.database, concerned, self.request.dump, tell=tell)
        self.report.dump = str(self.request.dump)
        self.service.event(EventKind.DUMPED, state, documents=sum(each.documents for each in files))

    def _transform(
        self, concerned: list[str], scratch: Database[Document], done: Callable[[], None]
    ) -> None:
        """Copy, run the migrators on the copy, and check what came of it."""
        service = self.service
        with self._step("copy"):
            for name in concerned:
                copying.copy_to_scratch(service.database, scratch, name)
            service.tell("copy", f"{len(concerned)} collections")
        with self._step("migrators"):
            run_migrators(
                self.package.python,
                self.report.modules,
                url=service.url,
                options=service.options,
                database=scratch.name,
                tell=partial(service.tell, "migrators"),
            )
        done()
        with self._step("check"):
            self._check(concerned, scratch)
        if self.report.problems:
            raise DocumentsUnfit(target=self.report.target, problems=self.report.problems)

    def _check(self, concerned: list[str], scratch: Database[Document]) -> None:
        checker = Checker(
            original=self.service.database,
            scratch=scratch,
            validator=self.validator,
            most_listed=self.request.most_problems,
        )
        for name in sorted({*concerned, *_collections_of(scratch)}):
            checked = checker.check(name)
            self.report.collections.append(checked)
            self.service.tell("check", _sentence(checked))

    def _prepare(self, scratch: Database[Document], state: MigrationState) -> None:
        """Put beside the old collections what is to take their place."""
        database, registry = self.service.database, self.validator.registry
        there = set(_collections_of(database))
        made = set(_collections_of(scratch))
        with self._step("prepare"):
            # Only the last migration can be undone: there is no room for all of them.
            copying.drop_temporaries(database, prefixes=(TEMPORARY, BEFORE))
            state.previous = None
            for each in self.report.collections:
                swap = _swap_of(each, there=there, made=made)
                if swap is not None:
                    if each.collection in there:
                        swap.indexes = copying.index_specs(database, each.collection)
                    state.swaps.append(swap)
                elif each.collection in registry.collections:
                    copying.ensure_schema_indexes(
                        database, registry, each.collection, on=each.collection
                    )
            self.service.store.put_state(state)
            for swap in state.swaps:
                copying.prepare(database, scratch, swap, registry)
                self.service.tell("prepare", f"{swap.collection}: {swap.kind}")

    def _swap(self, state: MigrationState) -> None:
        service = self.service
        try:
            service.event(EventKind.STARTED, state)
            swapping.put_in_place(service.database, state.swaps)
            service.tell("swap", f"{len(state.swaps)} collections are in place")
        except Exception:
            # If this fails, too, the lock stays, and the next call finishes what was begun.
            service.undo(state)
            raise

    def _place(self) -> tuple[MongoClient[Document], str]:
        return self.service.client, self.service.database.name

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        self.service.tell(name, "...")
        yield
        self.report.seconds[name] = round(time.perf_counter() - began, 3)


def prepare_migration(
    service: MigrationService,
    request: MigrationRequest,
    report: MigrationReport,
    *,
    package: SchemaPackage,
) -> Migration:
    """Return the migration that is asked for; raise `WrongSchemaInstalled`.

    Parameters
    ----------
    report
        Is filled in step by step, so that it says how far a migration came that fails.
    package
        What `describe_package` says of the interpreter in which the migrators are to run.
    """
    if not is_same_version(package.version, request.target):
        raise WrongSchemaInstalled(
            wanted=request.target, installed=package.version, python=str(package.python)
        )
    report.target = package.version
    registry = load_registry_of(package.version, package.folder)
    validator = DocumentValidator(registry, load_json_schema(package.folder))
    return Migration(
        service=service, request=request, package=package, validator=validator, report=report
    )


def _collections_of(database: Database[Document]) -> list[str]:
    names = database.list_collection_names(filter={"type": "collection"})
    return [name for name in names if not name.startswith(("_", "system."))]


def _swap_of(report: CollectionReport, *, there: set[str], made: set[str]) -> Swap | None:
    name = report.collection
    if name not in made:
        return Swap(collection=name, kind=SwapKind.REMOVE)
    if name not in there:
        return Swap(collection=name, kind=SwapKind.CREATE)
    return Swap(collection=name, kind=SwapKind.REPLACE) if report.is_different else None


def _sentence(report: CollectionReport) -> str:
    counts = [f"{report.documents} documents"]
    for count, what in (
        (report.changed, "changed"),
        (report.inserted, "new"),
        (report.removed, "removed"),
        (report.problems, "problems"),
    ):
        if count:
            counts.append(f"{count} {what}")
    return f"{report.collection}: {', '.join(counts)}"
