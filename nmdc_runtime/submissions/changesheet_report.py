"""What a rehearsal of a changesheet found, and how it is told."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from nmdc_runtime.changesheets.actions import Update, update_command
from nmdc_runtime.changesheets.applying import Outcome
from nmdc_runtime.changesheets.comparing import is_identical
from nmdc_runtime.changesheets.problems import LIMIT, CellProblem, listed
from nmdc_runtime.changesheets.reading import Row
from nmdc_runtime.kernel.errors import NmdcError
from nmdc_runtime.mongo.documents import Document, to_json
from nmdc_runtime.plans.describing import patch_between
from nmdc_runtime.plans.models import Patch, Plan
from nmdc_runtime.schema.report import Problem

#: Published; there is no such database any more: sheets are rehearsed in memory.
SCRATCH: Final = "nmdc_changesheet_submission_results"
#: To say which elements of lists have moved takes long for long lists.
LONG_LIST: Final = 200


class ChangesheetInvalid(NmdcError):
    """The documents that a sheet would make violate the schema, or MongoDB refuses an update."""

    title = "Changesheet invalid"

    def __init__(self, rehearsal: "Rehearsal") -> None:
        problems = list(rehearsal.problems())
        super().__init__(
            f"after the changes, documents are not valid: {problems[0].problem}",
            detail={
                "update_cmd": rehearsal.update_cmd,
                "validation_errors": [
                    errors for each in rehearsal.documents for errors in each.errors
                ],
            },
            problems=listed(problems),
            total=len(problems),
            truncated=len(problems) > LIMIT,
        )


@dataclass(slots=True, kw_only=True)
class Rehearsed:
    """What a sheet does to one document.

    Parameters
    ----------
    line
        Where the sheet first names the document.
    before
        The document as it is stored, without ``_id``.
    problems
        What the document violates after the updates.
    """

    collection: str
    document_id: str
    line: int
    before: Document
    updates: list[Update]
    outcome: Outcome
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_changed(self) -> bool:
        """Whether some update changed something."""
        return self.outcome.document is not self.before

    @property
    def messages(self) -> list[str]:
        """The published texts of the problems."""
        return [each.message for each in self.problems]

    @property
    def errors(self) -> list[list[Any]]:
        """The published lists of what is wrong, one for each kind."""
        write_errors = self.outcome.update_info.get("writeErrors", [])
        return [each for each in (self.messages, write_errors) if each]

    def as_result(self) -> Document:
        """Return the published element of the report, and the patch that the sheet comes to."""
        return {
            "id": self.document_id,
            "doc_before": self.before,
            "update_info": self.outcome.update_info,
            "doc_after": self.outcome.document,
            "validation_errors": self.messages,
            "patch": patch_of(self.before, self.outcome.document),
        }

    def line_of(self, pointer: str) -> int:
        """Return the last line that touches what a JSON pointer leads to, else the first."""
        names = [part for part in pointer.split("/")[3:] if not part.isdigit()]
        best = (-1, self.line)
        for update in self.updates:
            path = update.path.split(".")
            shared = 0
            while shared < min(len(path), len(names)) and path[shared] == names[shared]:
                shared += 1
            if shared:
                best = max(best, (shared, update.lines[0]))
        return best[1]


@dataclass(slots=True, kw_only=True)
class Rehearsal:
    """What a sheet does to all its documents, in ascending order of ids."""

    documents: list[Rehearsed]
    rows: Mapping[int, Row]
    make_plan: Callable[[], Plan]

    @property
    def is_refused(self) -> bool:
        """Whether some document could not be stored as it comes out."""
        return any(each.problems or each.outcome.error for each in self.documents)

    @property
    def update_cmd(self) -> dict[str, Any]:
        """The published commands, by id."""
        return {
            each.document_id: update_command(each.collection, each.document_id, each.updates)
            for each in self.documents
        }

    def check(self) -> "Rehearsal":
        """Return this, or raise `ChangesheetInvalid` if some document could not be stored."""
        if self.is_refused:
            raise ChangesheetInvalid(self)
        return self

    def plan(self) -> Plan:
        """Return the changes to apply, or raise `ChangesheetInvalid`."""
        return self.check().make_plan()

    def problems(self) -> Iterator[CellProblem]:
        """Yield what is wrong with the documents, each with the line that brought it about."""
        for each in self.documents:
            if error := each.outcome.error:
                yield self._located(each.updates[error.index].lines[0], error.errmsg, None)
            for problem in each.problems:
                yield self._located(each.line_of(problem.pointer), problem.message, problem.hint)

    def report(self) -> bytes:
        """Return the published report, written bit by bit: other requests go on meanwhile."""
        copied: dict[str, int] = {}
        for each in self.documents:
            copied[each.collection] = copied.get(each.collection, 0) + 1
        inspection = {
            "mdb_name": SCRATCH,
            "results_of_copy": {name: f"{count} docs inserted" for name, count in copied.items()},
        }
        commands = b",".join(
            to_json(each.document_id)
            + b":"
            + to_json(update_command(each.collection, each.document_id, each.updates))
            for each in self.documents
        )
        results = b",".join(to_json(each.as_result()) for each in self.documents)
        return b"".join(
            (
                b'{"update_cmd":{',
                commands,
                b'},"inspection_info":',
                to_json(inspection),
                b',"results_of_updates":[',
                results,
                b"]}",
            )
        )

    def _located(self, line: int, problem: str, hint: str | None) -> CellProblem:
        return CellProblem(
            line=line,
            column="value",
            text=self.rows[line].value,
            problem=problem,
            hint=hint,
        )


def patch_of(before: Document, after: Document) -> Patch:
    """Return the RFC 6902 patch between two versions that share what has not changed.

    What sheets mostly do is told at once; the rest is compared bit by bit.
    """
    patch: Patch = []
    intricate: list[str] = []
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if old is new:
            continue
        path = "/" + name.replace("~", "~0").replace("/", "~1")
        if name not in after:
            patch.append({"op": "remove", "path": path})
        elif name not in before:
            patch.append({"op": "add", "path": path, "value": new})
        elif isinstance(old, list) and isinstance(new, list) and _is_grown(old, new):
            for place in range(len(old), len(new)):
                patch.append({"op": "add", "path": f"{path}/{place}", "value": new[place]})
        elif _is_intricate(old) and _is_intricate(new):
            intricate.append(name)
        else:
            patch.append({"op": "replace", "path": path, "value": new})
    if intricate:
        parts = [{name: each[name] for name in intricate} for each in (before, after)]
        patch += patch_between(*parts)
    return patch


def _is_grown(old: list[Any], new: list[Any]) -> bool:
    return len(old) <= len(new) and all(map(is_identical, old, new))


def _is_intricate(value: object) -> bool:
    """Say whether a value has parts, of which it is worth while to tell those that change."""
    return isinstance(value, dict) or (isinstance(value, list) and len(value) <= LONG_LIST)
