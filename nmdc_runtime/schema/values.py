"""Values as JSON has them: databases have more types, of which validators know nothing."""

from collections.abc import Mapping
from typing import Any, Final

_KNOWN: Final = frozenset({str, int, float, bool, type(None)})
Path = tuple[str | int, ...]


def plain_values(value: Any) -> Any:  # noqa: ANN401 (any value of a document)
    """Return the value with numbers of a database's own types as Python's.

    MongoDB's driver returns integers of 64 bits as a class of its own, which equals an ``int``
    and is none to a validator; so sizes of files over 2 GiB are.
    """
    if isinstance(value, Mapping):
        return {key: plain_values(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain_values(inner) for inner in value]
    if type(value) not in _KNOWN:
        for kind in (int, float):
            if isinstance(value, kind):
                return kind(value)
    return value


def find_foreign(value: Any, path: Path = ()) -> Path | None:  # noqa: ANN401 (any value)
    """Return the way to the first value that JSON cannot say, e.g. a date, or None."""
    if isinstance(value, Mapping):
        items: Any = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        return None if type(value) in _KNOWN else path
    for key, inner in items:
        found = find_foreign(inner, (*path, key))
        if found is not None:
            return found
    return None
