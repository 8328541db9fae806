"""Biosamples: what was taken, where, and what was measured on the spot."""

from dataclasses import dataclass
from random import Random
from typing import Any, Final

DAYS_IN_MONTH: Final = 28  # of every month: no date that some month lacks


@dataclass(frozen=True, slots=True)
class Place:
    """Where a study takes its samples."""

    name: str
    latitude: float
    longitude: float
    elevation: float


PLACES: Final = (
    Place("USA: Virginia, Blandy Experimental Farm", 39.0875, -77.9719, 137.4),
    Place("USA: Colorado, East River", 38.9206, -106.9489, 2_760.0),
    Place("USA: Washington, Columbia River", 46.3722, -119.2716, 105.0),
    Place("USA: Alaska, Toolik Field Station", 68.6275, -149.5945, 720.0),
    Place("Puerto Rico: Luquillo Experimental Forest", 18.3214, -65.8176, 381.0),
    Place("USA: Minnesota, Marcell Experimental Forest", 47.5056, -93.4528, 418.0),
)


def _term(id: str, name: str) -> dict[str, Any]:
    return {
        "type": "nmdc:ControlledIdentifiedTermValue",
        "term": {"id": id, "type": "nmdc:OntologyClass", "name": name},
    }


def _text(value: str) -> dict[str, Any]:
    return {"type": "nmdc:TextValue", "has_raw_value": value}


def _quantity(value: float, unit: str) -> dict[str, Any]:
    return {"type": "nmdc:QuantityValue", "has_unit": unit, "has_numeric_value": value}


#: What samples of one habitat have in common; shared by all of them, never changed.
HABITATS: Final[tuple[dict[str, Any], ...]] = (
    {
        "env_broad_scale": _term("ENVO:00000446", "terrestrial biome"),
        "env_local_scale": _term("ENVO:01000816", "area of deciduous forest"),
        "env_medium": _term("ENVO:00001998", "soil"),
        "env_package": _text("soil"),
        "ecosystem": "Environmental",
        "ecosystem_category": "Terrestrial",
        "ecosystem_type": "Soil",
        "ecosystem_subtype": "Unclassified",
        "specific_ecosystem": "Forest Soil",
        "samp_collec_device": "corer",
        "soil_horizon": "M horizon",
    },
    {
        "env_broad_scale": _term("ENVO:01000253", "freshwater river biome"),
        "env_local_scale": _term("ENVO:00000384", "river bed"),
        "env_medium": _term("ENVO:00002007", "sediment"),
        "env_package": _text("sediment"),
        "ecosystem": "Environmental",
        "ecosystem_category": "Aquatic",
        "ecosystem_type": "Freshwater",
        "ecosystem_subtype": "River",
        "specific_ecosystem": "Sediment",
        "samp_collec_device": "scoop",
    },
    {
        "env_broad_scale": _term("ENVO:01000252", "freshwater lake biome"),
        "env_local_scale": _term("ENVO:00000021", "freshwater lake"),
        "env_medium": _term("ENVO:00002011", "fresh water"),
        "env_package": _text("water"),
        "ecosystem": "Environmental",
        "ecosystem_category": "Aquatic",
        "ecosystem_type": "Freshwater",
        "ecosystem_subtype": "Lake",
        "specific_ecosystem": "Water column",
        "samp_collec_device": "peristaltic pump",
    },
)


def biosample_fields(
    number: int, study_id: str, site_id: str, place: Place, random: Random
) -> dict[str, Any]:
    """Return the slots of one biosample, apart from its id and type."""
    year, month, day = 2014 + number % 9, 1 + number // 7 % 12, 1 + number // 3 % DAYS_IN_MONTH
    depth = round(random.random() * 0.3, 3)
    date = f"{year}-{month:02d}-{day:02d}"
    return {
        "name": f"Sample {number}, {place.name}, {date}",
        "associated_studies": [study_id],
        "collected_from": site_id,
        **HABITATS[number % len(HABITATS)],
        "collection_date": {"type": "nmdc:TimestampValue", "has_raw_value": date},
        "depth": {
            "type": "nmdc:QuantityValue",
            "has_unit": "m",
            "has_minimum_numeric_value": depth,
            "has_maximum_numeric_value": round(depth + 0.1, 3),
        },
        "elev": place.elevation,
        "geo_loc_name": _text(place.name),
        "lat_lon": {
            "type": "nmdc:GeolocationValue",
            "latitude": round(place.latitude + random.random() / 10, 5),
            "longitude": round(place.longitude + random.random() / 10, 5),
        },
        "ph": round(4.5 + random.random() * 4, 2),
        "temp": _quantity(round(random.random() * 30, 1), "Cel"),
        "analysis_type": ["metagenomics"] if number % 2 else ["metagenomics", "metabolomics"],
        "gold_biosample_identifiers": [f"gold:Gb{number:07d}"],
        "samp_name": f"S{number}",
    }
