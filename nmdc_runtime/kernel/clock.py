"""The clock, passed in wherever the time of day matters."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time now, aware, in UTC, in whole milliseconds as MongoDB keeps them."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def as_text(moment: datetime) -> str:
    """Write a moment as RFC 3339 text in UTC with whole seconds, e.g. ``2026-11-23T03:32:55Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
