"""What runs refuse."""

from typing import ClassVar

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError


class RunNotFound(NmdcError):
    """No event tells of a run with this id."""

    kind = ErrorKind.NOT_FOUND
    title = "Run not found"

    def __init__(self, run_id: str) -> None:
        super().__init__("Not found", run_id=run_id)


class RunIdMismatch(NmdcError):
    """An event tells of another run than its address does."""

    title = "Run id mismatch"
    status: ClassVar[int | None] = 400

    def __init__(self) -> None:
        super().__init__("Supplied run_event.run.id does not match run_id given in request URL.")


class EventTimeUnreadable(NmdcError):
    """The time of an event is none."""

    title = "Event time unreadable"

    def __init__(self, time: str) -> None:
        super().__init__(
            f"{time!r} is no time: write ISO 8601, e.g. 2026-11-23T12:00:00Z", time=time
        )
