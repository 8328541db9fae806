"""The query parameters that say whether replaced and failed records are shown."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Query, Request
from pydantic import BeforeValidator

_WORDS: Final = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
}


@dataclass(frozen=True, slots=True)
class Visibility:
    """Which records are shown beside those that are current and good."""

    superseded: bool = True
    failed: bool = True


def _wish(value: object) -> object:
    """Read a boolean as clients of all languages write it; anything else is no wish.

    These parameters were ignored once, so nothing that is sent in them may be an error.
    """
    return _WORDS.get(str(value).strip().lower())


Wish = Annotated[bool | None, BeforeValidator(_wish)]


async def visibility(
    request: Request,
    include_superseded: Annotated[
        Wish,
        Query(
            description="Whether to include workflow executions and data objects that newer ones "
            "supersede. Unset: as this hub is configured, which by default is to include them.",
            openapi_examples={"usual": {"summary": "current ones only", "value": False}},
        ),
    ] = None,
    include_failed: Annotated[
        Wish,
        Query(
            description="Whether to include planned processes whose `qc_status` is `fail`. Unset: "
            "as this hub is configured, which by default is to include them.",
            openapi_examples={"usual": {"summary": "good ones only", "value": False}},
        ),
    ] = None,
) -> Visibility:
    """Read what the client wishes, completed by the hub's setting."""
    usual = not request.app.state.settings.hub.omit_superseded_and_failed
    return Visibility(
        superseded=usual if include_superseded is None else include_superseded,
        failed=usual if include_failed is None else include_failed,
    )


WhatIsVisible = Annotated[Visibility, Depends(visibility)]
