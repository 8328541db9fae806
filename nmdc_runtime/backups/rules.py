"""Decisions about backups: what they are called, what they hold, which of them stay; pure."""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from nmdc_runtime.backups.models import Dump

#: Published: what the keys of all dumps begin with.
PREFIX: Final = "nmdcdb-backup"
#: What a dump that broke off has left stays so long: somebody else may be writing it.
HALF_KEPT_FOR: Final = timedelta(days=1)
_TIME: Final = "%Y%m%dT%H%M%SZ"
_ID: Final = re.compile(r"\d{8}T\d{6}Z")


def id_of(moment: datetime) -> str:
    """Name a dump by the time at which it began, e.g. ``20261123T020000Z``."""
    return moment.astimezone(UTC).strftime(_TIME)


def time_of(backup_id: str) -> datetime | None:
    """Return when a dump began; None if this is not the name of one."""
    if not _ID.fullmatch(backup_id):
        return None
    try:
        return datetime.strptime(backup_id, _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def chosen(names: Iterable[str], *, left_out: Collection[str]) -> list[str]:
    """Return the collections that a dump holds: all but MongoDB's own, and what is left out.

    Parameters
    ----------
    left_out
        Names; one that ends with a dot stands for all that begin with it.
    """
    prefixes = tuple(each for each in left_out if each.endswith("."))
    return sorted(
        name
        for name in names
        if not name.startswith(("system.", *prefixes)) and name not in left_out
    )


def to_remove(
    dumps: Sequence[Dump], *, database: str, now: datetime, kept: int, kept_for: timedelta
) -> list[str]:
    """Return the dumps of a database that need not stay: too many, too old, or broken off.

    The newest whole one always stays. Those of other databases are none of ours, and what is
    strange is for a person to look at.
    """
    by_age = sorted(dumps, key=lambda each: each.id, reverse=True)
    whole = [each for each in by_age if each.manifest and each.manifest.database == database]
    removed = [
        each.id
        for at, each in enumerate(whole)
        if at and (at >= kept or _age(each, now) > kept_for)
    ]
    halves = [
        each.id
        for each in by_age
        if each.manifest is None and not each.is_strange and _age(each, now) > HALF_KEPT_FOR
    ]
    return sorted([*removed, *halves])


def _age(dump: Dump, now: datetime) -> timedelta:
    began = time_of(dump.id)
    return timedelta(0) if began is None else now - began
