"""Which of the requested ids lead to each id that was reached; pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

#: Requested ids that are followed together: as many bits as a mask has.
GROUP: Final = 256

Links = Mapping[str, Sequence[str]]


class Membership:
    """For each reached id, the requested ids from which a way of at least one link leads to it.

    A requested id is reached only if another one leads to it, or a cycle.
    """

    def __init__(self, groups: Iterable[tuple[Sequence[str], Mapping[str, int]]]) -> None:
        self._groups = list(groups)

    def __contains__(self, reached: str) -> bool:
        """Say whether any requested id leads there."""
        return any(reached in masks for _, masks in self._groups)

    def __iter__(self) -> Iterator[str]:
        """Yield what is reached; what several groups reach comes more than once."""
        for _, masks in self._groups:
            yield from masks

    def of(self, reached: str) -> list[str]:
        """Return the requested ids that lead there, sorted."""
        found = []
        for sources, masks in self._groups:
            mask = masks.get(reached, 0)
            while mask:
                lowest = mask & -mask
                found.append(sources[lowest.bit_length() - 1])
                mask ^= lowest
        return found


def membership(sources: Iterable[str], links: Links, *, group: int = GROUP) -> Membership:
    """Follow the links from all sources at once.

    Parameters
    ----------
    sources
        The requested ids.
    links
        Id → the ids that one link leads to.
    group
        How many sources share one pass, and so the memory of one mask for each reached id.
    """
    ordered = sorted(sources)
    groups = (ordered[first : first + group] for first in range(0, len(ordered), group))
    return Membership((each, _masks(each, links)) for each in groups)


def from_pairs(reached_from: Mapping[str, Iterable[str]]) -> Membership:
    """Return the membership where it is known what each requested id leads to."""
    sources = sorted(reached_from)
    masks: dict[str, int] = {}
    for position, source in enumerate(sources):
        for reached in reached_from[source]:
            masks[reached] = masks.get(reached, 0) | 1 << position
    return Membership([(sources, masks)])


def _masks(sources: Sequence[str], links: Links) -> dict[str, int]:
    """Give each reached id a bit for each source that leads to it.

    The links are followed in an order in which what leads to an id comes before it, so that one
    pass is enough; only a cycle leads back, and takes another.
    """
    own = {source: 1 << position for position, source in enumerate(sources)}
    order = _before_what_they_lead_to(sources, links)
    masks: dict[str, int] = {}
    changed = True
    while changed:
        changed = False
        passed: set[str] = set()
        for each in order:
            passed.add(each)
            mask = masks.get(each, 0) | own.get(each, 0)
            for reached in links.get(each, ()):
                old = masks.get(reached, 0)
                if mask | old != old:
                    masks[reached] = mask | old
                    changed = changed or reached in passed
    return masks


def _before_what_they_lead_to(sources: Iterable[str], links: Links) -> list[str]:
    """Return all reached ids, each before those it leads to where there is no cycle."""
    seen: set[str] = set()
    finished: list[str] = []
    for source in sources:
        if source in seen:
            continue
        seen.add(source)
        path = [(source, iter(links.get(source, ())))]
        while path:
            at, onward = path[-1]
            for reached in onward:
                if reached not in seen:
                    seen.add(reached)
                    path.append((reached, iter(links.get(reached, ()))))
                    break
            else:
                finished.append(at)
                path.pop()
    finished.reverse()
    return finished
