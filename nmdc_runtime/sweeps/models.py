"""What a sweep looks for."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """Documents that MongoDB should have removed by itself: a date, and how long they stay."""

    collection: str
    key: str
    after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """A temporary collection or a scratch database, by its name and what tells it from others.

    Made anew under the same name it is another one: its ``identity`` differs.
    """

    name: str
    identity: str
    is_database: bool
