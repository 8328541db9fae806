"""What reads of the link graph refuse."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError

#: How many ids or types a message names: there may be thousands.
MOST_NAMED: Final = 50


def _named(names: Iterable[str]) -> str:
    listed = sorted(names)
    more = f" and {len(listed) - MOST_NAMED} more" if len(listed) > MOST_NAMED else ""
    return ", ".join(listed[:MOST_NAMED]) + more


class InstancesNotFound(NmdcError):
    """No document has one of the ids whose links are asked for."""

    kind = ErrorKind.NOT_FOUND
    title = "Instances not found"

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__(f"Some IDs not found: {_named(ids)}", ids=sorted(ids)[:MOST_NAMED])


class TypesNotFound(NmdcError):
    """The schema has no class of this name."""

    kind = ErrorKind.NOT_FOUND
    title = "Types not found"

    def __init__(self, types: Sequence[str], *, possible: Iterable[str]) -> None:
        super().__init__(
            f"Some types not found: {_named(types)}. You may need to prefix with `nmdc:`. If you "
            "don't supply any types, the set {'nmdc:NamedThing'} will be used. Types possible: "
            f"{', '.join(sorted(possible))}",
            types=sorted(types)[:MOST_NAMED],
        )


class StudyNotFound(NmdcError):
    """No study has this id."""

    kind = ErrorKind.NOT_FOUND
    title = "Study not found"

    def __init__(self, study_id: str) -> None:
        super().__init__("Study not found", id=study_id)


class WorkflowExecutionNotFound(NmdcError):
    """No workflow execution has this id."""

    kind = ErrorKind.NOT_FOUND
    title = "Workflow execution not found"

    def __init__(self, execution_id: str) -> None:
        super().__init__("Workflow execution not found", id=execution_id)


class GraphNotBuilt(NmdcError):
    """There is no link graph to answer from."""

    kind = ErrorKind.UNAVAILABLE
    title = "Link graph not built"
    # Whoever asks again at once will not find it either.
    headers: ClassVar[dict[str, str]] = {"Retry-After": "60"}

    def __init__(self) -> None:
        super().__init__(
            "The link graph (`alldocs`) was never built, so nothing can be said about links. Who "
            "runs this hub can build it once with `nmdc-runtime graph rebuild`, or start "
            "`nmdc-runtime follow`, which builds it and keeps it current."
        )


class TooManyLinks(NmdcError):
    """Following the links would take longer, or find more, than this hub allows."""

    kind = ErrorKind.TOO_EXPENSIVE
    title = "Query too expensive"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Following the links {reason}. Ask for fewer ids, or nearer to what you want.",
            code="query_too_expensive",
        )
