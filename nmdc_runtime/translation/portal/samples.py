"""Biosamples, processed samples and isolates, and the processes between them."""

from typing import Any, Final

from nmdc_runtime.schema.load import load_registry
from nmdc_runtime.translation.planning import Label, Plan
from nmdc_runtime.translation.portal.checking import mend
from nmdc_runtime.translation.portal.columns import Cell, Columns
from nmdc_runtime.translation.portal.extras import Extras
from nmdc_runtime.translation.portal.links import LINK, Node, Sample, SampleGraph
from nmdc_runtime.translation.portal.options import PortalOptions
from nmdc_runtime.translation.portal.tabs import (
    ENVIRONMENTS,
    SAMP_NAME,
    Row,
    Submission,
    TabKind,
)
from nmdc_runtime.translation.portal.texts import only
from nmdc_runtime.translation.values import text_value

PACKAGE: Final = "env_package"
#: What rows about runs may say of the sample too.
_OF_RUNS: Final = frozenset({"analysis_type"})
_NAME: Final = frozenset({"name"})
_OF_SAMPLES: Final = (TabKind.ENVIRONMENT, TabKind.ISOLATE)


class Samples:
    """Makes the samples that can be made, each after those it is made from.

    Attributes
    ----------
    labels
        Of the samples that are made.
    """

    def __init__(
        self,
        submission: Submission,
        study: Label | str,
        columns: Columns,
        extras: Extras,
        options: PortalOptions,
    ) -> None:
        self._submission = submission
        self._study = study
        self._columns = columns
        self._extras = extras
        self._options = options
        self._graph = SampleGraph(submission, columns)
        self._prefix = f"portal/{submission.id or ''}"
        self.labels: dict[Node, Label] = {}

    def label(self, class_name: str, *key: object) -> Label:
        """Return the label of a record of this submission."""
        class_uri = load_registry().classes[class_name].class_uri
        return Label(class_uri, "/".join((self._prefix, *map(str, key))))

    def label_of(self, name: str) -> Label | None:
        """Return the label of the sample of a name; None if it is not made, or there is none."""
        node = self._graph.node_of(name)
        return self.labels.get(node) if node else None

    def is_known(self, name: str) -> bool:
        """Tell whether a tab of samples has a name."""
        return self._graph.node_of(name) is not None

    def wanted_biosamples(self) -> set[str]:
        """Return the names of the biosamples that the submission asks for, made or not."""
        samples = self._graph.samples.values()
        return {each.node.name for each in samples if each.class_name == "Biosample"}

    def add_to(self, plan: Plan) -> None:
        """Plan the samples with their processes, in the order of the submission's rows."""
        made: dict[Node, list[tuple[str, dict[str, Any]]]] = {}
        for sample in self._graph.ordered():
            missing = [node.name for node in sample.inputs if node not in self.labels]
            if missing and sample.link is not None:
                names = ", ".join(map(repr, missing))
                self._columns.refuse(
                    sample.link, "link_to_missing_sample", f"what it is made from is not: {names}"
                )
                continue
            documents = self._documents(sample)
            if documents:
                made[sample.node] = documents
                self.labels[sample.node] = documents[0][1]["id"]
        for node in self._graph.samples:
            for collection, document in made.get(node, ()):
                plan.add(collection, document)

    def account(self) -> None:
        """Count what became of the rows about samples, and tell of rows without a sample."""
        tables = self._columns.report.tables
        used: list[Row] = []
        for name, rows in self._submission.samples.items():
            if not self.is_known(name):
                for row in rows.of(TabKind.SUPPLEMENT, TabKind.SEQUENCING):
                    message = f"no tab of samples has {name!r}; the row is left out"
                    self._columns.refuse(Cell(row, SAMP_NAME), "orphan_row", message)
                    tables[row.tab].skip("orphan_row")
                continue
            made = [kind for kind in _OF_SAMPLES if Node(kind, name) in self.labels]
            for kind in (*_OF_SAMPLES, TabKind.SUPPLEMENT):
                is_used = bool(made) if kind is TabKind.SUPPLEMENT else kind in made
                for row in rows.of(kind):
                    if is_used:
                        tables[row.tab].use()
                        used.append(row)
                    else:
                        tables[row.tab].skip("not_translated")
        self._columns.account(used)

    def _documents(self, sample: Sample) -> list[tuple[str, dict[str, Any]]]:
        """Return the documents of a sample by collection, its own first; none if it is refused."""
        name = sample.node.name
        if sample.class_name == "Biosample":
            biosample = self._biosample(sample)
            return [("biosample_set", biosample)] if biosample else []
        self._take_links(sample)
        if sample.class_name == "ProcessedSample":
            made = [("processed_sample_set", self._processed(sample))]
            key = "process"
        else:
            made = self._isolate(sample)
            key = "isolation"
        if not all([mend(*each, self._columns) for each in made]):  # noqa: C419 (all are told)
            for _, document in made:
                self._columns.forget(document["id"])
            return []
        if sample.process:
            process = self.label(sample.process, key, name)
            document = {
                "id": process,
                "type": process.class_uri,
                "has_input": [self.labels[node] for node in sample.inputs],
                "has_output": [made[0][1]["id"]],
            }
            made.append(("material_processing_set", document))
        return made

    def _take_links(self, sample: Sample) -> None:
        """Count the cells with links as used; one that is not the sample's own is reported."""
        own = sample.link
        for row in sample.rows:
            self._columns.take(row, LINK)
            if own is None or LINK not in row.cells:
                continue
            if only(row.cells[LINK]) != only(own.row.cells[LINK]):
                self._columns.conflict(Cell(row, LINK), own)

    def _biosample(self, sample: Sample) -> dict[str, Any] | None:
        name = sample.node.name
        document: dict[str, Any] = {
            "id": self.label("Biosample", "sample", name),
            "type": "nmdc:Biosample",
            "name": name,
            "associated_studies": [self._study],
            PACKAGE: text_value(ENVIRONMENTS[sample.rows[0].tab]),
        }
        for row in sample.rows:
            self._check_package(row, document[PACKAGE]["has_raw_value"])
            self._columns.fill(document, row, "Biosample", without={*_NAME, PACKAGE})
        for row in self._submission.samples[name].of(TabKind.SEQUENCING):
            self._columns.fill(document, row, "Biosample", only=_OF_RUNS)
        self._extras.fill(document, name, self._columns)
        missing = [
            slot
            for slot, rule in load_registry().slots_of("Biosample").items()
            if rule.required and slot not in document
        ]
        for slot in missing:
            row = sample.rows[0]
            message = f"{slot} must be supplied: the sample has no {slot} that can be used"
            self._columns.report_cell(Cell(row, slot), "missing_required", message)
        if missing or not mend("biosample_set", document, self._columns):
            self._columns.forget(document["id"])
            return None
        return document | self._options.provenance_slot()

    def _check_package(self, row: Row, package: str) -> None:
        if row.tab in ENVIRONMENTS and ENVIRONMENTS[row.tab] != package:
            message = f"the sample is one of {package!r}: an earlier tab has it too"
            self._columns.refuse(Cell(row, SAMP_NAME), "conflicting_values", message)
        if PACKAGE in row.cells:
            self._columns.take(row, PACKAGE)
            if only(row.cells[PACKAGE]) not in (package, ENVIRONMENTS.get(row.tab)):
                message = f"{package!r} is taken, which is what the tab is for"
                self._columns.refuse(Cell(row, PACKAGE), "conflicting_values", message)

    def _processed(self, sample: Sample) -> dict[str, Any]:
        name = sample.node.name
        document: dict[str, Any] = {
            "id": self.label("ProcessedSample", "processed", name),
            "type": "nmdc:ProcessedSample",
            "name": name,
        }
        for row in sample.rows:
            self._columns.fill(document, row, "ProcessedSample", without=_NAME)
        return document

    def _isolate(self, sample: Sample) -> list[tuple[str, dict[str, Any]]]:
        name = sample.node.name
        organism: dict[str, Any] = {
            "id": self.label("Organism", "organism", name),
            "type": "nmdc:Organism",
        }
        isolate: dict[str, Any] = {
            "id": self.label("OrganismSample", "isolate", name),
            "type": "nmdc:OrganismSample",
            "name": name,
            "associated_studies": [self._study],
            "expected_organism": organism["id"],
        }
        for row in sample.rows:
            self._columns.fill(organism, row, "Organism", without=_NAME)
            self._columns.fill(isolate, row, "OrganismSample", without=_NAME)
        isolate |= self._options.provenance_slot()
        return [("organism_sample_set", isolate), ("organism_set", organism)]
