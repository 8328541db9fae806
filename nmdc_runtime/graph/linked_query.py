"""How linked instances are asked for: by query parameters, by a body, and by a page token."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from nmdc_runtime.graph.linked import ANY_TYPE, Question
from nmdc_runtime.schema.ids import is_id
from nmdc_runtime.web.paging import DEFAULT_PAGE_SIZE
from nmdc_runtime.web.tokens import (
    SignedTokens,
    TokenRefused,
    is_forgotten,
    is_same,
    remember,
    remembered,
)

#: Ids of one request; a URL has room for some 1,500.
MOST_IDS: Final = 10_000
#: Tokens are good here, for both ways to ask.
SCOPE: Final = ("/nmdcschema/linked_instances",)
ID_PATTERN: Final = (
    r"^nmdc:[a-z]{1,6}-[0-9][a-z]{0,6}[0-9]-[A-Za-z0-9]+(\.[A-Za-z0-9]+)*(_[A-Za-z0-9_.\-]+)?$"
)
EXAMPLE_IDS: Final = ["nmdc:sty-11-34xj1150"]


def _check_id(text: str) -> str:
    if not is_id(text):
        raise PydanticCustomError(
            "nmdc_id", "this is not an NMDC identifier, such as nmdc:bsm-11-abcd1234"
        )
    return text


def _without_blanks(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    """Drop empty texts, and take a list of nothing else for none at all."""
    if not isinstance(value, list):
        return value
    return [each for each in value if not isinstance(each, str) or each.strip()] or None


NmdcId = Annotated[
    str, AfterValidator(_check_id), WithJsonSchema({"type": "string", "pattern": ID_PATTERN})
]
Ids = Annotated[
    Annotated[list[NmdcId], Field(max_length=MOST_IDS)] | None, BeforeValidator(_without_blanks)
]
Types = Annotated[list[str] | None, BeforeValidator(_without_blanks)]

IDS: Final = (
    "The ids whose links are followed. They can be left out where a `page_token` remembers them."
)
TYPES: Final = (
    "Only instances of these classes, or of classes below them, e.g. `nmdc:Biosample`, "
    f"`nmdc:DataGeneration`. Unset: `{ANY_TYPE}`, which all are."
)
HYDRATE: Final = (
    "Whether to answer with whole documents and not only `id` and `type`. Unset with a "
    "`page_token`: as on the page before."
)
RESUMING: Final = (
    "The `next_page_token` of the page before. It can be used again until it expires, remembers "
    "page size, `hydrate`, and `ids` and `types` unless they are many."
)
SIZE: Final = "How many instances a page has at most. Below 1: all of them at once, streamed."


class LinkedInstancesSearch(BaseModel):
    """What is asked for, where the ids are too many for a URL."""

    model_config = ConfigDict(extra="ignore")

    ids: Ids = Field(default=None, description=IDS, examples=[EXAMPLE_IDS])
    types: Types = Field(default=None, description=TYPES, examples=[["nmdc:Biosample"]])
    hydrate: bool | None = Field(default=None, description=HYDRATE, examples=[False])
    page_token: str | None = Field(default=None, description=RESUMING)
    max_page_size: int | None = Field(default=None, description=SIZE, examples=[DEFAULT_PAGE_SIZE])


#: ``ids`` as published, required; they are read by hand, because a token may stand for them.
PUBLISHED_IDS: Final[dict[str, Any]] = {
    "name": "ids",
    "in": "query",
    "required": True,
    "description": IDS,
    "schema": {
        "type": "array",
        "items": {"type": "string", "pattern": ID_PATTERN},
        "maxItems": MOST_IDS,
    },
    "examples": {"usual": {"summary": "a study", "value": EXAMPLE_IDS}},
}
_IDS: Final = TypeAdapter[list[str] | None](Ids)


def _example(value: Any, summary: str) -> dict[str, Any]:  # noqa: ANN401 (any JSON value)
    return {"usual": {"summary": summary, "value": value}}


async def linked_query(
    request: Request,
    types: Annotated[
        Types,
        Query(description=TYPES, openapi_examples=_example(["nmdc:Biosample"], "biosamples")),
    ] = None,
    hydrate: Annotated[
        bool, Query(description=HYDRATE, openapi_examples=_example(True, "whole documents"))
    ] = False,
    page_token: Annotated[
        str | None, Query(description=RESUMING, openapi_examples=_example("", "the first page"))
    ] = None,
    max_page_size: Annotated[
        int, Query(description=SIZE, openapi_examples=_example(100, "a hundred"))
    ] = DEFAULT_PAGE_SIZE,
) -> LinkedInstancesSearch:
    """Read the query parameters; what was not sent is None, so that a token may say it."""
    sent = request.query_params
    taken: frozenset[str] = request.scope.get("nmdc.taken_parameters", frozenset())
    request.scope["nmdc.taken_parameters"] = taken | {"ids"}
    try:
        ids = _IDS.validate_python(sent.getlist("ids"))
    except ValidationError as error:
        raise RequestValidationError(
            [
                {**each, "loc": ("query", "ids", *each["loc"])}
                for each in error.errors(include_url=False)
            ]
        ) from error
    return LinkedInstancesSearch.model_construct(
        ids=ids,
        types=types,
        hydrate=hydrate if "hydrate" in sent else None,
        page_token=page_token,
        max_page_size=max_page_size if "max_page_size" in sent else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAsked:
    """One page of an answer, with all that was sent or remembered."""

    question: Question
    hydrate: bool
    size: int
    after: str | None = None
    since: str | None = None

    def token(self, tokens: SignedTokens, *, after: str, mark: str) -> str:
        """Return the token of the next page, which begins behind an id."""
        claims: dict[str, Any] = {
            "after": after,
            "mark": mark,
            "size": self.size,
            "hydrate": self.hydrate,
        }
        for name in ("ids", "types"):
            remember(claims, name, ",".join(getattr(self.question, name)))
        return tokens.issue(claims, scope=SCOPE)


def page_asked(sent: LinkedInstancesSearch, tokens: SignedTokens) -> PageAsked:
    """Complete what was sent by what the token remembers.

    Raises
    ------
    RequestValidationError
        There are neither ids nor a token.
    TokenRefused
        The token is none of ours, has expired, or belongs to other ids or types.
    """
    page_token = (sent.page_token or "").strip()
    if not page_token:
        if not sent.ids:
            missing = {"type": "missing", "loc": ("query", "ids"), "msg": "Field required"}
            raise RequestValidationError([{**missing, "input": None}])
        return PageAsked(
            question=Question(_sorted(sent.ids), _sorted(sent.types or [ANY_TYPE])),
            hydrate=bool(sent.hydrate),
            size=DEFAULT_PAGE_SIZE if sent.max_page_size is None else sent.max_page_size,
        )
    claims = tokens.read(page_token, scope=SCOPE)
    return PageAsked(
        question=Question(_agreed("ids", sent.ids, claims), _agreed("types", sent.types, claims)),
        hydrate=claims["hydrate"] if sent.hydrate is None else sent.hydrate,
        size=claims["size"] if sent.max_page_size is None else sent.max_page_size,
        after=claims["after"],
        since=claims["mark"],
    )


def _sorted(values: list[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


def _agreed(name: str, sent: list[str] | None, claims: dict[str, Any]) -> tuple[str, ...]:
    """Return what a token remembers, which must be what was sent, if anything was."""
    if not sent:
        if is_forgotten(claims, name):
            raise TokenRefused(
                f"the `{name}` of this list are too many for its `page_token`: send them again "
                "with the token"
            )
        return tuple(remembered(claims, name).split(","))
    values = _sorted(sent)
    if not is_same(claims, name, ",".join(values)):
        raise TokenRefused(
            f"this `page_token` belongs to a list with other `{name}`: send the same ones or none, "
            "or start again without a token"
        )
    return values
