"""Records of issued internal ids."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

#: Name assigning authority: the prefix of every id.
NAA: Final = "nmdc"
#: The shoulder of ids of the Runtime's own records.
DEFAULT_SHOULDER: Final = "sys0"
#: Who asks for internal ids.
SYSTEM: Final = "_system"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedId:
    """One internal id.

    Parameters
    ----------
    number
        What the blade encodes; unique in a shoulder, whatever the length of the blade.
    blade
        Check digits included.
    namespace
        What the id is for, e.g. ``jobs``.
    """

    number: int
    blade: str
    shoulder: str
    namespace: str
    issued_at: datetime

    @property
    def id(self) -> str:
        """The id in full, e.g. ``nmdc:sys0pf75``."""
        return f"{NAA}:{self.shoulder}{self.blade}"
