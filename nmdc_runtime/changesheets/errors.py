"""What changesheets refuse."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from nmdc_runtime.changesheets.problems import LIMIT, CellProblem, in_order, listed
from nmdc_runtime.kernel.errors import ErrorKind, NmdcError

#: Published, in this order.
CONTENT_TYPES: Final = ("text/csv", "text/tab-separated-values")


class SheetRefused(NmdcError):
    """A sheet cannot be read, or says something that cannot be done."""

    title = "Changesheet refused"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self, problems: Sequence[CellProblem]) -> None:
        super().__init__(
            in_order(problems)[0].detail,
            problems=listed(problems),
            total=len(problems),
            truncated=len(problems) > LIMIT,
        )


class ContentTypeRefused(NmdcError):
    """A file is no table, by its name and by its declared type."""

    title = "Changesheet refused"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self, name: str, content_type: str) -> None:
        super().__init__(
            f"file {name} has content type '{content_type}'. Only {list(CONTENT_TYPES)} files are "
            "permitted."
        )


class SheetTooLong(NmdcError):
    """A sheet has more rows than are taken at once."""

    kind = ErrorKind.TOO_LARGE
    title = "Changesheet too long"

    def __init__(self, *, most_rows: int) -> None:
        super().__init__(
            f"the changesheet has more than {most_rows} rows, which is the most this hub takes at "
            "once: send it in parts",
            most_rows=most_rows,
        )
