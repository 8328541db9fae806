"""What finding refuses."""

from http import HTTPStatus

from nmdc_runtime.kernel.errors import NmdcError


class FindFilterMalformed(NmdcError):
    """A filter is not written in the filter language."""

    title = "Filter malformed"
    status = HTTPStatus.BAD_REQUEST


class FindSortMalformed(NmdcError):
    """A sort cannot be read; its published detail is a list of one sentence."""

    title = "Sort malformed"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self, message: str) -> None:
        super().__init__(message, detail=[message])


class NotOffered(NmdcError):
    """A published parameter that never did anything."""

    title = "Not offered"
    status = HTTPStatus.IM_A_TEAPOT


class BadCursorValue(NmdcError):
    """A cursor leads nowhere; the published detail says no more, the reason does."""

    title = "Bad cursor value"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self, reason: str) -> None:
        super().__init__("Bad cursor value", reason=reason)


class CursorOfAnotherQuery(NmdcError):
    """A cursor came with another query than the one whose pages it walks."""

    title = "Cursor of another query"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self, name: str) -> None:
        super().__init__(
            f"this `cursor` belongs to a query with another `{name}`: send the same one or none, "
            "or start again with `cursor=*`",
            parameter=name,
        )


class FilterMissing(NmdcError):
    """A cursor came without its filter, which is too long to be remembered by it."""

    title = "Filter missing"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the `{name}` of this query is too long for its `cursor`: send it again with the "
            "cursor",
            parameter=name,
        )


class PageNumberInvalid(NmdcError):
    """Pages are counted from 1."""

    title = "Page number invalid"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self, page: int, *, last: int) -> None:
        super().__init__(f"`page` is {page}: pages are counted from 1, and end at {last}")
