"""From a plan of a translator to the documents that are new, each with an id that it keeps."""

from collections.abc import Mapping
from dataclasses import dataclass

from nmdc_runtime.ids.sourced import SourceIdService, SourceName
from nmdc_runtime.ingests.matching import Matching
from nmdc_runtime.ingests.models import Ingest
from nmdc_runtime.ingests.store import IngestStore
from nmdc_runtime.metadata.store import MetadataStore
from nmdc_runtime.schema.registry import SchemaRegistry
from nmdc_runtime.translation.database import Database
from nmdc_runtime.translation.minting import mint_all, placeholder_minter
from nmdc_runtime.translation.planning import Label, Plan
from nmdc_runtime.translation.report import TranslationReport


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestService:
    """Find or mint ids for what was planned; tell what is new.

    Parameters
    ----------
    documents
        Tells which ids are stored.
    """

    source_ids: SourceIdService
    store: IngestStore
    documents: MetadataStore
    registry: SchemaRegistry

    def rehearse(
        self, plan: Plan, report: TranslationReport, *, replaces_stored: bool = False
    ) -> Ingest:
        """Return what `prepare` would; things without an id get placeholders, and none is minted.

        The same plan on the same database makes the same documents.
        """
        stored = self._matched(plan)
        by_name = {_name(report, label): label for label in _labels(plan)}
        held = self.source_ids.find(by_name)
        known = {by_name[name]: id_ for name, id_ in held.items()} | stored
        ids = mint_all(plan, placeholder_minter(), known)
        return self._new(plan, report, ids, known, replaces_stored=replaces_stored, is_dry_run=True)

    def prepare(
        self, plan: Plan, report: TranslationReport, *, replaces_stored: bool = False
    ) -> Ingest:
        """Return the new documents with permanent ids, the same however often it is asked.

        Ids are remembered before anything is submitted, so that one who was broken off goes on
        with them.

        Parameters
        ----------
        report
            Its ``source`` is a part of what things are called; it gets the counts of ids.
        replaces_stored
            Whether documents that are stored are handed on too: the translation takes their place,
            and whatever was corrected in them since is gone.
        """
        stored = self._matched(plan)
        labels = {label: _name(report, label) for label in _labels(plan)}
        sourced = self.source_ids.find_or_mint(
            labels.values(), known={labels[label]: id_ for label, id_ in stored.items()}
        )
        # What is stored counts: its name or file would not be taken in twice.
        ids = {label: sourced.ids[name] for label, name in labels.items()} | stored
        known = {label: ids[label] for label, name in labels.items() if name not in sourced.new}
        return self._new(
            plan, report, ids, known, replaces_stored=replaces_stored, is_dry_run=False
        )

    def _matched(self, plan: Plan) -> dict[Label, str]:
        return Matching(self.store, self.registry, plan).run()

    def _new(
        self,
        plan: Plan,
        report: TranslationReport,
        ids: Mapping[Label, str],
        known: Mapping[Label, str],
        *,
        replaces_stored: bool,
        is_dry_run: bool,
    ) -> Ingest:
        report.add_result(plan, known)
        reused = set(known.values())
        new: dict[str, list[dict[str, object]]] = {}
        stored: dict[str, int] = {}
        for collection, documents in plan.emit(ids).items():
            maybe = [each["id"] for each in documents if each["id"] in reused]
            there = self.documents.find_ids(collection, maybe)
            stored[collection] = len(there)
            kept = [each for each in documents if replaces_stored or each["id"] not in there]
            if kept:
                new[collection] = kept
        return Ingest(database=Database(new), report=report, stored=stored, is_dry_run=is_dry_run)


def _labels(plan: Plan) -> list[Label]:
    return [label for labels in plan.labels_by_class().values() for label in labels]


def _name(report: TranslationReport, label: Label) -> SourceName:
    return SourceName(report.source, label.class_uri, label.key)
