"""A translated database that is readable by attribute and by key, as notebooks are used to."""

from collections.abc import Mapping
from typing import Any


class Record(dict[str, Any]):
    """A JSON object whose keys are attributes too; what it lacks is an `AttributeError`."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (any JSON value)
        """Return the value of a key."""
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"there is no {name!r}") from None


class Database(Record):
    """Documents by collection, all of them `Record`s; a collection without any is an empty list."""

    def __init__(self, collections: Mapping[str, list[dict[str, Any]]]) -> None:
        super().__init__(
            {name: [as_record(each) for each in held] for name, held in collections.items()}
        )

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (any JSON value)
        """Return the documents of a collection."""
        return self.get(name, []) if name.endswith("_set") else super().__getattr__(name)


def as_record(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    """Return a JSON value with `Record`s for its objects."""
    if isinstance(value, dict):
        return Record({key: as_record(each) for key, each in value.items()})
    if isinstance(value, list):
        return [as_record(each) for each in value]
    return value
