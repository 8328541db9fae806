"""Which command does what, for whom: permissions, collections, and continuations."""

from dataclasses import dataclass
from typing import Any, Final

import orjson
from fastapi.concurrency import run_in_threadpool

from nmdc_runtime.allowances.models import AllowanceAction
from nmdc_runtime.metadata.visibility import omission
from nmdc_runtime.mongo.conditions import all_of
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.mongo.filters import ClientFilter, parse_filter, read_filter
from nmdc_runtime.mongo.sorting import Place
from nmdc_runtime.queries.aggregating import DEFAULT_BATCH, Aggregations, Rows, batch_size
from nmdc_runtime.queries.answers import Batch
from nmdc_runtime.queries.errors import (
    AGGREGATE_REFUSAL,
    WRITE_REFUSAL,
    CollectionNotReadable,
    CommandRefused,
    ContinuationUnknown,
)
from nmdc_runtime.queries.models import (
    AggregateCommand,
    AnyCommand,
    CollStatsCommand,
    CountCommand,
    DeleteCommand,
    FindCommand,
    GetMoreCommand,
    UpdateCommand,
)
from nmdc_runtime.queries.pipelines import read_pipeline
from nmdc_runtime.queries.reads import Find, QueryReads
from nmdc_runtime.queries.rules import are_paths, sort_keys
from nmdc_runtime.queries.service import QueryService
from nmdc_runtime.web.auth import AccessRules, Caller
from nmdc_runtime.web.tokens import SignedTokens, TokenRefused
from nmdc_runtime.web.visibility import Visibility

#: As other ids of the Runtime's own begin.
PREFIX: Final = "nmdc:sys0"
INT32: Final = 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryRunner:
    """Runs commands.

    Parameters
    ----------
    public
        Collections that every caller may read.
    operational
        Collections for holders of the allowance to read them.
    """

    reads: QueryReads
    aggregations: Aggregations
    service: QueryService
    rules: AccessRules
    tokens: SignedTokens
    public: frozenset[str]
    operational: frozenset[str]

    async def run(
        self,
        command: AnyCommand,
        caller: Caller,
        *,
        visibility: Visibility,
        allow_broken_refs: bool = False,
    ) -> bytes:
        """Run the command and return its answer as JSON."""
        match command:
            case FindCommand():
                return await self._find(command, caller, visibility)
            case CountCommand():
                return await self._count(command, caller)
            case CollStatsCommand():
                return await self._coll_stats(command, caller)
            case AggregateCommand():
                return await run_in_threadpool(self._aggregate, command, caller)
            case GetMoreCommand():
                return await self._get_more(command, caller)
            case DeleteCommand():
                await self._check_may_write(caller)
                answer = await run_in_threadpool(
                    self.service.delete, command, allow_broken_refs=allow_broken_refs
                )
            case UpdateCommand():
                await self._check_may_write(caller)
                answer = await run_in_threadpool(
                    self.service.update, command, allow_broken_refs=allow_broken_refs
                )
        return orjson.dumps(answer)

    async def _check_may_write(self, caller: Caller) -> None:
        await run_in_threadpool(
            self.rules.check_allowed,
            caller,
            AllowanceAction.DELETE_BY_QUERY,
            refusal=WRITE_REFUSAL,
        )

    def _check_readable(self, collections: frozenset[str], caller: Caller) -> None:
        """Raise `CollectionNotReadable` for the first that the caller may not read."""
        action = AllowanceAction.READ_OPERATIONAL
        others = sorted(collections - self.public)
        held = bool(others) and self.rules.is_allowed(caller, action)
        for name in others:
            if not held or name not in self.operational:
                raise CollectionNotReadable(name, permission=action.value, held=held)

    async def _check_one_readable(self, collection: str, caller: Caller) -> None:
        if collection not in self.public:
            await run_in_threadpool(self._check_readable, frozenset({collection}), caller)

    async def _find(self, command: FindCommand, caller: Caller, visibility: Visibility) -> bytes:
        await self._check_one_readable(command.find, caller)
        if not are_paths([*(command.sort or ()), *(command.projection or ())]):
            raise CommandRefused("`sort` or `projection` names what cannot be an attribute.")
        given = read_filter(command.filter or {})
        wanted = Find(
            collection=command.find,
            condition=_shown(given, command.find, visibility),
            projection=command.projection or None,
            sort=sort_keys(command.sort),
            size=command.batch_size or DEFAULT_BATCH,
            left=command.limit or None,
        )
        claims = {
            "k": "find",
            "c": command.find,
            "f": given.text,
            "p": wanted.projection,
            "s": wanted.sort,
            "n": wanted.size,
            "v": [visibility.superseded, visibility.failed],
        }
        return await self._found(wanted, claims, caller, is_first=True)

    async def _found(
        self, wanted: Find, claims: dict[str, Any], caller: Caller, *, is_first: bool
    ) -> bytes:
        found = await self.reads.find(wanted)
        continuation = None
        if found.is_at_end:
            continuation = self._issue({"k": "end"}, caller)
        elif found.next is not None:
            place = {"l": found.left, "a": found.next.to_text()}
            continuation = self._issue(claims | place, caller)
        return Batch(found.texts, continuation, is_first=is_first).to_json()

    async def _count(self, command: CountCommand, caller: Caller) -> bytes:
        await self._check_one_readable(command.count, caller)
        condition = read_filter(command.query or {}).document
        return orjson.dumps({"ok": 1, "n": await self.reads.count(command.count, condition)})

    async def _coll_stats(self, command: CollStatsCommand, caller: Caller) -> bytes:
        await self._check_one_readable(command.coll_stats, caller)
        scale = 1 if command.scale is None else command.scale
        if not 0 < scale < INT32:
            raise CommandRefused(f"`scale` is not between 1 and {INT32 - 1}.")
        return orjson.dumps(await self.reads.collection_stats(command.coll_stats, scale=scale))

    def _aggregate(self, command: AggregateCommand, caller: Caller) -> bytes:
        self._check_may_aggregate(caller)
        pipeline = read_pipeline(command.pipeline)
        size = batch_size(command.cursor)
        self._check_readable(pipeline.collections | {command.aggregate}, caller)
        rows = self.aggregations.run(command.aggregate, pipeline, size=size)
        return self._rows(rows, caller, size=size, is_first=True)

    def _check_may_aggregate(self, caller: Caller) -> None:
        action = AllowanceAction.AGGREGATE_BY_QUERY
        self.rules.check_allowed(caller, action, refusal=AGGREGATE_REFUSAL)

    def _rows(self, rows: Rows, caller: Caller, *, size: int, is_first: bool) -> bytes:
        continuation = None
        if rows.next is not None:
            claims = {"k": "rows", "r": rows.result_id, "o": rows.next, "n": size or DEFAULT_BATCH}
            continuation = self._issue(claims, caller)
        return Batch(rows.texts, continuation, is_first=is_first).to_json()

    async def _get_more(self, command: GetMoreCommand, caller: Caller) -> bytes:
        claims = self._read(command.get_more, caller)
        if claims["k"] == "find":
            return await self._find_on(claims, caller)
        if claims["k"] == "rows":
            return await run_in_threadpool(self._aggregate_on, claims, caller)
        return Batch([], None, is_first=False).to_json()

    async def _find_on(self, claims: dict[str, Any], caller: Caller) -> bytes:
        collection = claims["c"]
        await self._check_one_readable(collection, caller)
        superseded, failed = claims["v"]
        given = parse_filter(claims["f"]) or read_filter({})
        wanted = Find(
            collection=collection,
            condition=_shown(given, collection, Visibility(superseded=superseded, failed=failed)),
            projection=claims["p"],
            sort=tuple((path, direction) for path, direction in claims["s"]),
            size=claims["n"],
            left=claims["l"],
            after=Place.from_text(claims["a"]),
        )
        return await self._found(wanted, claims, caller, is_first=False)

    def _aggregate_on(self, claims: dict[str, Any], caller: Caller) -> bytes:
        self._check_may_aggregate(caller)
        if claims["r"] is None:
            return Batch([], None, is_first=False).to_json()
        kept = self.aggregations.find(claims["r"])
        self._check_readable(frozenset(kept.collections), caller)
        rows = self.aggregations.read_on(kept, first=claims["o"], size=claims["n"])
        return self._rows(rows, caller, size=claims["n"], is_first=False)

    def _issue(self, claims: dict[str, Any], caller: Caller) -> str:
        return PREFIX + self.tokens.issue(claims, scope=_scope(caller))

    def _read(self, continuation: str, caller: Caller) -> dict[str, Any]:
        try:
            return self.tokens.read(continuation.removeprefix(PREFIX), scope=_scope(caller))
        except TokenRefused as error:
            raise ContinuationUnknown from error


def _scope(caller: Caller) -> tuple[str, ...]:
    """Return what binds a continuation to who it was given to."""
    return ("queries:run", "site client" if caller.site_id else "user", caller.username)


def _shown(given: ClientFilter, collection: str, visibility: Visibility) -> Document:
    """Return the filter, and what is left out besides."""
    return all_of(given.document, omission(collection, visibility))
