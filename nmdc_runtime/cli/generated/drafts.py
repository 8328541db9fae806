"""Where generated documents are gathered: gives them ids and types, and hands out full batches."""

from collections.abc import Iterator
from random import Random
from typing import Any, Final

from nmdc_runtime.schema.ids import BLADE_ALPHABET, has_run_number
from nmdc_runtime.schema.registry import SchemaClass, SchemaRegistry

#: What generated ids have in place of a minter's shoulder.
SHOULDER: Final = "99"
#: The largest seed: it takes four places of a blade, the number of the document six.
LARGEST_SEED: Final = 32**4 - 1
_NUMBERS: Final = 32**6
_FACTOR: Final = 0x2545F491  # odd, hence every number below 32**6 comes once, in no visible order

Batch = tuple[str, list[dict[str, Any]]]


class Drafts:
    """The documents of one generated database, on their way out.

    Parameters
    ----------
    registry
        What the schema says of classes: where they are stored, and how their ids begin.
    seed
        What ids and values depend on; from 0 to `LARGEST_SEED`.
    batch_size
        How many documents of a collection are handed out at once.
    """

    def __init__(self, registry: SchemaRegistry, *, seed: int, batch_size: int) -> None:
        self.random = Random(seed)  # noqa: S311 (no secret depends on it)
        self._registry = registry
        self._batch_size = batch_size
        self._seed = seed
        self._given = 0
        self._open: dict[str, list[dict[str, Any]]] = {}
        self._classes: dict[str, tuple[str, str, str, list[dict[str, Any]]]] = {}

    def new_id(self, class_name: str) -> str:
        """Return an id for a document of the class."""
        prefix, suffix, _, _ = self._class(class_name)
        self._given += 1
        blade = _in_base_32(self._given * _FACTOR % _NUMBERS, places=6)
        return f"{prefix}{blade}{suffix}"

    def add(self, class_name: str, *, id: str | None = None, **fields: Any) -> str:  # noqa: ANN401
        """Add a document of the class; return its id."""
        _, _, type_, documents = self._class(class_name)
        if id is None:
            id = self.new_id(class_name)
        documents.append({"id": id, "type": type_, **fields})
        return id

    def add_row(self, class_name: str, **fields: Any) -> None:  # noqa: ANN401 (a document's)
        """Add a document of a class whose documents have no id."""
        _, _, type_, documents = self._class(class_name)
        documents.append({"type": type_, **fields})

    def full_batches(self) -> Iterator[Batch]:
        """Hand out the batches that are full."""
        size = self._batch_size
        for name, documents in self._open.items():
            while len(documents) >= size:
                yield name, documents[:size]
                del documents[:size]

    def last_batches(self) -> Iterator[Batch]:
        """Hand out what is left."""
        yield from self.full_batches()
        for name, documents in self._open.items():
            if documents:
                yield name, documents[:]
                documents.clear()

    def _class(self, class_name: str) -> tuple[str, str, str, list[dict[str, Any]]]:
        """Return prefix and suffix of the class's ids, its type, and where its documents go."""
        known = self._classes.get(class_name)
        if known is None:
            schema_class = self._registry.classes[class_name]
            documents = self._open.setdefault(str(schema_class.collection), [])
            known = self._classes[class_name] = (
                id_prefix(schema_class, self._seed),
                ".1" if has_run_number(schema_class) else "",
                schema_class.class_uri,
                documents,
            )
        return known


def id_prefix(schema_class: SchemaClass, seed: int) -> str:
    """Return what ids of the class begin with in databases of this seed, and in no others."""
    typecode = schema_class.typecodes[0] if schema_class.typecodes else ""
    return f"nmdc:{typecode}-{SHOULDER}-{_in_base_32(seed, places=4)}"


def _in_base_32(number: int, *, places: int) -> str:
    return "".join(BLADE_ALPHABET[number >> 5 * place & 31] for place in reversed(range(places)))
