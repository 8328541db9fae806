"""Filters that clients write: read once, checked, and from then on a value."""

import json
from dataclasses import dataclass, field
from typing import Any, Final

import bson
from bson import Regex, json_util
from bson.errors import BSONError

from nmdc_runtime.kernel.errors import NmdcError
from nmdc_runtime.mongo.documents import Document

#: Levels of nesting; MongoDB's own limit is near 100, and ours keeps clear of it.
MAX_DEPTH: Final = 50
#: Characters in one regular expression; MongoDB's own limit is near 32,000.
MAX_REGEX_LENGTH: Final = 4_096
#: Below MongoDB's 16 MiB, with room for what stands around a filter in a command.
MAX_BYTES: Final = 15_000_000
#: What runs JavaScript in the server.
JAVASCRIPT: Final = frozenset({"$where", "$function", "$accumulator"})

NOT_AN_OBJECT: Final = (
    "The given `filter` is not a valid JSON object, which must start with '{' and end with '}'."
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LOGICAL: Final = frozenset({"$and", "$or", "$nor"})
#: Operators on a field whose operand is only data.
COMPARISONS: Final = _words(
    """
    $eq $ne $gt $gte $lt $lte $in $nin $exists $type $size $mod $options $bitsAllClear
    $bitsAllSet $bitsAnyClear $bitsAnySet
    """
)
GEO: Final = frozenset({"$geoWithin", "$geoIntersects"})
GEO_SHAPES: Final = frozenset(["$box", "$center", "$centerSphere", "$geometry", "$polygon"])
#: Operators that say nothing of what stands below the field.
SHAPE_ONLY: Final = frozenset({"$elemMatch", "$exists", "$not", "$size", "$type"})
#: Aggregation expressions allowed in ``$expr``: all of MongoDB 6 that compute on the document
#: alone; none runs JavaScript (``$function``, ``$accumulator``) or tells of the server.
EXPRESSIONS: Final = _words(
    """
    $abs $acos $acosh $add $allElementsTrue $and $anyElementTrue $arrayElemAt $arrayToObject
    $asin $asinh $atan $atan2 $atanh $avg $binarySize $bsonSize $ceil $cmp $concat
    $concatArrays $cond $convert $cos $cosh $dateAdd $dateDiff $dateFromParts $dateFromString
    $dateSubtract $dateToParts $dateToString $dateTrunc $dayOfMonth $dayOfWeek $dayOfYear
    $degreesToRadians $divide $eq $exp $filter $first $firstN $floor $getField $gt $gte $hour
    $ifNull $in $indexOfArray $indexOfBytes $indexOfCP $isArray $isNumber $isoDayOfWeek
    $isoWeek $isoWeekYear $last $lastN $let $literal $ln $log $log10 $lt $lte $ltrim $map $max
    $maxN $mergeObjects $millisecond $min $minN $minute $mod $month $multiply $ne $not
    $objectToArray $or $pow $radiansToDegrees $rand $range $reduce $regexFind $regexFindAll
    $regexMatch $replaceAll $replaceOne $reverseArray $round $rtrim $second $setDifference
    $setEquals $setField $setIntersection $setIsSubset $setUnion $sin $sinh $size $slice
    $sortArray $split $sqrt $stdDevPop $stdDevSamp $strLenBytes $strLenCP $strcasecmp $substr
    $substrBytes $substrCP $subtract $sum $switch $tan $tanh $toBool $toDate $toDecimal
    $toDouble $toInt $toLong $toLower $toObjectId $toString $toUpper $trim $trunc $tsIncrement
    $tsSecond $type $unsetField $week $year $zip
    """
)
#: Extended JSON that stands for a value; each is such only as the one key of its object.
EXTENDED: Final = _words(
    """
    $oid $date $numberInt $numberLong $numberDouble $numberDecimal $uuid $binary $timestamp
    $regularExpression $minKey $maxKey $undefined
    """
)
#: What PyMongo raises for Extended JSON whose value is none.
_BAD_VALUE = (BSONError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_AWARE = json_util.JSONOptions(tz_aware=True)
REGEX_OPTIONS: Final = frozenset("imsxu")


class FilterRefused(NmdcError):
    """A client's filter cannot be used."""

    title = "Filter refused"


@dataclass(frozen=True, slots=True)
class ClientFilter:
    """A client's filter: compact JSON as it was sent, and the document for MongoDB.

    The text of two filters is equal if and only if they say the same in the same order.
    """

    text: str
    document: Document = field(compare=False)


#: The filter ``{}``; to send it is not the same as to send none, where a route then has its own.
EVERYTHING: Final = ClientFilter("{}", {})


def parse_filter(text: str | None, *, hidden: frozenset[str] = frozenset()) -> ClientFilter | None:
    """Return the filter, or None if none was sent: no text, blanks, or ``null``.

    Parameters
    ----------
    text
        A JSON object in MongoDB's query language. Extended JSON is understood, but only where an
        object is exactly one of its shapes: ``{"$regex": "a", "$ne": "b"}`` stays two operators.
    hidden
        Dotted paths that the list never shows; a filter may not ask about them either.

    Raises
    ------
    FilterRefused
        It is not JSON, too deep, uses an operator that is not on the list, or names a hidden path.
    """
    stripped = (text or "").strip()
    if stripped in {"", "null"}:
        return None
    if not (stripped.startswith("{") and stripped.endswith("}")):
        raise FilterRefused(NOT_AN_OBJECT)
    try:
        raw = json.loads(stripped)
    except ValueError as error:
        raise FilterRefused(f"Given `filter` is not valid JSON: {error}") from error
    except RecursionError as error:
        raise FilterRefused(_too_deep()) from error
    return read_filter(raw, hidden=hidden)


def read_filter(raw: Document, *, hidden: frozenset[str] = frozenset()) -> ClientFilter:
    """Return the filter that a JSON body holds as an object; see `parse_filter`."""
    if not raw:
        return EVERYTHING
    document = _Reader(hidden).condition(raw, _Place())
    _check_storable(document)
    return ClientFilter(json.dumps(raw, separators=(",", ":")), document)


def read_expression(raw: object, *, more: frozenset[str] = frozenset()) -> object:
    """Return an aggregation expression, checked; ``more`` names further operators it may use."""
    read = _Reader(frozenset(), EXPRESSIONS | more).expression(raw, _Place())
    _check_storable({"": read})
    return read


def read_operand(raw: object) -> Any:  # noqa: ANN401 (any value MongoDB keeps)
    """Return the operand of an update operator: Extended JSON becomes values, the rest stays."""
    read = _Reader(frozenset()).operand(raw, _Place())
    _check_storable({"": read})
    return read


def _check_storable(document: Document) -> None:
    try:
        size = len(bson.encode(document))
    except (BSONError, OverflowError, UnicodeError) as error:
        raise FilterRefused(f"Given `filter` has a value MongoDB cannot take: {error}") from error
    if size > MAX_BYTES:
        raise FilterRefused(f"Given `filter` is larger than {MAX_BYTES} bytes: send it in parts.")


def _too_deep() -> str:
    return f"Given `filter` is nested deeper than {MAX_DEPTH} levels: write it flatter."


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the filter we are, and which field of the documents it is about."""

    steps: tuple[str, ...] = ()
    field: tuple[str, ...] = ()

    def step(self, name: str | int) -> "_Place":
        if len(self.steps) >= MAX_DEPTH:
            raise FilterRefused(_too_deep())
        return _Place((*self.steps, str(name)), self.field)

    def at_field(self, path: str) -> "_Place":
        parts = (part for part in path.split(".") if not part.isdigit())
        return _Place(self.steps, (*self.field, *parts))

    def __str__(self) -> str:
        return ".".join(self.steps)


class _Reader:
    """Checks a filter from the top down and turns Extended JSON into values."""

    def __init__(self, hidden: frozenset[str], expressions: frozenset[str] = EXPRESSIONS) -> None:
        self._hidden = [tuple(path.split(".")) for path in hidden]
        self._expressions = expressions

    def condition(self, node: Document, place: _Place) -> Document:
        """Read what stands for a whole document: fields and logical operators."""
        return {key: self._member(key, value, place.step(key)) for key, value in node.items()}

    def _member(self, key: str, value: object, place: _Place) -> object:
        if not key.startswith("$"):
            return self._predicate(value, place.at_field(key))
        if key in LOGICAL and isinstance(value, list):
            return [
                self.condition(each, place.step(index)) if isinstance(each, dict) else each
                for index, each in enumerate(value)
            ]
        if key in {"$expr", "$jsonSchema"} and self._hidden:
            raise FilterRefused(f"`{key}` cannot be used in a `filter` on this list")
        if key == "$expr":
            return self.expression(value, place)
        if key in LOGICAL or key in {"$jsonSchema", "$comment", "$sampleRate"}:
            return self._data(value, place)  # MongoDB says what is wrong with it, if anything
        raise _unknown(key, place)

    def _predicate(self, value: object, place: _Place) -> object:
        """Read what a field must be like: operators, or a value to equal."""
        if isinstance(value, dict) and not _is_extended(value) and _first(value).startswith("$"):
            return self._operators(value, place)
        self._check_hidden(place, "")
        return self._data(value, place)

    def _operators(self, node: Document, place: _Place) -> Document:
        return {key: self._operator(key, value, place.step(key)) for key, value in node.items()}

    def _operator(self, key: str, operand: object, place: _Place) -> object:
        self._check_hidden(place, key)
        if key == "$not":
            return self._predicate(operand, place)
        if key == "$elemMatch" and isinstance(operand, dict):
            is_on_element = _first(operand).startswith("$") and _first(operand) not in LOGICAL
            return (self._operators if is_on_element else self.condition)(operand, place)
        if key == "$all" and isinstance(operand, list):
            return [self._required(each, place.step(i)) for i, each in enumerate(operand)]
        if key == "$regex":
            _check_regex(operand, place)
        elif key in GEO and isinstance(operand, dict):
            return {shape: self._shape(shape, value, place) for shape, value in operand.items()}
        elif key not in COMPARISONS and key not in {"$elemMatch", "$all", *GEO}:
            raise _unknown(key, place)
        return self._data(operand, place)

    def _required(self, value: object, place: _Place) -> object:
        if isinstance(value, dict) and set(value) == {"$elemMatch"}:
            return self._operators(value, place)
        return self._data(value, place)

    def _shape(self, shape: str, value: object, place: _Place) -> object:
        if shape not in GEO_SHAPES:
            raise _unknown(shape, place.step(shape))
        return self._data(value, place.step(shape))

    def _data(self, value: object, place: _Place) -> object:
        """Read a plain value; operators have no business in it."""
        if isinstance(value, list):
            return [self._data(each, place.step(index)) for index, each in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if _is_extended(value):
            return _from_extended(value, place)
        if _is_legacy_regex(value):
            _check_regex(value["$regex"], place)
            return Regex(value["$regex"], value.get("$options", ""))
        for key in value:
            if key.startswith("$"):
                raise _unknown(key, place.step(key))
        return {key: self._data(each, place.step(key)) for key, each in value.items()}

    def expression(self, value: object, place: _Place) -> object:
        """Read an aggregation expression."""
        if isinstance(value, list):
            return [self.expression(each, place.step(index)) for index, each in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if _is_extended(value):
            return _from_extended(value, place)
        read: Document = {}
        for key, operand in value.items():
            here = place.step(key)
            if key.startswith("$") and key not in self._expressions:
                raise _unknown(key, here)
            if key == "regex":
                _check_regex(operand, here)
            read[key] = (
                self._data(operand, here) if key == "$literal" else self.expression(operand, here)
            )
        return read

    def operand(self, value: object, place: _Place) -> object:
        """Read what an update operator takes: values, and conditions that MongoDB checks."""
        if isinstance(value, list):
            return [self.operand(each, place.step(index)) for index, each in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if _is_extended(value):
            return _from_extended(value, place)
        read: Document = {}
        for key, each in value.items():
            here = place.step(key)
            if key in JAVASCRIPT:
                raise _unknown(key, here)
            if key == "$regex":
                _check_regex(each, here)
            read[key] = self.operand(each, here)
        return read

    def _check_hidden(self, place: _Place, operator: str) -> None:
        """Refuse to tell anything of a hidden field, also by comparing what contains it."""
        for path in self._hidden:
            shared = min(len(path), len(place.field))
            if path[:shared] != place.field[:shared]:
                continue
            if len(place.field) >= len(path) or operator not in SHAPE_ONLY:
                raise FilterRefused(
                    f"`{'.'.join(place.field)}` cannot be used in a `filter` on this list"
                )


def _unknown(operator: str, place: _Place) -> FilterRefused:
    return FilterRefused(f"operator `{operator}` cannot be used at `{place}` of a `filter`")


def _first(value: Document) -> str:
    """Return the key by which MongoDB tells operators from data."""
    return str(next(iter(value), ""))


def _is_extended(value: Document) -> bool:
    return len(value) == 1 and next(iter(value)) in EXTENDED


def _from_extended(value: Document, place: _Place) -> object:
    (key, inner), *_ = value.items()
    if isinstance(inner, dict) and _is_extended(inner):
        inner = _from_extended(inner, place.step(key))  # {"$date": {"$numberLong": "0"}}
    try:
        converted: object = json_util.object_hook({key: inner}, _AWARE)
    except (
        BSONError,
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        raise FilterRefused(f"bad `{key}` at `{place}` of a `filter`: {error}") from error
    if isinstance(converted, Regex):
        _check_regex(converted.pattern, place)
    return converted


def _is_legacy_regex(value: Document) -> bool:
    """Say whether this is the old Extended JSON of a regular expression, used in ``$in`` lists."""
    options = value.get("$options", "")
    return (
        set(value) in ({"$regex"}, {"$regex", "$options"})
        and isinstance(value["$regex"], str)
        and isinstance(options, str)
        and REGEX_OPTIONS.issuperset(options)
    )


def _check_regex(pattern: Any, place: _Place) -> None:  # noqa: ANN401 (whatever a client sent)
    if isinstance(pattern, str) and len(pattern) > MAX_REGEX_LENGTH:
        raise FilterRefused(
            f"the regular expression at `{place}` of a `filter` is longer than "
            f"{MAX_REGEX_LENGTH} characters: list the values with `$in`, or shorten it"
        )
