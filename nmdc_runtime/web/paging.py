"""The list protocol: its parameters, page tokens that need no storage, and streamed answers."""

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, fields, replace
from typing import Annotated, Any, Final, Generic, TypeVar

from bson import json_util
from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from nmdc_runtime.mongo.conditions import all_of
from nmdc_runtime.mongo.documents import Document, to_json
from nmdc_runtime.mongo.filters import ClientFilter, parse_filter
from nmdc_runtime.mongo.listing import After, Listing, Page, PageSpec, read_page
from nmdc_runtime.mongo.projections import WHOLE, parse_projection
from nmdc_runtime.mongo.sorted_listing import SortedListPage, read_sorted_page
from nmdc_runtime.mongo.sorting import Place, SortKeys
from nmdc_runtime.web.auth import Caller
from nmdc_runtime.web.streams import ClosingStream
from nmdc_runtime.web.tokens import (
    SignedTokens,
    TokenRefused,
    is_forgotten,
    is_same,
    remember,
    remembered,
)

JSON: Final = "application/json"
DEFAULT_PAGE_SIZE: Final = 20

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
    """What was sent to a list; None is absent.

    Parameters
    ----------
    filter
        As text, or read already.
    sort
        Of lists that a client may sort; the last key is the list's own. Empty is the list's order.
    omission
        Condition of the documents that are not left out; where the client did not say it himself
        (``chose_omission``), that which the token remembers holds.
    """

    filter: str | ClientFilter | None = None
    max_page_size: int | None = None
    page_token: str | None = None
    projection: str | None = None
    sort: SortKeys | None = None
    omission: Document = field(default_factory=dict)
    chose_omission: bool = False


async def list_query(
    request: Request,
    filter: Annotated[
        str | None,
        Query(
            description="Which documents: a JSON object in MongoDB's query language. Extended "
            "JSON is understood; server-side JavaScript is not allowed.",
            examples=['{"id": "nmdc:sty-11-34xj1150"}'],
        ),
    ] = None,
    max_page_size: Annotated[
        int,
        Query(
            description="How many documents a page has at most. Below 1: all of them at once, "
            "streamed.",
            examples=[DEFAULT_PAGE_SIZE],
        ),
    ] = DEFAULT_PAGE_SIZE,
    page_token: Annotated[
        str | None,
        Query(
            description="The `next_page_token` of the page before. It can be used again until it "
            "expires, and remembers `filter`, `projection` and `max_page_size`; the first two may "
            "be sent again, but not changed. Empty: the first page.",
            examples=[""],
        ),
    ] = None,
    projection: Annotated[
        str | None,
        Query(
            description="Which attributes: names between commas, or a JSON array or object. The "
            "attribute that orders the list always comes along.",
            examples=["id,type"],
        ),
    ] = None,
) -> ListQuery:
    """Read the parameters of a list route."""
    return ListQuery(
        filter=sent_text(filter),
        max_page_size=max_page_size if "max_page_size" in request.query_params else None,
        page_token=sent_text(page_token),
        projection=sent_text(projection),
    )


def sent_text(text: str | None) -> str | None:
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
    sort: str = ""
    omission: str = ""


#: Those of its members that a client may send again with a token, but not change.
TEXTS: Final = tuple(each.name for each in fields(BoundQuery) if each.name != "size")
#: Under which parameters a client knows them.
_SENT_AS: Final = {"omission": "include_superseded` or `include_failed"}


class PageTokens:
    """Makes and reads the tokens of lists: signed, reusable, bound to the query they belong to."""

    def __init__(self, tokens: SignedTokens) -> None:
        self._tokens = tokens

    def issue(self, bound: BoundQuery, after: After | Place, *, scope: tuple[str, ...]) -> str:
        """Return a token for the page behind a key or place, good only within the scope."""
        token_claims: dict[str, Any] = {"size": bound.size}
        if isinstance(after, Place):
            token_claims["place"] = after.to_text()
        else:
            token_claims["after"] = json_util.dumps(after.key)
        for name in TEXTS:
            remember(token_claims, name, getattr(bound, name))
        return self._tokens.issue(token_claims, scope=scope)

    def read(
        self, token: str, *, scope: tuple[str, ...], **sent: str | None
    ) -> tuple[BoundQuery, After | Place]:
        """Return the query that the token belongs to, and behind what its page begins.

        Parameters
        ----------
        token
            What the client sent.
        scope
            For whom and where it is used; it must be as when the token was made.
        sent
            Texts of the `BoundQuery` that came with the token, in normal form; None is nothing.

        Raises
        ------
        TokenRefused
            No hub with this key made it, it has expired, it belongs to another list, or the query
            has changed.
        """
        token_claims = self._tokens.read(token, scope=scope)
        texts = {name: _agreed(name, sent.get(name), token_claims) for name in TEXTS}
        bound = BoundQuery(size=token_claims["size"], **texts)
        if "place" in token_claims:
            return bound, Place.from_text(token_claims["place"])
        return bound, After(json_util.loads(token_claims["after"]))


def _agreed(name: str, sent: str | None, token_claims: dict[str, Any]) -> str:
    """Return the text that a token remembers, which must be what was sent, if anything was."""
    shown = _SENT_AS.get(name, name)
    if sent is None:
        if is_forgotten(token_claims, name):
            raise TokenRefused(
                f"the `{shown}` of this list is too long for its `page_token`: send it again with "
                "the token"
            )
        return remembered(token_claims, name)
    if not is_same(token_claims, name, sent):
        raise TokenRefused(
            f"this `page_token` belongs to a list with another `{shown}`: send the same one or "
            "none, or start again without a token"
        )
    return sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One step through a list: what was sent, completed by what the token remembers."""

    listing: Listing
    bound: BoundQuery
    spec: PageSpec
    sort: SortKeys
    place: Place | None
    scope: tuple[str, ...]

    async def read(self) -> Page | SortedListPage:
        """Return the page, its first batch read."""
        if not self.sort:
            return await read_page(self.listing, self.spec)
        return await read_sorted_page(self.listing, self.spec, sort=self.sort, place=self.place)


def begin_walk(
    request: Request, listing: Listing, query: ListQuery, *, caller: Caller | None = None
) -> Walk:
    """Return what is to be read; see `list_response`.

    Raises
    ------
    FilterRefused, ProjectionRefused, TokenRefused
        What was sent cannot be used.
    """
    scope = (
        request.url.path.rstrip("/"),
        listing.collection.name,
        listing.key,
        _kind_of(caller),
    )
    client_filter = query.filter
    if not isinstance(client_filter, ClientFilter):
        client_filter = parse_filter(client_filter, hidden=listing.hidden)
    projection = parse_projection(query.projection)
    sent = {
        "filter": client_filter.text if client_filter else None,
        "projection": projection.text if projection else None,
        "sort": None if query.sort is None else json.dumps(query.sort, separators=(",", ":")),
        "omission": _omission_text(query.omission),
    }
    after: After | Place | None = None
    if query.page_token is None:
        bound = BoundQuery(
            size=DEFAULT_PAGE_SIZE, **{name: text or "" for name, text in sent.items()}
        )
    else:
        if not query.chose_omission:
            sent["omission"] = None
        tokens: PageTokens = request.app.state.services.page_tokens
        bound, after = tokens.read(query.page_token, scope=scope, **sent)
    if query.max_page_size is not None:
        bound = replace(bound, size=query.max_page_size)
    omission = json.loads(bound.omission) if bound.omission else {}
    return Walk(
        listing=replace(listing, condition=all_of(listing.condition, omission)),
        bound=bound,
        spec=PageSpec(
            size=bound.size,
            filter=client_filter or parse_filter(bound.filter, hidden=listing.hidden),
            projection=projection or parse_projection(bound.projection) or WHOLE,
            after=after if isinstance(after, After) else None,
        ),
        sort=tuple((path, direction) for path, direction in json.loads(bound.sort or "[]")),
        place=after if isinstance(after, Place) else None,
        scope=scope,
    )


def _omission_text(omission: Document) -> str:
    return json.dumps(omission, separators=(",", ":")) if omission else ""


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

    It has no ETag: MongoDB has no cheap version of what a filter finds, and a client must not go
    on with the token of an answer it kept, which may have expired.

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
    walk = begin_walk(request, listing, query, caller=caller)
    page = await walk.read()

    def ending() -> bytes:
        if page.next is None:
            return b'],"next_page_token":null}' if null_token else b"]}"
        tokens: PageTokens = request.app.state.services.page_tokens
        token = tokens.issue(walk.bound, page.next, scope=walk.scope)
        return b'],"next_page_token":' + to_json(token) + b"}"

    if page.is_small:
        parts = [part async for part in _resources(page, zoned=zoned)]
        return Response(b"".join([*parts, ending()]), media_type=JSON)

    async def body() -> AsyncGenerator[bytes, None]:
        async for part in _resources(page, zoned=zoned):
            yield part
        yield ending()

    return ClosingStream(body(), media_type=JSON)


def document_response(document: Document) -> Response:
    """Answer one document as the database has it."""
    return Response(to_json(document), media_type=JSON)


def _kind_of(caller: Caller | None) -> str:
    if caller is None:
        return "public"
    return "site" if caller.site_id else "user"


async def _resources(page: Page | SortedListPage, *, zoned: bool) -> AsyncGenerator[bytes, None]:
    """Yield the documents as the beginning of the answer's JSON, a batch at a time."""
    yield b'{"resources":['
    lead = b""
    async for batch in page.batches():
        if batch:
            yield lead + to_json(batch, zoned=zoned)[1:-1]
            lead = b","
