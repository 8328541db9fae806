"""NDJSON: a document a line, each in the collection that its ``type`` belongs to.

It is read a line at a time into the same batches as a JSON object of collections, so that all else
is the same. What cannot be put into a collection is a problem of its line.
"""

from array import array
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from nmdc_runtime.schema.hints import near_type
from nmdc_runtime.schema.reader import BATCH, Batch, BodyUnreadable, LineDecoder, Repeat
from nmdc_runtime.schema.registry import SchemaRegistry
from nmdc_runtime.schema.report import LIMIT, Problem, ProblemList, ValidationReport
from nmdc_runtime.schema.wording import show

#: What problems say in place of a collection if a line's document belongs in none.
UNPLACED: Final = "unknown"


#: Collection → the line of each of its documents.
LineNumbers = dict[str, "array[int]"]


class LineReader:
    """Reads the lines once, and knows afterwards at which line each document stood.

    Parameters
    ----------
    data
        The lines, in UTF-8. Empty ones are passed over.
    registry
        Which class belongs in which collection.
    collection
        Where all documents belong, whatever their ``type``; None: the type decides.
    repeats
        Takes up the names that stand twice in one object of a document.
    """

    def __init__(
        self,
        data: bytes,
        registry: SchemaRegistry,
        *,
        collection: str | None = None,
        repeats: list[Repeat] | None = None,
        limit: int = LIMIT,
    ) -> None:
        self._data = data
        self._registry = registry
        self._collection = collection
        self._repeats = repeats
        self.numbers: LineNumbers = {}
        self._unplaced = ProblemList(limit)

    def batches(self) -> Iterator[Batch]:
        """Yield the documents, some of one collection at a time.

        Raises
        ------
        BodyUnreadable
            A line is not JSON.
        """
        waiting: dict[str, list[Any]] = {}
        for collection, value, _ in self._placed():
            documents = waiting.setdefault(collection, [])
            documents.append(value)
            if len(documents) >= BATCH:
                yield self._batch(collection, waiting.pop(collection))
        for collection, documents in waiting.items():
            yield self._batch(collection, documents)

    def as_json(self) -> bytes:
        """Return the documents as one JSON object of collections, each as it was written.

        Those that belong in no collection are left out: see `unplaced`.
        """
        lines: dict[str, list[memoryview]] = {}
        for collection, _, line in self._placed():
            lines.setdefault(collection, []).append(line)
        entries = (
            b'"' + collection.encode() + b'":[' + b",\n".join(documents) + b"]"
            for collection, documents in lines.items()
        )
        return b"{" + b",\n".join(entries) + b"}"

    def unplaced(self) -> ValidationReport:
        """Return what is wrong with lines whose documents belong in no collection."""
        return self._unplaced.report()

    def _batch(self, collection: str, documents: list[Any]) -> Batch:
        return Batch(collection, len(self.numbers[collection]) - len(documents), documents)

    def _placed(self) -> Iterator[tuple[str, Any, memoryview]]:
        """Yield the collection, the document and the text of each line that belongs in one."""
        decoder = LineDecoder()
        for number, line in self._lines():
            try:
                value, repeated = decoder.read(bytes(line))
            except BodyUnreadable as error:
                raise BodyUnreadable(
                    f"line {number}: {error}", line=number, **error.facts
                ) from None
            collection = self._collection or self._place(value)
            if collection is None:
                self._refuse(value, number)
                continue
            numbers = self.numbers.setdefault(collection, array("L"))
            if self._repeats is not None:
                at = len(numbers)
                self._repeats += [Repeat(collection, at, path, name) for path, name in repeated]
            numbers.append(number)
            yield collection, value, line

    def _lines(self) -> Iterator[tuple[int, memoryview]]:
        view = memoryview(self._data)
        number, start = 0, 0
        while start < len(view):
            number += 1
            end = self._data.find(b"\n", start)
            end = len(view) if end < 0 else end
            if self._data[start:end].strip():
                yield number, view[start:end]
            start = end + 1

    def _place(self, value: object) -> str | None:
        if not isinstance(value, dict):
            return None
        schema_class = self._registry.class_for_type(value.get("type"))
        return schema_class.collection if schema_class else None

    def _types(self) -> list[str]:
        classes = self._registry.classes
        return [
            classes[name].class_uri
            for each in self._registry.collections.values()
            for name in each.class_names
        ]

    def _refuse(self, value: Any, number: int) -> None:  # noqa: ANN401 (any JSON value)
        where = f"in line {number}"
        expected: str | None = "the type of a class that a collection holds"
        found = hint = None
        if not isinstance(value, dict):
            found = show(value) if not isinstance(value, list) else "a list"
            rule, expected = "type", "'object'"
            message = f"{found} is not of type 'object' {where}"
        elif "type" in value:
            found = show(value["type"])
            hint = near_type(value["type"], self._types())
            rule = "enum"
            message = f"{found} is not the type of a document that a collection holds, {where}"
        else:
            rule = "required"
            message = f"'type' is a required property {where}"
            if value.keys() & self._registry.collections.keys():
                hint = "this is an object of collections: send it as application/json"
        self._unplaced.add(
            Problem(
                collection=UNPLACED,
                pointer="",
                rule=rule,
                expected=expected,
                found=found,
                hint=hint,
                message=message,
                line=number,
            )
        )


def with_lines(report: ValidationReport, numbers: LineNumbers) -> ValidationReport:
    """Return the report with the line of each problem."""

    def located(problem: Problem) -> Problem:
        lines = numbers.get(problem.collection)
        if lines is None or problem.index is None:
            return problem
        line = lines[problem.index]
        return replace(problem, line=line, message=f"{problem.message} (line {line})")

    return ValidationReport(tuple(map(located, report.problems)), report.total)


def by_line(report: ValidationReport) -> ValidationReport:
    """Return the report in the order of the lines."""
    problems = sorted(report.problems, key=lambda problem: problem.line or 0)
    return ValidationReport(tuple(problems), report.total)
