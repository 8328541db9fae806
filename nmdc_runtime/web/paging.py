"""The list protocol: its parameters, page tokens that need no storage, and streamed answers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Generic, TypeVar

from bson import json_util
from fastapi import Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from nmdc_runtime.mongo.documents import Document, to_json
from nmdc_runtime.mongo.filters import parse_filter
from nmdc_runtime.mongo.listing import After, Listing, Page, PageSpec, read_page
from nmdc_runtime.mongo.projections import WHOLE, parse_projection
from nmdc_runtime.web.auth import Caller
from nmdc_runtime.web.tokens import SignedTokens, TokenRefused, fingerprint

JSON: Final = "application/json"
DEFAULT_PAGE_SIZE: Final = 20
#: A filter up to this size travels in the token; of a larger one only its hash does.
REMEMBERED_BYTES: Final = 2_048

Item = TypeVar("Item")


class Doc(BaseModel):
    """A document as the database has it, without its internal key."""

    model_config = ConfigDict(extra="allow")


class ListResponse(BaseModel, Generic[Item]):
    """One page of a list; the token, if there is one, leads to the next."""

    resources: list[Item]
    next_page_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """The query parameters of a list as they were sent; None is absent."""

    filter: str | None = None
    max_page_size: int | None = None
    page_token: str | None = None
    projection: str | None = None


async def list_query(
    request: Request,
    filter: Annotated[
        str | None,
        Query(
            description="Which documents: a JSON object in MongoDB's query language. Extended "
            "JSON is understood; server-side JavaScript is not allowed.",
        ),
    ] = None,
    max_page_size: Annotated[
        int,
        Query(
            description="How many documents a page has at most. Below 1: all of them at once, "
            "streamed."
        ),
    ] = DEFAULT_PAGE_SIZE,
    page_token: Annotated[
        str | None,
        Query(
            description="The `next_page_token` of the page before. It can be used again until it "
            "expires, and remembers `filter`, `projection` and `max_page_size`; the first two may "
            "be sent again, but not changed."
        ),
    ] = None,
    projection: Annotated[
        str | None,
        Query(
            description="Which attributes: names between commas, or a JSON array or object. The "
            "attribute that orders the list always comes along."
        ),
    ] = None,
) -> ListQuery:
    """Read the parameters of a list route."""
    return ListQuery(
        filter=_sent(filter),
        max_page_size=max_page_size if "max_page_size" in request.query_params else None,
        page_token=_sent(page_token),
        projection=_sent(projection),
    )


def _sent(text: str | None) -> str | None:
    """Return what was sent; clients also send nothing as an empty value, and None as ``null``."""
    stripped = (text or "").strip()
    return None if stripped in {"", "null"} else stripped


ListParameters = Annotated[ListQuery, Depends(list_query)]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundQuery:
    """The query that a page token belongs to; texts are in their normal form, empty is none."""

    size: int
    filter: str = ""
    projection: str = ""


class PageTokens:
    """Makes and reads the tokens of lists: signed, reusable, bound to the query they belong to."""

    def __init__(self, tokens: SignedTokens) -> None:
        self._tokens = tokens

    def issue(self, bound: BoundQuery, after: After, *, scope: tuple[str, ...]) -> str:
        """Return a token for the page behind a key, good only within the scope."""
        token_claims: dict[str, Any] = {
            "after": json_util.dumps(after.key),
            "size": bound.size,
        }
        for name, text in (("filter", bound.filter), ("projection", bound.projection)):
            if len(text.encode()) > REMEMBERED_BYTES:
                token_claims[f"{name}_hash"] = fingerprint(text)
            elif text:
                token_claims[name] = text
        return self._tokens.issue(token_claims, scope=scope)

    def read(
        self,
        token: str,
        *,
        scope: tuple[str, ...],
        filter: str | None = None,
        projection: str | None = None,
    ) -> tuple[BoundQuery, After]:
        """Return the query that the token belongs to, and the key behind which its page begins.

        Parameters
        ----------
        token
            What the client sent.
        scope
            For whom and where it is used; it must be as when the token was made.
        filter, projection
            What was sent with the token, in normal form; None is nothing.

        Raises
        ------
        TokenRefused
            No hub with this key made it, it has expired, it belongs to another list, or the query
            has changed.
        """
        token_claims = self._tokens.read(token, scope=scope)
        bound = BoundQuery(
            size=token_claims["size"],
            filter=_agreed("filter", filter, token_claims),
            projection=_agreed("projection", projection, token_claims),
        )
        return bound, After(json_util.loads(token_claims["after"]))


def _agreed(name: str, sent: str | None, token_claims: dict[str, Any]) -> str:
    """Return the text that a token remembers, which must be what was sent, if anything was."""
    known_hash = token_claims.get(f"{name}_hash")
    remembered: str = token_claims.get(name, "")
    if sent is None:
        if known_hash:
            raise TokenRefused(
                f"the `{name}` of this list is too long for its `page_token`: send it again with "
                "the token"
            )
        return remembered
    if sent != remembered if known_hash is None else fingerprint(sent) != known_hash:
        raise TokenRefused(
            f"this `page_token` belongs to a list with another `{name}`: send the same one or "
            "none, or start again without a token"
        )
    return sent


async def list_response(
    request: Request,
    listing: Listing,
    query: ListQuery,
    *,
    caller: Caller | None = None,
    null_token: bool = False,
    zoned: bool = False,
) -> Response:
    """Answer one page of a list; a page that is not small is sent while it is read.

    Parameters
    ----------
    request
        Its path binds the token to this list.
    listing
        What is listed.
    query
        What the client asked for.
    caller
        Who asks, where the route knows; a token is good for the same kind of caller.
    null_token
        On the last page ``next_page_token`` is null, as some routes publish, instead of absent.
    zoned
        Dates end in ``Z``, as in all routes that were not published before.
    """
    tokens: PageTokens = request.app.state.services.page_tokens
    scope = (
        request.url.path.rstrip("/"),
        listing.collection.name,
        listing.key,
        _kind_of(caller),
    )
    bound, spec = _understand(query, tokens, scope=scope, hidden=listing.hidden)
    page = await read_page(listing, spec)

    def ending() -> bytes:
        if page.next is None:
            return b'],"next_page_token":null}' if null_token else b"]}"
        token = tokens.issue(bound, page.next, scope=scope)
        return b'],"next_page_token":' + to_json(token) + b"}"

    if page.is_small:
        parts = [part async for part in _resources(page, zoned=zoned)]
        return Response(b"".join([*parts, ending()]), media_type=JSON)

    async def body() -> AsyncIterator[bytes]:
        async for part in _resources(page, zoned=zoned):
            yield part
        yield ending()

    return StreamingResponse(body(), media_type=JSON)


def document_response(document: Document) -> Response:
    """Answer one document as the database has it."""
    return Response(to_json(document), media_type=JSON)


def _understand(
    query: ListQuery, tokens: PageTokens, *, scope: tuple[str, ...], hidden: frozenset[str]
) -> tuple[BoundQuery, PageSpec]:
    """Complete what was sent by what the token remembers."""
    sent_filter = parse_filter(query.filter, hidden=hidden)
    sent_projection = parse_projection(query.projection)
    if query.page_token is None:
        after = None
        bound = BoundQuery(
            size=DEFAULT_PAGE_SIZE,
            filter=sent_filter.text if sent_filter else "",
            projection=sent_projection.text if sent_projection else "",
        )
    else:
        bound, after = tokens.read(
            query.page_token,
            scope=scope,
            filter=sent_filter.text if sent_filter else None,
            projection=sent_projection.text if sent_projection else None,
        )
    if query.max_page_size is not None:
        bound = replace(bound, size=query.max_page_size)
    spec = PageSpec(
        size=bound.size,
        filter=sent_filter or parse_filter(bound.filter, hidden=hidden),
        projection=sent_projection or parse_projection(bound.projection) or WHOLE,
        after=after,
    )
    return bound, spec


def _kind_of(caller: Caller | None) -> str:
    if caller is None:
        return "public"
    return "site" if caller.site_id else "user"


async def _resources(page: Page, *, zoned: bool) -> AsyncIterator[bytes]:
    """Yield the documents as the beginning of the answer's JSON, a batch at a time."""
    lead = b'{"resources":['
    async for batch in page.batches():
        yield lead + to_json(batch, zoned=zoned)[1:-1]
        lead = b","
