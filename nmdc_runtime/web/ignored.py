"""Query parameters that a route does not know are ignored, and the answer says which."""

from typing import Final
from urllib.parse import parse_qsl, quote

from fastapi.dependencies.models import Dependant
from pydantic import BaseModel
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

IGNORED_HEADER: Final = "NMDC-Ignored-Parameters"
#: How many names the header has at most, and how long each: clients make them up.
MOST_NAMES: Final = 20
MOST_LETTERS: Final = 60


class IgnoredParameters:
    """Names the ignored query parameters of a request in a header of its answer.

    A request without a query costs nothing.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        #: Of each route seen, by its identity: routes have no hash, and stay as long as this does.
        self._known: dict[int, frozenset[str]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["query_string"]:
            await self._app(scope, receive, send)
            return

        async def send_with_names(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = self._ignored(scope)
                if names:
                    headers = MutableHeaders(scope=message)
                    headers[IGNORED_HEADER] = ", ".join(names)
            await send(message)

        await self._app(scope, receive, send_with_names)

    def _ignored(self, scope: Scope) -> list[str]:
        dependant = getattr(scope.get("route"), "dependant", None)
        if not isinstance(dependant, Dependant):
            return []  # no route of ours: nobody can say what it knows
        known = self._known.get(id(dependant))
        if known is None:
            known = self._known[id(dependant)] = _names_of(dependant)
        # Blank values are kept: a name without a value is ignored just so.
        query = scope["query_string"].decode("latin-1")
        sent = dict.fromkeys(name for name, _ in parse_qsl(query, keep_blank_values=True))
        taken = known | scope.get("nmdc.taken_parameters", frozenset())
        ignored = [name for name in sent if name and name not in taken]
        return [quote(name[:MOST_LETTERS], safe="") for name in ignored[:MOST_NAMES]]


def _names_of(dependant: Dependant) -> frozenset[str]:
    """Return the names of all query parameters, of the route and of what it depends on."""
    names: set[str] = set()
    for parameter in dependant.query_params:
        annotation = parameter.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            names.update(field.alias or name for name, field in annotation.model_fields.items())
        else:
            names.add(parameter.alias)
    return frozenset(names).union(*map(_names_of, dependant.dependencies))
