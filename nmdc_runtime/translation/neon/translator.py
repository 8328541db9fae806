"""What the three translators have in common: tables are checked, planned once, minted, emitted."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from nmdc_runtime.translation.database import Database
from nmdc_runtime.translation.minting import Minter, mint_all
from nmdc_runtime.translation.planning import Plan
from nmdc_runtime.translation.report import TranslationFailed, TranslationReport
from nmdc_runtime.translation.tables import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class NeonReferences:
    """The helper tables that are not NEON's own.

    Parameters
    ----------
    site_names
        Site code → name of the place.
    instruments, envo, raw_files
        The mapping files as they are read; None for one that was not given.
    """

    site_names: Mapping[str, str] = field(default_factory=dict)
    instruments: Table | None = None
    envo: Table | None = None
    raw_files: Table | None = None


class NeonTranslator(ABC):
    """Translates once; a subclass says how to plan.

    Attributes
    ----------
    report
        What happened; there as soon as `plan` was read, or in the error that it raises.
    """

    def __init__(self, id_minter: Minter | None) -> None:
        self._minter = id_minter

    @abstractmethod
    def _planned(self) -> tuple[Plan, TranslationReport]:
        """Return the plan of all tables and what is to be told about it."""

    @cached_property
    def _result(self) -> tuple[Plan, TranslationReport]:
        return self._planned()

    @property
    def plan(self) -> Plan:
        """The planned graph, before any id is minted."""
        return self._result[0]

    @property
    def report(self) -> TranslationReport:
        """What was read, used and skipped, and why."""
        return self._result[1]

    def get_database(self) -> Database:
        """Return the translated documents, with ids of the minter.

        Raises
        ------
        TranslationFailed
            Something must stop the run; nothing was minted.
        """
        if self._minter is None:
            raise ValueError("an id_minter is needed to make a database")
        return Database(self.plan.emit(mint_all(self.plan, self._minter)))


def tables_of(given: Mapping[str, Any], names: Collection[str]) -> dict[str, Table]:
    """Return the named tables; each may be a `Table`, records or a DataFrame."""
    return {name: Table.of(name, given[name]) for name in names}


def check_tables(
    given: Collection[str], required: tuple[str, ...], report: TranslationReport, *, group: str
) -> None:
    """Raise `TranslationFailed` unless all required tables are given.

    Parameters
    ----------
    group
        Published words for the tables, e.g. ``soil periodic tables``.
    """
    for name in required:
        if name not in given:
            report.problems.add(
                "missing_table",
                f"You are missing one of the {group}: {required}; {name} is not there",
                table=name,
            )
    if report.problems.listed:
        raise TranslationFailed(report)
