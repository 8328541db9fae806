"""Values as JSON has them: databases have more types, of which validators know nothing."""

from collections.abc import Mapping
from typing import Any


def plain_values(value: Any) -> Any:  # noqa: ANN401 (any value of a document)
    """Return the value with numbers of a database's own types as Python's, others as text.

    MongoDB's driver returns integers of 64 bits as a class of its own, which equals an ``int``
    and is none to a validator; so sizes of files over 2 GiB are.
    """
    if isinstance(value, Mapping):
        return {str(key): plain_values(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain_values(inner) for inner in value]
    if value is None or type(value) in {str, int, float, bool}:
        return value
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return str(value)
