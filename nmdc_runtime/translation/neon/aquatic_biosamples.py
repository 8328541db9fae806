"""Samples of waters as biosamples: the environment and the site looked up, the rest copied."""

from collections.abc import Mapping
from typing import Any, Final

from nmdc_runtime.translation.neon.aquatic import AquaticProduct, Values
from nmdc_runtime.translation.neon.constants import CATEGORY, SOURCE_SYSTEM
from nmdc_runtime.translation.neon.mappings import Environments
from nmdc_runtime.translation.neon.options import Correction, NeonOptions
from nmdc_runtime.translation.planning import Label
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.values import (
    JsonObject,
    controlled_identified_term,
    geolocation,
    provenance,
    text_value,
    without_empty,
)

POLE: Final = 90
DATE_LINE: Final = 180


class AquaticBiosamples:
    """Makes the biosample of a field sample, and reports what it cannot look up."""

    def __init__(
        self,
        spec: AquaticProduct,
        site_names: Mapping[str, str],
        options: NeonOptions,
        environments: Environments,
        problems: Problems,
    ) -> None:
        self._spec = spec
        self._site_names = site_names
        self._options = options
        self._environments = environments
        self._problems = problems

    def __call__(self, sample_id: str, values: Values) -> JsonObject:
        """Return the ``nmdc:Biosample``; it is of no use if an error was reported."""
        options, product = self._options, self._spec.product
        document: dict[str, Any] = {
            "id": Label("nmdc:Biosample", product.key(sample_id)),
            "type": "nmdc:Biosample",
            "name": sample_id,
            "associated_studies": [product.study_id],
            "biosample_categories": [CATEGORY],
            "analysis_type": ["metagenomics"],
            "lat_lon": self._coordinates(values),
            "depth": self._spec.depth(values, options),
            "geo_loc_name": text_value(self._place(values)),
            **self._environment(values),
            **self._spec.constants,
        }
        for origin in self._spec.biosample:
            document[origin.slot] = origin.value(values.from_(origin, options))
        return without_empty(document | self._additions(sample_id))

    def _additions(self, sample_id: str) -> JsonObject:
        """Return the slots that the owners of the data may switch on."""
        options = self._options
        added: JsonObject = {}
        if options.corrects(Correction.NEON_IDENTIFIERS):
            added["neon_biosample_identifiers"] = [f"{CATEGORY}:{sample_id}"]
        if options.corrects(Correction.PROVENANCE) and options.provenance:
            added["provenance_metadata"] = provenance(
                options.provenance.now,
                version=options.provenance.version,
                source_system=SOURCE_SYSTEM,
            )
        return added

    def _coordinates(self, values: Values) -> JsonObject | None:
        """Return where the sample was taken; a place that is on no map is left out."""
        latitude, longitude = self._spec.coordinates(values, self._options)
        if latitude is None or longitude is None:
            return None
        if abs(latitude) > POLE or abs(longitude) > DATE_LINE:
            self._problems.add(
                "bad_number",
                f"table {self._spec.field_table}: {values.natural_id} was taken at latitude "
                f"{latitude} and longitude {longitude}, which is on no map",
                table=self._spec.field_table,
                natural_id=values.natural_id,
                column="decimalLatitude" if abs(latitude) > POLE else "decimalLongitude",
                value=latitude if abs(latitude) > POLE else longitude,
            )
            return None
        return geolocation(latitude, longitude)

    def _place(self, values: Values) -> str | None:
        """Return the name of the place; a site that nobody knows is an error."""
        table, column = self._spec.site
        site = values.of(table, column)
        if site is None:
            return None
        name = self._site_names.get(str(site))
        if name is None:
            self._problems.add(
                "unmapped_site",
                f"table {table}: {site!r}, the {column} of {values.natural_id}, is no site of "
                "NEON's",
                table=table,
                natural_id=values.natural_id,
                column=column,
                value=site,
            )
        return name

    def _environment(self, values: Values) -> dict[str, JsonObject | None]:
        """Return the terms of the environment; a word that no rule knows is told once."""
        spec, table = self._spec, self._spec.field_table
        told: set[str] = set()
        terms: dict[str, JsonObject | None] = {}
        where = spec.environment.location
        location = str(values.of(table, where) or "") if where else ""
        for slot, column in spec.environment.columns.items():
            word = values.of(table, column)
            source = spec.product.source
            found = self._environments.find(source, slot, str(word), location)
            if found is not None:
                terms[slot] = controlled_identified_term(found.envo_id, found.label)
                continue
            is_place = where is not None and self._environments.knows(source, slot, str(word))
            said_in, said = (str(where), location) if is_place else (column, word)
            if said_in in told:
                continue
            told.add(said_in)
            self._problems.add(
                f"unmapped_{slot}",
                f"table {table}: no {slot} is known for {said!r}, the {said_in} of "
                f"{values.natural_id}",
                table=table,
                natural_id=values.natural_id,
                column=said_in,
                value=said,
            )
        return terms
