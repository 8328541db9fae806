"""What is told of a body that is no command: the published list, and a short one."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final

import orjson
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from nmdc_runtime.queries.errors import CommandMalformed
from nmdc_runtime.queries.models import DEFAULT_CURSOR, MEMBER_OF
from nmdc_runtime.web.problems import HIDDEN, hide_secrets

MEMBERS: Final = frozenset(MEMBER_OF.values())
#: Of an ``input``, in an answer: it is repeated for each member of the union.
MOST_BYTES: Final = 100_000
MOST_LEVELS: Final = 50
MOST_PROBLEMS: Final = 1_000


class CommandRoute(APIRoute):
    """A route whose body is a union of commands, all of whose complaints are published."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, which tells of malformed commands in two ways."""
        handle = super().get_route_handler()

        async def told(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                problems = error.errors()
                if not any(_member_of(each) for each in problems):
                    raise
                raise as_malformed(problems[:MOST_PROBLEMS], error.body) from None

        return told


def as_malformed(problems: Sequence[Mapping[str, Any]], body: object) -> CommandMalformed:
    """Return the error: what all members say in their order, and what the one meant says."""
    told = [_told(each) for each in problems]
    keys = body if isinstance(body, dict) else ()
    key = next((each for each in keys if each in MEMBER_OF), None)
    if key is None:
        msg = f"The body has none of the keys that name a command: {', '.join(MEMBER_OF)}"
        return CommandMalformed(told, meant=[{"type": "missing", "loc": ["body"], "msg": msg}])
    meant = [
        {"type": each["type"], "loc": ["body", *each["loc"][2:]], "msg": each["msg"]}
        for each in told
        if _member_of(each) == MEMBER_OF[key]
    ]
    return CommandMalformed(told, meant=meant)


def _member_of(problem: Mapping[str, Any]) -> str | None:
    loc = problem.get("loc", ())
    return loc[1] if len(loc) > 1 and loc[1] in MEMBERS else None


def _told(problem: Mapping[str, Any]) -> dict[str, Any]:
    told = {**problem, "loc": list(problem["loc"]), "input": _shown(problem.get("input"))}
    is_whole = problem["type"] == "missing" and isinstance(told["input"], dict)
    if _member_of(problem) == "AggregateCommand" and is_whole:
        # Published: the default is there before the body is looked at.
        told["input"] = told["input"] | {"cursor": told["input"].get("cursor", DEFAULT_CURSOR)}
    if "ctx" in told:
        told["ctx"] = {
            key: {} if isinstance(value, Exception) else value for key, value in told["ctx"].items()
        }
    return told


def _shown(value: object) -> object:
    """Return what was sent as it can be sent back: short, shallow, and without secrets."""
    level: list[object] = [value]
    for _ in range(MOST_LEVELS):
        level = [
            child
            for each in level
            if isinstance(each, dict | list)
            for child in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            break
    else:
        return HIDDEN
    try:
        text = orjson.dumps(value)
    except orjson.JSONEncodeError:  # half a character, or a number beyond 64 bits
        return HIDDEN
    return hide_secrets(orjson.loads(text)) if len(text) <= MOST_BYTES else HIDDEN
