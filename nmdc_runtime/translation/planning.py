"""The graph that a translator plans: documents whose ids are labels until ids are minted."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final, NamedTuple

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError
from nmdc_runtime.schema.load import load_registry

#: How many broken references an error names.
MOST_NAMED: Final = 10


class Label(NamedTuple):
    """Stands for an id: the class and what the source calls the thing.

    The key is the same in every run over the same data, so that a second one finds the ids of the
    first: an id is minted once for each (source, class, key).
    """

    class_uri: str
    key: str


class Worded(NamedTuple):
    """A text with an id in it, e.g. ``reads of nmdc:dgns-11-…``: ``{}`` stands for the id."""

    text: str
    label: Label


class PlanInconsistent(NmdcError):
    """A planned graph refers to what it does not hold; no id was minted for it."""

    kind: ClassVar[ErrorKind] = ErrorKind.INVALID
    title: ClassVar[str] = "Translation refused"

    def __init__(self, faults: list[str]) -> None:
        more = f" and {len(faults) - MOST_NAMED} more" if len(faults) > MOST_NAMED else ""
        super().__init__(
            f"the translated documents do not hold together: {'; '.join(faults[:MOST_NAMED])}{more}"
        )


class Plan:
    """Documents by collection; a `Label` stands for each id that is still to be minted.

    Labels may stand as the value of a top-level key or in a list that is one: all slots of the
    schema that hold ids of documents are there. `Worded` may stand as the value of one.

    Parameters
    ----------
    external
        Ids that documents may refer to although the plan does not hold them: studies, instruments,
        samples registered before.
    """

    def __init__(self, external: Iterable[str] = ()) -> None:
        self.external: set[str] = set(external)
        self.documents: dict[str, list[dict[str, Any]]] = {}

    def add(self, collection: str, *documents: dict[str, Any]) -> None:
        """Add documents to a collection, in order."""
        self.documents.setdefault(collection, []).extend(documents)

    def counts(self) -> dict[str, int]:
        """Return how many documents each collection gets."""
        return {collection: len(held) for collection, held in self.documents.items() if held}

    def labels_by_class(self) -> dict[str, list[Label]]:
        """Return the labels that need ids, by class, in order of first appearance."""
        found: dict[str, dict[Label, None]] = {}
        for document in self._all():
            label = document["id"]
            if isinstance(label, Label):
                found.setdefault(label.class_uri, {})[label] = None
        return {class_uri: list(labels) for class_uri, labels in found.items()}

    def check(self) -> None:
        """Raise `PlanInconsistent` unless the graph holds together.

        Each id is given to one document, each reference names a document of the plan or an external
        id, and each data object is the output of a process.
        """
        faults: list[str] = []
        held: set[Label | str] = set()
        for document in self._all():
            if document["id"] in held:
                faults.append(f"two documents are {_shown(document['id'])}")
            held.add(document["id"])
        allowed = held | self.external
        made: set[Label | str] = set()
        slots = load_registry().reference_slots
        for document in self._all():
            for slot, _ in slots.get(document["type"], ()):
                for target in _as_list(document.get(slot)):
                    if target not in allowed:
                        faults.append(
                            f"{_shown(document['id'])} names {_shown(target)} in {slot}, which is "
                            "neither planned nor external"
                        )
            made.update(_as_list(document.get("has_output")))
        faults += [
            f"{_shown(document['id'])} is no process's output"
            for document in self.documents.get("data_object_set", ())
            if document["id"] not in made
        ]
        if faults:
            raise PlanInconsistent(faults)

    def emit(self, ids: Mapping[Label, str]) -> dict[str, list[dict[str, Any]]]:
        """Return the documents with ids in place of labels; empty collections are left out."""
        return {
            collection: [
                {key: with_ids(value, ids) for key, value in document.items()}
                for document in documents
            ]
            for collection, documents in self.documents.items()
            if documents
        }

    def _all(self) -> Iterator[dict[str, Any]]:
        for documents in self.documents.values():
            yield from documents


def with_ids(value: Any, ids: Mapping[Label, str]) -> Any:  # noqa: ANN401 (any JSON value)
    """Return the value of a document's key with ids in place of labels."""
    if type(value) is Label:
        return ids[value]
    if type(value) is Worded:
        return value.text.replace("{}", ids[value.label])
    if type(value) is list:
        return [ids[each] if type(each) is Label else each for each in value]
    return value


def _as_list(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _shown(id_: Label | str) -> str:
    return f"{id_.class_uri} {id_.key!r}" if isinstance(id_, Label) else str(id_)
