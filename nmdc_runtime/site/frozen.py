"""Configuration that can be a key: nested containers frozen, and thawed again."""

from collections.abc import Hashable, Iterator, Mapping
from typing import Any


class FrozenDict(Mapping[str, Any]):
    """A mapping that cannot change and has a hash."""

    __slots__ = ("_hash", "_items")

    def __init__(self, items: Mapping[str, Any]) -> None:
        self._items = dict(items)
        self._hash = hash(frozenset(self._items.items()))

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 (any value)
        """Return the value of the key."""
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys."""
        return iter(self._items)

    def __len__(self) -> int:
        """Count the keys."""
        return len(self._items)

    def __hash__(self) -> int:
        """Hash keys and values."""
        return self._hash

    def __repr__(self) -> str:
        """Show the items."""
        return f"FrozenDict({self._items!r})"


def freeze(value: Any) -> Hashable:  # noqa: ANN401 (any configuration)
    """Return the value with its mappings, sets and lists made hashable, at every depth."""
    if isinstance(value, Mapping):
        return FrozenDict({key: freeze(inner) for key, inner in value.items()})
    if isinstance(value, set | frozenset):
        return frozenset(freeze(inner) for inner in value)
    if isinstance(value, list | tuple):
        return tuple(freeze(inner) for inner in value)
    hashable: Hashable = value
    return hashable


def thaw(value: Any) -> Any:  # noqa: ANN401 (any configuration)
    """Return what `freeze` was given; tuples become lists."""
    if isinstance(value, Mapping):
        return {key: thaw(inner) for key, inner in value.items()}
    if isinstance(value, frozenset):
        return {thaw(inner) for inner in value}
    if isinstance(value, tuple | list):
        return [thaw(inner) for inner in value]
    return value
