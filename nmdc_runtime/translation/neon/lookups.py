"""From NEON's words to NMDC's: laboratories, instruments, statuses, analyses, environments."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from nmdc_runtime.translation.tables import Row, Table
from nmdc_runtime.translation.vocabulary import permissible_values

#: In this order: a text that names both is Battelle's.
LABORATORIES: Final = (("battelle", "Battelle"), ("argonne", "ANL"))
INSTRUMENT_KEY: Final = "NEON sequencingMethod"
INSTRUMENT_ID: Final = "NMDC instrument_set id"
#: NEON's word where it is not the schema's; marker genes are not what is imported.
ANALYSIS_TYPES: Final = {"marker gene and metagenomics": "metagenomics"}


def laboratory(text: object) -> str | None:
    """Return the ``processing_institution`` that a name of a laboratory stands for."""
    lower = str(text or "").lower()
    return next((value for word, value in LABORATORIES if word in lower), None)


def qc_status(text: object) -> str | None:
    """Return the ``qc_status`` that NEON's status stands for, or None if the schema has none."""
    lower = str(text).lower()
    return lower if lower in permissible_values("StatusEnum") else None


def analysis_type(text: object) -> str | None:
    """Return the ``analysis_type`` that NEON's word stands for, or None if there is none."""
    value = ANALYSIS_TYPES.get(str(text), str(text))
    return value if value in permissible_values("AnalysisTypeEnum") else None


def soil_horizon(text: object) -> str | None:
    """Return the ``soil_horizon`` of NEON's letter, or None if the schema has none."""
    value = f"{text} horizon"
    return value if value in permissible_values("SoilHorizonEnum") else None


@dataclass(frozen=True, slots=True)
class Instrument:
    """What a lookup found: an id, or the code of the problem."""

    instrument_id: str | None
    problem: str | None = None


class InstrumentMap:
    """Finds instruments by the model that NEON names.

    A model is found if it is an entry of the map, ignoring case and spaces; else if it is part of
    entries of just one instrument. ``Illumina`` alone names several, and so none.
    """

    def __init__(self, table: Table | None) -> None:
        rows: Iterable[Row] = table.rows if table is not None else ()
        self._ids: dict[str, str] = {}
        for row in rows:
            key, instrument_id = row.get(INSTRUMENT_KEY), row.get(INSTRUMENT_ID)
            if key and instrument_id:
                self._ids.setdefault(_squeezed(key), str(instrument_id))
        self._found: dict[str, Instrument] = {}

    @property
    def instrument_ids(self) -> frozenset[str]:
        """All instruments that the map names."""
        return frozenset(self._ids.values())

    def find(self, model: object) -> Instrument:
        """Return the instrument; the problem is one of the three codes about instruments."""
        text = "" if model is None else _squeezed(model)
        if text not in self._found:
            self._found[text] = self._look_up(text)
        return self._found[text]

    def _look_up(self, text: str) -> Instrument:
        if not text:
            return Instrument(None, "missing_instrument_model")
        if text in self._ids:
            return Instrument(self._ids[text])
        parts = {instrument_id for key, instrument_id in self._ids.items() if text in key}
        if len(parts) == 1:
            return Instrument(parts.pop())
        return Instrument(None, "ambiguous_instrument" if parts else "unmapped_instrument")


def _squeezed(text: object) -> str:
    return "".join(str(text).split()).lower()
