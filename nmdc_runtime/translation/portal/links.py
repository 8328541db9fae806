"""Which sample of a submission is made from which: links are checked before anything is made."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final, NamedTuple

from nmdc_runtime.schema.load import load_json_schema, load_registry
from nmdc_runtime.translation.portal.columns import Cell, Columns
from nmdc_runtime.translation.portal.tabs import Row, Submission, TabKind
from nmdc_runtime.translation.portal.texts import SampleLink, only, parse_sample_link
from nmdc_runtime.translation.problems import quoted

LINK: Final = "sample_link"


class Node(NamedTuple):
    """A sample: the environmental one of a name, or the isolate of it."""

    kind: TabKind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A sample and how it was made.

    Parameters
    ----------
    class_name
        ``Biosample``, ``ProcessedSample`` or ``OrganismSample``.
    process
        The class of the process that made it, if one did.
    inputs
        What it was made from, in the order of the link.
    """

    node: Node
    class_name: str
    rows: tuple[Row, ...]
    process: str | None = None
    inputs: tuple[Node, ...] = ()
    link: Cell | None = None


class SampleGraph:
    """The samples of a submission, those first from which others are made.

    Parameters
    ----------
    columns
        Gets what is wrong with links. A sample whose own link is wrong is not in the graph.
    """

    def __init__(self, submission: Submission, columns: Columns) -> None:
        self._submission = submission
        self._columns = columns
        self._nodes = {
            Node(kind, name)
            for kind in (TabKind.ENVIRONMENT, TabKind.ISOLATE)
            for name in submission.names(kind)
        }
        found = (self._read(node) for node in self._in_order())
        self.samples = {sample.node: sample for sample in found if sample is not None}

    def ordered(self) -> Iterator[Sample]:
        """Go through the samples, inputs first; those in a circle, or behind one, are reported."""
        sorter = TopologicalSorter(
            {
                node: [each for each in sample.inputs if each in self.samples]
                for node, sample in self.samples.items()
            }
        )
        with contextlib.suppress(CycleError):  # what is outside of circles still comes
            sorter.prepare()
        left = dict(self.samples)
        while sorter.is_active():
            for node in sorter.get_ready():
                yield left.pop(node)
                sorter.done(node)
        for sample in left.values():
            self._refuse(sample, "its links lead in a circle")

    def node_of(self, name: str) -> Node | None:
        """Return the sample of a name; if there is an isolate of the name too, the other one."""
        nodes = (Node(kind, name) for kind in (TabKind.ENVIRONMENT, TabKind.ISOLATE))
        return next((node for node in nodes if node in self._nodes), None)

    def _in_order(self) -> Iterator[Node]:
        for kind in (TabKind.ENVIRONMENT, TabKind.ISOLATE):
            for name in self._submission.names(kind):
                yield Node(kind, name)

    def _read(self, node: Node) -> Sample | None:
        rows = tuple(self._submission.samples[node.name].of(node.kind, TabKind.SUPPLEMENT))
        own = "OrganismSample" if node.kind is TabKind.ISOLATE else "Biosample"
        cell = next((Cell(row, LINK) for row in rows if LINK in row.cells), None)
        if cell is None:
            return Sample(node=node, class_name=own, rows=rows)
        text = only(cell.row.cells[LINK])
        if not isinstance(text, str):
            self._columns.refuse(cell, "bad_sample_link", "one link is wanted, as a text")
            return None
        link = parse_sample_link(text)
        if node.kind is TabKind.ISOLATE:
            link = link or SampleLink("Isolation", (text,))
        elif link is None:
            self._columns.refuse(
                cell,
                "unread_sample_link",
                "is no link like 'Pooling:sample1,sample2'; kept as text",
            )
            return Sample(node=node, class_name=own, rows=rows)
        made = "OrganismSample" if node.kind is TabKind.ISOLATE else "ProcessedSample"
        sample = Sample(
            node=node,
            class_name=made,
            rows=rows,
            process=link.process,
            inputs=tuple(
                found for name in link.inputs if (found := self._input(name, node)) is not None
            ),
            link=cell,
        )
        fault = self._fault_of_names(sample, link) or _fault_of_process(sample)
        if fault is None:
            return sample
        self._columns.refuse(cell, *fault)
        return None

    def _input(self, name: str, node: Node) -> Node | None:
        """Return the sample of a name that another one is made from, not the other one itself."""
        found = self.node_of(name)
        if found == node and Node(TabKind.ISOLATE, name) in self._nodes:
            return Node(TabKind.ISOLATE, name)
        return found

    def _fault_of_names(self, sample: Sample, link: SampleLink) -> tuple[str, str] | None:
        """Return what is wrong with the names of a link, as code and message."""
        if "" in link.inputs:
            return "bad_sample_link", "the link has an empty name"
        if len(set(link.inputs)) < len(link.inputs):
            return "bad_sample_link", "the link names a sample twice"
        unknown = [name for name in link.inputs if self.node_of(name) is None]
        if unknown:
            named = ", ".join(map(quoted, unknown))
            what = (
                f"organism sample {quoted(sample.node.name)}" if not _parsed(sample) else "sample"
            )
            return (
                "unknown_sample_link",
                f"Could not find all input samples in sample_link of {what}: {named}",
            )
        if sample.node in sample.inputs:
            return "bad_sample_link", "the sample is made from itself"
        return None

    def _refuse(self, sample: Sample, message: str) -> None:
        if sample.link is not None:
            self._columns.refuse(sample.link, "bad_sample_link", message)


def _fault_of_process(sample: Sample) -> tuple[str, str] | None:
    """Return what the schema has against the process of a link, as code and message."""
    process = str(sample.process)
    rule = _rule_of(process)
    if sample.class_name not in rule.outputs:
        wanted = " or ".join(rule.outputs)
        return "bad_sample_link", f"{process} makes {wanted}, not {sample.class_name}"
    if len(sample.inputs) < rule.least:
        return "bad_sample_link", f"{process} needs at least {rule.least} inputs"
    if len(sample.inputs) > rule.most:
        return "bad_sample_link", f"{process} has at most {rule.most} inputs"
    isolates = {each.kind is TabKind.ISOLATE for each in sample.inputs}
    if "OrganismSample" not in rule.inputs and True in isolates:
        return "bad_sample_link", f"{process} does not take organism samples"
    if set(rule.inputs) == {"OrganismSample"} and False in isolates:
        return "bad_sample_link", f"{process} takes only organism samples"
    return None


class _Rule(NamedTuple):
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    least: int
    most: float


@lru_cache
def _rule_of(process: str) -> _Rule:
    """Return what the schema says of the inputs and outputs of a process."""
    registry = load_registry()
    slots = registry.slots_of(process)
    properties: Mapping[str, Any] = load_json_schema()["$defs"][process]["properties"]
    inputs = properties["has_input"]

    def classes(slot: str) -> tuple[str, ...]:
        named = (registry.descendants(range_) for range_ in slots[slot].ranges)
        return tuple(each for names in named for each in names if each != "Sample")

    pattern = inputs.get("items", {}).get("pattern", "")
    takes = tuple(
        name
        for name in classes("has_input")
        if not pattern or any(code in pattern for code in registry.classes[name].typecodes)
    )
    least, most = inputs.get("minItems", 1), inputs.get("maxItems", float("inf"))
    return _Rule(takes, classes("has_output"), least, most)


def _parsed(sample: Sample) -> bool:
    """Tell whether the link names a process itself."""
    text = sample.link.row.cells[LINK] if sample.link else ""
    return parse_sample_link(text if isinstance(text, str) else "") is not None
