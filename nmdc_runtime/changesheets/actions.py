"""What a row may do, and the commands of MongoDB that do it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Action(StrEnum):
    """What becomes of an attribute; the values are MongoDB's operators."""

    SET = "$set"
    ADD = "$addToSet"
    PULL = "$pull"
    UNSET = "$unset"


#: The exact words; published.
WORDS: Final = {
    **dict.fromkeys(("update", "set", "replace", "replace items"), Action.SET),
    **dict.fromkeys(("insert", "insert item", "insert items"), Action.ADD),
    **dict.fromkeys(("remove item", "remove items"), Action.PULL),
    **dict.fromkeys(("remove", "delete"), Action.UNSET),
}


@dataclass(frozen=True, slots=True)
class Update:
    """One update of one document, and the lines of the sheet that asked for it."""

    action: Action
    path: str  # names of slots between dots
    value: Any
    lines: tuple[int, ...]

    @property
    def operation(self) -> dict[str, Any]:
        """The update as MongoDB's ``update`` command takes it."""
        match self.action:
            case Action.ADD:
                return {self.action.value: {self.path: {"$each": self.value}}}
            case Action.PULL:
                return {self.action.value: {self.path: {"$in": self.value}}}
            case _:
                return {self.action.value: {self.path: self.value}}


def update_command(
    collection: str, document_id: str, updates: list[Update] | tuple[Update, ...]
) -> dict[str, Any]:
    """Return the published command of a document."""
    return {
        "update": collection,
        "updates": [{"q": {"id": document_id}, "u": each.operation} for each in updates],
    }
