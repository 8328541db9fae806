"""Which migrators lead from one version of nmdc-schema to another; pure."""

import re
from collections.abc import Iterable

from nmdc_runtime.migration.errors import ChainBroken, DowngradeRefused, VersionUnreadable
from nmdc_runtime.migration.models import Chain, Migrator

_VERSION = re.compile(r"\d+(\.\d+){0,2}")
Version = tuple[int, int, int]


def parse_version(text: str) -> Version:
    """Return a version as numbers: 11.25 is 11.25.0, as the package and its migrators mean it."""
    if not _VERSION.fullmatch(text):
        raise VersionUnreadable(text)
    numbers = [int(part) for part in text.split(".")]
    major, minor, patch = (*numbers, 0, 0)[:3]
    return major, minor, patch


def is_same_version(one: str | None, other: str | None) -> bool:
    """Say whether both are versions, and the same one."""
    try:
        return parse_version(one or "") == parse_version(other or "")
    except VersionUnreadable:
        return False


def differs_from(version: str | None, installed: str) -> bool:
    """Say whether the data are known to have another version than the installed one."""
    return version is not None and not is_same_version(version, installed)


def plan_chain(migrators: Iterable[Migrator], *, current: str, target: str) -> Chain:
    """Return the migrators to run, in order, and where the package has none.

    Where one ends at a version and the next begins at a later one, the releases between need no
    migrator: nmdc-schema ships one for each release that changes what is valid.

    Raises
    ------
    DowngradeRefused
        The target is older than the data.
    ChainBroken
        A version lies inside a migrator: one of the two, or that at which another one begins.
    """
    first, last = parse_version(current), parse_version(target)
    if last < first:
        raise DowngradeRefused(current=current, target=target)
    steps: list[Migrator] = []
    gaps: list[tuple[str, str]] = []
    at, at_text = first, current
    for begin, end, migrator in sorted(_readable(migrators), key=lambda each: each[:2]):
        if begin == end or end <= first or begin >= last:
            continue
        if begin < first:
            raise ChainBroken(current, module=migrator.module)
        if end > last:
            raise ChainBroken(target, module=migrator.module)
        if begin < at:  # the package's history has two branches there
            raise ChainBroken(migrator.source, module=steps[-1].module)
        if begin > at:
            gaps.append((at_text, migrator.source))
        steps.append(migrator)
        at, at_text = end, migrator.target
    if at < last:
        gaps.append((at_text, target))
    return Chain(steps=tuple(steps), gaps=tuple(gaps))


def _readable(migrators: Iterable[Migrator]) -> Iterable[tuple[Version, Version, Migrator]]:
    for each in migrators:
        try:
            yield parse_version(each.source), parse_version(each.target), each
        except VersionUnreadable:  # the package's example, from 1.0.0 to EXAMPLE
            continue
