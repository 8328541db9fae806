"""Ids minted before they are needed, many at a time: a claim does not wait for its own."""

import queue
from collections.abc import Callable
from typing import Final

#: Ids that are minted at once. Those left when the process ends are never used, as ids may be.
BLOCK: Final = 50


class IdsAhead:
    """Hands out ids, each once, however many threads ask."""

    def __init__(self, mint: Callable[[int], list[str]]) -> None:
        self._mint = mint
        self._spare: queue.SimpleQueue[str] = queue.SimpleQueue()

    def take(self) -> str:
        """Return an id that nobody else has or gets."""
        try:
            return self._spare.get_nowait()
        except queue.Empty:
            first, *rest = self._mint(BLOCK)
            for each in rest:
                self._spare.put(each)
            return first
