"""Names of exports: where files lie, and what they and their bundle are called; pure."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from nmdc_runtime.objects.rules import EXPORTS

#: Published: what a bundle's name ends with; it is also the prefix of the keys.
NAME: Final = EXPORTS
LINES_TYPE: Final = "application/gzip"
PARQUET_TYPE: Final = "application/vnd.apache.parquet"
#: Published: the zone of the times in the names of operators' folders.
FOLDER_ZONE: Final = ZoneInfo("America/Los_Angeles")


def folder_of(day: date) -> str:
    """Return the prefix of an export's keys, e.g. ``nmdcdb-mongoexport/2026-11-01``."""
    return f"{NAME}/{day.isoformat()}"


def bundle_name(day: date) -> str:
    """Return what the bundle of a month's export is called, e.g. ``2026-11-nmdcdb-mongoexport``."""
    return f"{day:%Y-%m}-{NAME}"


def lines_name(collection: str) -> str:
    """Return the name of a collection's file of JSON lines."""
    return f"{collection}.jsonl.gz"


def parquet_name(collection: str) -> str:
    """Return the name of a collection's Parquet file."""
    return f"{collection}.parquet"


def time_stamp(moment: datetime) -> str:
    """Write a moment as folders are named: Los Angeles time, whole seconds, without colons."""
    return moment.astimezone(FOLDER_ZONE).isoformat(timespec="seconds").replace(":", "")
