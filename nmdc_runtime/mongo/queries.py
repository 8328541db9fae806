"""What MongoDB says to a client's own filter or projection, told apart from faults of ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pymongo.errors import CursorNotFound, ExecutionTimeout, OperationFailure

from nmdc_runtime.kernel.errors import NmdcError

#: Error codes with a name, which a filter or projection of a client's can cause.
CLIENT_MISTAKES: Final = frozenset(
    {
        2,  # BadValue
        9,  # FailedToParse
        14,  # TypeMismatch
        15,  # Overflow: too deep, or a path too long
        27,  # IndexNotFound: an operator that needs a special index
        31,  # PathNotViable
        40,  # ConflictingUpdateOperators
        168,  # InvalidPipelineOperator
        224,  # QueryFeatureNotAllowed: `$expr` beside a positional projection
        241,  # ConversionFailure, in $expr
        291,  # NoQueryExecutionPlans
        146,  # ExceededMemoryLimit
        292,  # QueryExceededMemoryLimitNoDiskUseAllowed
        10_334,  # BSONObjectTooLarge: an expression, or a row, larger than any document may be
        13_548,  # the same, found while it grows
        13_103,  # more sort keys than there may be: nameless, and yet below the others
    }
)
#: From here on codes have no name: each is one place in the server that dislikes a query, and
#: the expressions in ``$expr`` have hundreds. Codes that tell of the server's state lie below.
FIRST_NAMELESS_CODE: Final = 15_000

_NOISE: Final = ("Executor error during find command :: caused by :: ",)


class QueryRefused(NmdcError):
    """MongoDB refused a client's filter or projection."""

    title = "Query refused"

    def __init__(self, message: str) -> None:
        super().__init__(f"MongoDB refuses the query: {message}")


def is_client_mistake(error: OperationFailure) -> bool:
    """Say whether the query itself was wrong, not the state of the server."""
    if isinstance(error, ExecutionTimeout | CursorNotFound) or error.code is None:
        return False
    return error.code in CLIENT_MISTAKES or error.code >= FIRST_NAMELESS_CODE


@contextmanager
def of_client() -> Iterator[None]:
    """Turn MongoDB's refusal of a query that a client wrote into `QueryRefused`.

    Only the message is passed on: the rest of the answer carries cluster time and signatures.
    """
    try:
        yield
    except OperationFailure as error:
        if not is_client_mistake(error):
            raise
        message = str((error.details or {}).get("errmsg", ""))
        for noise in _NOISE:
            message = message.removeprefix(noise)
        raise QueryRefused(message) from error
