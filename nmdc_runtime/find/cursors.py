"""Cursors: where a walk stands, and the query it belongs to. Nothing of it is stored."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from nmdc_runtime.find.errors import BadCursorValue, CursorOfAnotherQuery, FilterMissing
from nmdc_runtime.find.models import Finding, FindParameters
from nmdc_runtime.mongo.sorting import Place
from nmdc_runtime.web.tokens import (
    SignedTokens,
    TokenElsewhere,
    TokenExpired,
    TokenUnknown,
    is_forgotten,
    is_same,
    remember,
    remembered,
)
from nmdc_runtime.web.visibility import Visibility

#: What starts a walk.
START: Final = "*"
#: Texts of the query that a cursor is bound to.
BOUND: Final = ("filter", "sort", "fields")


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A walk from cursor to cursor: its query, where it stands, and how many there are."""

    filter: str = ""
    sort: str = ""
    fields: str = ""
    per_page: int
    visibility: Visibility
    after: Place | None = None
    #: Counted once, when the walk begins: so many documents match its filter.
    count: int | None = None


def write_cursor(walk: Walk, finding: Finding, tokens: SignedTokens) -> str:
    """Return the cursor of a walk that goes on."""
    claims: dict[str, Any] = {
        "per_page": walk.per_page,
        "visibility": asdict(walk.visibility),
        "after": walk.after.to_text() if walk.after else None,
        "count": walk.count,
    }
    for name in BOUND:
        remember(claims, name, getattr(walk, name))
    return tokens.issue(claims, scope=_scope(finding))


def read_cursor(
    sent: FindParameters, finding: Finding, tokens: SignedTokens, *, default_size: int
) -> Walk:
    """Return the walk that a cursor goes on with, or that it starts.

    Raises
    ------
    BadCursorValue
        Nobody made this cursor, it has expired, or it is another route's.
    CursorOfAnotherQuery
        What was sent with it is not the query that it belongs to.
    FilterMissing
        The query is too long to be remembered, and was not sent again.
    """
    if sent.cursor == START:
        return Walk(
            filter=sent.filter or "",
            sort=sent.sort or "",
            fields=sent.fields or "",
            per_page=sent.per_page or default_size,
            visibility=finding.visibility,
        )
    claims = _claims(sent.cursor or "", finding, tokens)
    visibility = Visibility(**claims["visibility"])
    if finding.is_visibility_sent and finding.visibility != visibility:
        raise CursorOfAnotherQuery("include_superseded` or `include_failed")
    return Walk(
        filter=_agreed("filter", sent.filter, claims),
        sort=_agreed("sort", sent.sort, claims),
        fields=_agreed("fields", sent.fields, claims),
        per_page=sent.per_page or claims["per_page"],
        visibility=visibility,
        after=Place.from_text(claims["after"]),
        count=claims["count"],
    )


def _claims(cursor: str, finding: Finding, tokens: SignedTokens) -> dict[str, Any]:
    try:
        return tokens.read(cursor, scope=_scope(finding))
    except TokenUnknown as error:
        raise BadCursorValue("this is no cursor of this hub") from error
    except TokenExpired as error:
        raise BadCursorValue("it has expired: start again with `cursor=*`") from error
    except TokenElsewhere as error:
        raise BadCursorValue("it belongs to another route") from error


def _scope(finding: Finding) -> tuple[str, ...]:
    return ("find", finding.path)


def _agreed(name: str, sent: str | None, claims: dict[str, Any]) -> str:
    """Return the text that a cursor remembers, which must be what was sent, if anything was."""
    if sent is None:
        if is_forgotten(claims, name):
            raise FilterMissing(name)
        return remembered(claims, name)
    if not is_same(claims, name, sent):
        raise CursorOfAnotherQuery(name)
    return sent
