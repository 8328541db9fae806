"""Decisions about commands: sort keys, stamps of updates, how batches end; pure."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

PROVENANCE: Final = "provenance_metadata"
PROVENANCE_TYPE: Final = "nmdc:ProvenanceMetadata"


def sort_keys(sort: Mapping[str, int] | None) -> tuple[tuple[str, int], ...]:
    """Return a total order: the client's, then ``_id``, behind which nothing is left to order."""
    keys: list[tuple[str, int]] = []
    for path, direction in (sort or {}).items():
        keys.append((path, direction))
        if path == "_id":
            return tuple(keys)
    return (*keys, ("_id", 1))


def are_paths(names: Iterable[str]) -> bool:
    """Say whether MongoDB can take these as names of attributes: no half characters, no zeros."""
    return not any("\0" in each or any("\ud800" <= c <= "\udfff" for c in each) for each in names)


def remaining_after(limit: int | None, taken: int) -> int | None:
    """Return how many documents of a limit are left; None is no limit."""
    return limit - taken if limit else None


def has_operator(update: Mapping[str, Any]) -> bool:
    """Say whether an update has an operator, and so does not replace the whole document."""
    return any(key.startswith("$") for key in update)


def stamped(update: Mapping[str, Any], *, now: str, is_new: bool = False) -> dict[str, Any]:
    """Return the update, which also notes when the document was changed.

    What a client says of that date is overwritten, of others kept. Operands that are no objects
    stay, for MongoDB to refuse.

    Parameters
    ----------
    now
        RFC 3339, UTC, whole seconds.
    is_new
        Whether the update makes a new document: that is noted, too.

    Source
    ------
    nmdc-schema ``ProvenanceMetadata``: ``mod_date``, ``add_date``.
    """
    result: dict[str, Any] = {}
    for operator, operand in update.items():
        if operator == "$set" or not isinstance(operand, Mapping):
            result[operator] = operand
            continue
        kept = {path: value for path, value in operand.items() if not _is_stamp(path, is_new)}
        if kept or not operand:
            result[operator] = kept
    given = result.get("$set", {})
    if not isinstance(given, Mapping):
        return result
    stamp = {"mod_date": now, "type": PROVENANCE_TYPE} | ({"add_date": now} if is_new else {})
    whole = given.get(PROVENANCE)
    if isinstance(whole, Mapping):
        result["$set"] = {**_without_stamps(given), PROVENANCE: {**whole, **stamp}}
    else:
        others = {path: each for path, each in given.items() if not _is_stamp(path, is_new)}
        result["$set"] = others | {f"{PROVENANCE}.{name}": each for name, each in stamp.items()}
    return result


def _is_stamp(path: str, is_new: bool) -> bool:
    names = ("type", "mod_date", "add_date") if is_new else ("type", "mod_date")
    return path == PROVENANCE or path in {f"{PROVENANCE}.{name}" for name in names}


def _without_stamps(given: Mapping[str, Any]) -> dict[str, Any]:
    return {path: each for path, each in given.items() if not path.startswith(PROVENANCE)}
