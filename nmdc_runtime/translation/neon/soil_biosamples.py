"""Soil cores as biosamples: the environment looked up, measurements gathered from five tables."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from nmdc_runtime.translation.neon.constants import CATEGORY, SOIL, SOURCE_SYSTEM
from nmdc_runtime.translation.neon.lookups import soil_horizon
from nmdc_runtime.translation.neon.options import Correction, NeonOptions
from nmdc_runtime.translation.neon.rows import chosen
from nmdc_runtime.translation.neon.soil_selection import SoilData
from nmdc_runtime.translation.neon.soil_tables import (
    BIOSAMPLE,
    CORES,
    DECLARED_SIZE,
    MOISTURE,
)
from nmdc_runtime.translation.planning import Label
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.tables import Cell
from nmdc_runtime.translation.values import (
    controlled_identified_term,
    geolocation,
    provenance,
    quantity_range,
    text_value,
    to_metres,
    without_empty,
)

BROAD_SCALE: Final = ("ENVO:00000446", "terrestrial biome")
MEDIUM: Final = ("ENVO:00001998", "soil")
POLE: Final = 90
DATE_LINE: Final = 180


class SoilBiosamples:
    """Makes the biosample of a core, or knows the id of the one that is there already."""

    def __init__(
        self,
        data: SoilData,
        site_names: Mapping[str, str],
        options: NeonOptions,
        problems: Problems,
    ) -> None:
        self._data = data
        self._site_names = site_names
        self._options = options
        self._problems = problems
        self._looked_up: dict[str, dict[str, Any] | None] = {}

    def id_of(self, core_id: str) -> Label | str:
        """Return the label of a core's biosample, or the id of the one that is there already."""
        existing = self._options.existing_biosample_ids.get(core_id)
        return existing or Label("nmdc:Biosample", SOIL.key(core_id))

    def is_external(self, core_id: str) -> bool:
        """Tell whether the biosample is there already and not to be made."""
        return bool(self._options.existing_biosample_ids.get(core_id))

    def look_up(self, core_id: str) -> bool:
        """Tell whether site, environment and horizon of a core are known; report if not."""
        if self.is_external(core_id):
            return True
        if core_id not in self._looked_up:
            self._looked_up[core_id] = self._found(core_id)
        return self._looked_up[core_id] is not None

    def document(self, core_id: str, *, analysis_type: str | None) -> dict[str, Any]:
        """Return the ``nmdc:Biosample`` of a core that `look_up` found good."""
        value = self._value
        slots = {
            origin.slot: origin.value(value(origin.table, core_id, origin.column))
            for origin in BIOSAMPLE
        }
        moisture = value(MOISTURE, core_id, "soilMoisture")
        top, bottom = (
            value(CORES, core_id, "sampleTopDepth"),
            value(CORES, core_id, "sampleBottomDepth"),
        )
        document = {
            "id": self.id_of(core_id),
            "type": "nmdc:Biosample",
            "name": core_id,
            "associated_studies": [SOIL.study_id],
            "env_broad_scale": controlled_identified_term(*BROAD_SCALE),
            "env_medium": controlled_identified_term(*MEDIUM),
            **(self._looked_up[core_id] or {}),
            "lat_lon": self._place(core_id),
            "depth": quantity_range(_metres(top), _metres(bottom), "m"),
            "water_content": (
                None if moisture is None else [f"{moisture} g of water/g of dry soil"]
            ),
            "analysis_type": [analysis_type] if analysis_type else None,
            **slots,
        }
        return without_empty(document | self._corrections(core_id))

    def analysis_type(self, core_id: str, types: Iterable[str | None]) -> str | None:
        """Return the analysis of a core's DNA samples: the first, reported if they differ."""
        known = list(dict.fromkeys(each for each in types if each))
        if len(known) > 1:
            self._problems.add(
                "conflicting_values",
                f"DNA samples of {core_id} have the analyses {', '.join(known)}; the first is "
                "taken",
                natural_id=core_id,
                column="sequenceAnalysisType",
                value=", ".join(known),
            )
        return known[0] if known else None

    def _found(self, core_id: str) -> dict[str, Any] | None:
        good = True
        found: dict[str, Any] = {}
        nlcd = self._value(CORES, core_id, "nlcdClass")
        envo = self._data.envo.get(str(nlcd), {})
        label = envo.get("envo_label")
        if envo.get("envo_id") and label:
            found["env_local_scale"] = controlled_identified_term(str(envo["envo_id"]), str(label))
        else:
            good = self._error(
                "unmapped_env_local_scale",
                f"core {core_id} has the land cover {nlcd!r}, which the mapping to ENVO lacks",
                core_id,
                "nlcdClass",
                nlcd,
            )
        site = self._value(CORES, core_id, "siteID")
        if site is not None and site in self._site_names:
            found["geo_loc_name"] = text_value(self._site_names[str(site)])
        elif site is not None:
            good = self._error(
                "unmapped_site",
                f"core {core_id} comes from site {site!r}, whose name is not known",
                core_id,
                "siteID",
                site,
            )
        horizon = self._value(CORES, core_id, "horizon")
        if horizon is not None:
            found["soil_horizon"] = soil_horizon(horizon)
            if found["soil_horizon"] is None:
                good = self._error(
                    "unknown_horizon",
                    f"core {core_id} has the horizon {horizon!r}, which the schema lacks",
                    core_id,
                    "horizon",
                    horizon,
                )
        return found if good else None

    def _place(self, core_id: str) -> dict[str, Any] | None:
        latitude = self._value(CORES, core_id, "decimalLatitude")
        longitude = self._value(CORES, core_id, "decimalLongitude")
        if latitude is None or longitude is None:
            return None
        for column, degrees, most in (
            ("decimalLatitude", latitude, POLE),
            ("decimalLongitude", longitude, DATE_LINE),
        ):
            if abs(float(degrees)) > most:
                self._problems.add(
                    "bad_number",
                    f"core {core_id} has the {column} {degrees}, which is on no map",
                    table=CORES,
                    natural_id=core_id,
                    column=column,
                    value=degrees,
                )
                return None
        return geolocation(latitude, longitude)

    def _corrections(self, core_id: str) -> dict[str, Any]:
        options = self._options
        corrected: dict[str, Any] = {}
        if options.corrects(Correction.NEON_CATEGORY):
            corrected["biosample_categories"] = [CATEGORY]
        if options.corrects(Correction.NEON_IDENTIFIERS):
            corrected["neon_biosample_identifiers"] = [f"{CATEGORY}:{core_id}"]
        if options.corrects(Correction.DECLARED_SLOTS):
            size = self._value(DECLARED_SIZE.table, core_id, DECLARED_SIZE.column)
            corrected[DECLARED_SIZE.slot] = DECLARED_SIZE.value(size)
        if options.corrects(Correction.PROVENANCE) and options.provenance:
            corrected["provenance_metadata"] = provenance(
                options.provenance.now,
                version=options.provenance.version,
                source_system=SOURCE_SYSTEM,
            )
        return corrected

    def _value(self, table: str, core_id: str, column: str) -> Cell:
        rows = self._data.of(table, core_id)
        if not rows:
            return None
        return chosen(rows, column, self._problems, table=table, natural_id=core_id)

    def _error(self, code: str, message: str, core_id: str, column: str, value: Cell) -> bool:
        """Report, and return that the core is not good."""
        self._problems.add(
            code, message, table=CORES, natural_id=core_id, column=column, value=value
        )
        return False


def _metres(centimetres: Cell) -> float | None:
    return None if centimetres is None else to_metres(float(centimetres))
