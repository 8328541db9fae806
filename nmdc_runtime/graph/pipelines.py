"""The aggregations that make a graph; what `rules` says of one document, said of all at once.

Three steps, each into a collection of its own, so that the second and third read what no longer
changes: the nodes, then who names them, then both together.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from nmdc_runtime.graph.rules import (
    ANCESTORS,
    DANGLING_TYPE,
    DOWNSTREAM,
    ID_TAKEN,
    LEFT_OUT,
    MOST_ID_BYTES,
    MOST_NODE_BYTES,
    NO_ID,
    NO_TYPE,
    TOO_MANY_REFERENCES,
    UNKNOWN_TYPE,
    UPSTREAM,
    GraphRules,
)

Stage = dict[str, Any]
Expression = Any

#: Why a document is not to be in the graph; only while a graph is built.
SKIP: Final = "_skip"
NOT_SKIPPED: Final[dict[str, Any]] = {SKIP: {"$exists": False}}


def nodes(rules: GraphRules, *, into: str) -> tuple[str, list[Stage]]:
    """Return the collection to aggregate, and the stages that make a node of every document.

    A document that cannot be one stays, with the reason in `SKIP` and nothing else.
    """
    first, *others = rules.collections
    unions = [{"$unionWith": {"coll": name, "pipeline": _nodes_of(name, rules)}} for name in others]
    return first, [*_nodes_of(first, rules), *unions, {"$out": into}]


def _nodes_of(collection: str, rules: GraphRules) -> list[Stage]:
    types = sorted(rules.ancestors)
    ancestors = [list(rules.ancestors[type_]) for type_ in types]
    reason = {
        "$switch": {
            "branches": [
                {"case": {"$not": [_usable_id("$id")]}, "then": NO_ID},
                {"case": {"$eq": [{"$type": "$type"}, "missing"]}, "then": NO_TYPE},
                {"case": {"$eq": ["$at", -1]}, "then": UNKNOWN_TYPE},
                {
                    "case": {"$gt": [{"$bsonSize": "$$ROOT"}, MOST_NODE_BYTES]},
                    "then": TOO_MANY_REFERENCES,
                },
            ],
            "default": None,
        }
    }
    return [
        {"$project": {**rules.projection, "at": {"$indexOfArray": [{"$literal": types}, "$type"]}}},
        {"$set": {SKIP: reason, "_id": {"c": {"$literal": collection}, "k": "$_id"}}},
        {
            "$replaceWith": {
                "$cond": [
                    {"$eq": [f"${SKIP}", None]},
                    {
                        "$mergeObjects": [
                            "$$ROOT",
                            {
                                ANCESTORS: {"$arrayElemAt": [{"$literal": ancestors}, "$at"]},
                                "up": _targets(rules.upstream),
                                "down": _targets(rules.downstream),
                            },
                        ]
                    },
                    {"_id": "$_id", SKIP: f"${SKIP}", "of": _short_text("$id")},
                ]
            }
        },
        {"$set": {SKIP: {"$ifNull": [f"${SKIP}", "$$REMOVE"]}, "at": "$$REMOVE"}},
    ]


def types(*, into: str) -> list[Stage]:
    """Return the stages that keep of every node its type alone, by its id: looked up often."""
    return [
        {"$match": NOT_SKIPPED},
        {"$project": {"_id": "$id", "type": 1}},
        {"$out": into},
    ]


def duplicates() -> list[Stage]:
    """Return the stages that find, for each id that several nodes have, their keys in order."""
    return [
        {"$match": NOT_SKIPPED},
        {"$group": {"_id": "$id", "keys": {"$push": "$_id"}, "count": {"$sum": 1}}},
        {"$match": {"count": {"$gt": 1}}},
    ]


def skip_duplicate() -> list[Stage]:
    """Return the update that leaves a node out whose id another one has."""
    return [{"$replaceWith": {"_id": "$_id", SKIP: ID_TAKEN, "of": "$id"}}]


def mirrors(rules: GraphRules, *, into: str) -> list[Stage]:
    """Return the stages that gather, for each id that nodes name, who names it.

    Of each direction at most one more than an array may have: so it shows that they are too many.
    """
    named = {
        "$concatArrays": [
            {"$map": {"input": f"${array}", "in": {"t": "$$this", "d": side}}}
            # Who names a document as upstream is downstream of it.
            for array, side in (("up", "down"), ("down", "up"))
        ]
    }
    return [
        {"$match": NOT_SKIPPED},
        {"$project": {"_id": 0, "from": {"id": "$id", "type": "$type"}, "named": named}},
        {"$unwind": "$named"},
        {
            "$group": {
                "_id": "$named",
                "from": {"$firstN": {"n": rules.most_links + 1, "input": "$from"}},
            }
        },
        {
            "$group": {
                "_id": "$_id.t",
                **{
                    side: {"$max": {"$cond": [{"$eq": ["$_id.d", side]}, "$from", None]}}
                    for side in ("up", "down")
                },
            }
        },
        {"$out": into},
    ]


def graph(rules: GraphRules, *, types: str, mirrors: str, into: str) -> list[Stage]:
    """Return the stages that give every node its neighbours.

    The look-ups stand first, where MongoDB has a faster engine for them; their results are bounded
    because nodes are. Few stages with large expressions: each stage costs as much as a look-up.
    """
    kept = ("id", "type", ANCESTORS, *rules.slots)
    arrays = ((UPSTREAM, "up"), (DOWNSTREAM, "down"))
    too_many = [
        # The sum first, which is cheap, and right for all but a few.
        {
            "$cond": [
                {
                    "$gt": [
                        {"$add": [{"$size": f"${side}"}, {"$size": _naming(side)}]},
                        rules.most_links,
                    ]
                },
                {
                    "$cond": [
                        {"$gt": [{"$size": {"$setUnion": _halves(side)}}, rules.most_links]},
                        [array],
                        [],
                    ]
                },
                [],
            ]
        }
        for array, side in arrays
    ]
    return [
        {"$match": NOT_SKIPPED},
        *(
            {
                "$lookup": {
                    "from": types,
                    "localField": side,
                    "foreignField": "_id",
                    "as": f"{side}_found",
                }
            }
            for side in ("up", "down")
        ),
        {"$lookup": {"from": mirrors, "localField": "id", "foreignField": "_id", "as": "by"}},
        {
            "$project": {
                **dict.fromkeys(kept, 1),
                **{array: _neighbours(side, rules.most_links) for array, side in arrays},
                LEFT_OUT: _unless_empty({"$concatArrays": too_many}),
            }
        },
        {"$out": into},
    ]


def _own(side: str) -> Expression:
    """Return the entries that the slots of a node make."""
    found = {"$map": {"input": f"${side}_found", "in": {"id": "$$this._id", "type": "$$this.type"}}}
    dangling = {
        "$map": {
            "input": {"$setDifference": [f"${side}", f"${side}_found._id"]},
            "in": {"id": "$$this", "type": DANGLING_TYPE},
        }
    }
    all_there = {"$eq": [{"$size": f"${side}"}, {"$size": f"${side}_found"}]}
    return {"$cond": [all_there, found, {"$concatArrays": [found, dangling]}]}


def _naming(side: str) -> Expression:
    """Return the entries of the nodes that name a node."""
    return {"$ifNull": [{"$first": f"$by.{side}"}, []]}


def _halves(side: str) -> list[Expression]:
    return [_own(side), _naming(side)]


def _neighbours(side: str, most: int) -> Expression:
    own_alone = {"$cond": [{"$gt": [{"$size": f"${side}"}, most]}, [], _own(side)]}
    fits = {"$lte": [{"$size": "$$all"}, most]}
    kept = {"$cond": [fits, "$$all", {"$setUnion": [own_alone]}]}
    return _unless_empty(
        {"$let": {"vars": {"all": {"$setUnion": _halves(side)}}, "in": kept}},
    )


def _unless_empty(array: Expression) -> Expression:
    empty = {"$eq": ["$$array", []]}
    return {"$let": {"vars": {"array": array}, "in": {"$cond": [empty, "$$REMOVE", "$$array"]}}}


def relink(
    *,
    most: int,
    remove: Sequence[dict[str, str]],
    up: Sequence[dict[str, str]],
    down: Sequence[dict[str, str]],
    own_up: Sequence[str],
    own_down: Sequence[str],
) -> list[Stage]:
    """Return the update of a document some of whose neighbours changed.

    Parameters
    ----------
    most
        How many entries an array may have.
    remove
        Every entry that either array may hold about those neighbours.
    up, down
        What they are to hold about them instead.
    own_up, own_down
        What stays of an array that has become too long: what the document's own slots name.
    """
    own = {UPSTREAM: own_up, DOWNSTREAM: own_down}
    return [
        {
            "$set": {
                array: {
                    "$setUnion": [
                        {"$setDifference": [{"$ifNull": [f"${array}", []]}, {"$literal": remove}]},
                        {"$literal": add},
                    ]
                }
                for array, add in ((UPSTREAM, up), (DOWNSTREAM, down))
            }
        },
        {
            "$set": {
                LEFT_OUT: {
                    "$setUnion": [
                        {"$ifNull": [f"${LEFT_OUT}", []]},
                        *({"$cond": [_long(array, most), [array], []]} for array in own),
                    ]
                }
            }
        },
        {
            "$set": {
                array: {"$cond": [_long(array, most), _only(array, ids), f"${array}"]}
                for array, ids in own.items()
            }
        },
        {"$set": {name: _unless_empty(f"${name}") for name in (UPSTREAM, DOWNSTREAM, LEFT_OUT)}},
    ]


def _only(array: str, ids: Sequence[str]) -> Expression:
    among = {"$in": ["$$this.id", {"$literal": list(ids)}]}
    return {"$filter": {"input": f"${array}", "cond": among}}


def _long(array: str, most: int) -> Expression:
    return {"$gt": [{"$size": f"${array}"}, most]}


def _usable_id(value: Expression) -> Expression:
    # Nested, because $strLenBytes fails on anything else and the parts of an $and may be moved.
    size = {"$strLenBytes": value}
    fits = {"$and": [{"$gt": [size, 0]}, {"$lte": [size, MOST_ID_BYTES]}]}
    return {"$cond": [{"$eq": [{"$type": value}, "string"]}, fits, False]}


def _short_text(value: Expression) -> Expression:
    text = {"$cond": [{"$eq": [{"$type": value}, "string"]}, value, {"$literal": ""}]}
    return {"$substrCP": [text, 0, MOST_ID_BYTES]}


def _targets(slots: Iterable[str]) -> Expression:
    values = [{"$cond": [{"$isArray": f"${slot}"}, f"${slot}", [f"${slot}"]]} for slot in slots]
    return {"$filter": {"input": {"$setUnion": values}, "cond": _usable_id("$$this")}}
