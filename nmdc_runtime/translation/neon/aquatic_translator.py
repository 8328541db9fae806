"""The common part of the two published classes for waters."""

from collections.abc import Mapping
from typing import Any, ClassVar

from nmdc_runtime.translation.minting import Minter
from nmdc_runtime.translation.neon.aquatic import WORDS, AquaticProduct
from nmdc_runtime.translation.neon.aquatic_graph import plan_aquatic
from nmdc_runtime.translation.neon.constants import INSTRUMENT_TABLE
from nmdc_runtime.translation.neon.options import NeonOptions
from nmdc_runtime.translation.neon.translator import (
    NeonReferences,
    NeonTranslator,
    check_tables,
    tables_of,
)
from nmdc_runtime.translation.planning import Plan
from nmdc_runtime.translation.report import TranslationReport
from nmdc_runtime.translation.tables import Table


class AquaticTranslator(NeonTranslator):
    """Translates the tables of one product; a subclass names it."""

    spec: ClassVar[AquaticProduct]

    def __init__(
        self,
        tables: Mapping[str, Any],
        site_names: Mapping[str, str] | None,
        instruments: Any,  # noqa: ANN401 (a table of any library)
        id_minter: Minter | None,
        options: NeonOptions,
    ) -> None:
        super().__init__(id_minter)
        names = self.spec.table_names
        check_tables(tables, names, TranslationReport(self.spec.product.source), group=WORDS)
        self._tables = tables_of(tables, names)
        self._references = NeonReferences(
            site_names=site_names or {},
            instruments=None if instruments is None else Table.of(INSTRUMENT_TABLE, instruments),
        )
        self._options = options

    def _planned(self) -> tuple[Plan, TranslationReport]:
        return plan_aquatic(self.spec, self._tables, self._references, self._options)
