"""HEAD, wherever there is GET: the same head of an answer, without its body."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Answers that have no body under any method.
_WITHOUT_BODY: Final = frozenset({204, 304})


class _Enough(Exception):
    """The client has all it asked for."""


class HeadRequests:
    """Serves HEAD by what serves GET, up to where its body would begin.

    What comes in one piece is made and thrown away, so that its length is told. What comes in
    parts is not begun: the route is stopped as if the client had left. It stands around
    compression, so that the answer tells what GET would get.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        ended = stopped = False

        async def head_alone(message: Message) -> None:
            nonlocal ended, stopped
            if message["type"] == "http.response.start":
                # The server looks at it to know that no body follows.
                scope["method"] = "HEAD"
                await send(message)
                if message["status"] in _WITHOUT_BODY or _has_length(message):
                    return
            if not ended:
                ended = True
                await send({"type": "http.response.body", "body": b""})
            if message["type"] == "http.response.start" or message.get("more_body", False):
                stopped = True
                raise _Enough

        # In place, not in a copy: what stands around this looks here for the route that was found.
        scope["method"] = "GET"
        try:
            await self._app(scope, receive, head_alone)
        except Exception:
            # What the route makes of being stopped (an error of its own, a group of them) is no
            # error; what stops it by itself is.
            if not stopped:
                raise
        finally:
            scope["method"] = "HEAD"


def _has_length(start: Message) -> bool:
    return any(name.lower() == b"content-length" for name, _ in start["headers"])
