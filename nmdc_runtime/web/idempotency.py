"""The header by which a client says that a request is one it has sent before."""

from typing import Annotated

from fastapi import Header

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="A text of yours, e.g. a UUID: a request that comes again under it within a "
        "day gets the answer of the first, and nothing is done twice.",
    ),
]
