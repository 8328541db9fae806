"""What this process changed moments ago, for which no copy in its memory is good yet."""

import time
from collections.abc import Callable
from typing import Final

#: By then a change has reached every copy, or the copy is known to be out of touch.
SETTLED_AFTER_S: Final = 10.0
#: Names kept before those that have settled are forgotten.
_MANY: Final = 1_000


class RecentChanges:
    """Remembers names for a while; any thread may ask and tell.

    Parameters
    ----------
    now
        Returns seconds that only ever go up.
    """

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._settled_at: dict[str, float] = {}

    def note(self, *names: str) -> None:
        """Remember that what has these names is being changed."""
        now = self._now()
        if len(self._settled_at) > _MANY:
            # A new dictionary, since others may be reading the old one.
            kept = {name: at for name, at in list(self._settled_at.items()) if at > now}
            self._settled_at = kept
        for name in names:
            self._settled_at[name] = now + SETTLED_AFTER_S

    def include(self, *names: str) -> bool:
        """Say whether any of these was changed here moments ago."""
        if not self._settled_at:
            return False
        now = self._now()
        return any(self._settled_at.get(name, now) > now for name in names)
