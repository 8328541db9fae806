"""Ids for the labels of a plan: one call for each class, with the exact number."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import ClassVar

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError
from nmdc_runtime.translation.planning import Label, Plan
from nmdc_runtime.translation.vocabulary import typecode_of

#: From a class CURIE and how many, to as many new ids. It is never asked for less than one.
Minter = Callable[[str, int], list[str]]


class MinterFailedUs(NmdcError):
    """A minter gave another number of ids than it was asked for, or one id twice."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    title: ClassVar[str] = "Minting failed"


def mint_all(
    plan: Plan, minter: Minter, known: Mapping[Label, str] | None = None
) -> dict[Label, str]:
    """Return an id for each label of the plan: the known one, else a new one.

    Parameters
    ----------
    minter
        Called once for each class that needs new ids, in the order in which the plan first names
        the classes; not at all for a class all of whose ids are known.
    known
        Ids that an earlier run minted. Labels that the plan does not have are ignored.
    """
    known = known or {}
    ids: dict[Label, str] = {}
    for class_uri, labels in plan.labels_by_class().items():
        ids.update({label: known[label] for label in labels if label in known})
        new = [label for label in labels if label not in known]
        if new:
            ids.update(zip(new, _minted(minter, class_uri, len(new)), strict=True))
    return ids


def placeholder_minter() -> Minter:
    """Return a minter for dry runs: ``nmdc:bsm-00-000001`` and so on, counted for each class.

    The same plan gets the same ids, so that the same input makes the same file. Real ids never have
    shoulder 00.
    """
    given: Counter[str] = Counter()

    def mint(class_uri: str, how_many: int) -> list[str]:
        typecode = typecode_of(class_uri)
        first = given[typecode] + 1
        given[typecode] += how_many
        return [f"nmdc:{typecode}-00-{number:06d}" for number in range(first, first + how_many)]

    return mint


def _minted(minter: Minter, class_uri: str, how_many: int) -> list[str]:
    ids = list(minter(class_uri, how_many))
    if len(set(ids)) != how_many or len(ids) != how_many:
        raise MinterFailedUs(
            f"the minter was asked for {how_many} ids of {class_uri} and gave {len(ids)}, of which "
            f"{len(set(ids))} differ"
        )
    return ids
