"""Which field of a biosample in GOLD goes to which slot, as data; and how it is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from nmdc_runtime.translation.gold.reading import JsonObject, Reading, matches
from nmdc_runtime.translation.quantities import MOST_EXACT, plain_number, storage_units
from nmdc_runtime.translation.values import text_value, timestamp

CLASS: Final = "Biosample"
POLE: Final = 90
DATE_LINE: Final = 180

Handler = Callable[["Field", Reading], Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One slot: the fields that it is made of, and how.

    Parameters
    ----------
    unit
        The unit in which GOLD counts the field, which its name says; None if the unit must be in
        the text.
    """

    slot: str
    read: Handler
    sources: tuple[str, ...]
    unit: str | None = None
    required: bool = False

    @property
    def source(self) -> str:
        """The field that the slot is made of, or the first of them."""
        return self.sources[0]

    def value(self, reading: Reading) -> Any:  # noqa: ANN401 (any JSON value)
        """Return what the slot gets; None if there is nothing, or nothing good."""
        return self.read(self, reading)


def _text(field: Field, reading: Reading) -> str | None:
    return reading.text(field.source)


def _first_there(field: Field, reading: Reading) -> str | None:
    """Take the first field that the record has, be it null: GOLD knows then that there is none."""
    return next((reading.text(each) for each in field.sources if reading.has(each)), None)


def _text_value(field: Field, reading: Reading) -> JsonObject | None:
    return text_value(reading.text(field.source))


def _timestamp(field: Field, reading: Reading) -> JsonObject | None:
    return timestamp(reading.text(field.source))


def _number(field: Field, reading: Reading) -> float | None:
    return reading.number(field.source, unit=field.unit)


def _whole_number(field: Field, reading: Reading) -> int | None:
    number = reading.number(field.source)
    if number is None:
        return None
    if not number.is_integer() or abs(number) >= MOST_EXACT:
        reading.report("bad_number", field.source, number, f"{field.source} {number} is no count")
        return None
    return int(number)


def _quantity(field: Field, reading: Reading) -> JsonObject | None:
    return reading.quantity(field.source, unit=field.unit, stored_in=storage_units(field.slot))


def _ends(field: Field, reading: Reading) -> JsonObject | None:
    """Make a range if there is a second field; its ends may stand in either order."""
    first = _quantity(field, reading)
    second = reading.quantity(
        field.sources[1], unit=field.unit, stored_in=storage_units(field.slot)
    )
    if first is None or second is None:
        return first or second
    numbers = [
        each[slot]
        for each in (first, second)
        for slot in (
            "has_numeric_value",
            "has_minimum_numeric_value",
            "has_maximum_numeric_value",
        )
        if slot in each
    ]
    return {
        "type": "nmdc:QuantityValue",
        "has_minimum_numeric_value": plain_number(min(numbers)),
        "has_maximum_numeric_value": plain_number(max(numbers)),
        "has_unit": first["has_unit"],
    }


def _environment(field: Field, reading: Reading) -> JsonObject | None:
    term = reading.term(field.source)
    if term is None:
        return None
    raw, label = term
    id_ = raw.replace("_", ":")
    if not matches(id_, "OntologyClass", "id"):
        reading.report("bad_identifier", field.source, raw, f"{field.source}: {raw!r} is no term")
        return None
    return _term_value(id_, label, raw=raw)


def _host_taxon(field: Field, reading: Reading) -> JsonObject | None:
    number = _taxon(field.source, reading)
    return None if number is None else _term_value(number, None, raw=number)


def _sample_taxon(field: Field, reading: Reading) -> JsonObject | None:
    name, number = reading.text(field.sources[1]), _taxon(field.source, reading)
    if name is None or number is None:
        return None
    return _term_value(number, name, raw=f"{name} [{number}]")


def _taxon(source: str, reading: Reading) -> str | None:
    text = reading.text(source)
    if text is None:
        return None
    digits = text.rpartition(":")[2]
    if not (digits.isascii() and digits.isdigit()):
        reading.report("bad_identifier", source, text, f"{source}: {text!r} is no taxon of NCBI's")
        return None
    return f"NCBITaxon:{digits}"


def _place(field: Field, reading: Reading) -> JsonObject | None:
    degrees: list[float] = []
    for source, most in zip(field.sources, (POLE, DATE_LINE), strict=True):
        number = reading.number(source)
        if number is not None and abs(number) > most:
            reading.report("bad_number", source, number, f"{source} {number} is on no map")
            return None
        if number is not None:
            degrees.append(number)
    if len(degrees) < len(field.sources):
        return None
    return {
        "type": "nmdc:GeolocationValue",
        "has_raw_value": " ".join(str(reading.text(source)) for source in field.sources),
        "latitude": degrees[0],
        "longitude": degrees[1],
    }


def _joined(field: Field, reading: Reading) -> str | None:
    return "; ".join(reading.texts(field.source)) or None


def samp_name_of(name: str) -> str | None:
    """Return a sample's own name: what stands after the last hyphen with spaces around it."""
    return name.rpartition(" - ")[2].strip() or None


def _samp_name(field: Field, reading: Reading) -> str | None:
    name = reading.text(field.source)
    return None if name is None else samp_name_of(name)


def _term_value(id_: str, name: str | None, *, raw: str) -> JsonObject:
    named = {} if name is None else {"name": name}
    return {
        "type": "nmdc:ControlledIdentifiedTermValue",
        "has_raw_value": raw,
        "term": {"id": id_, "type": "nmdc:OntologyClass", **named},
    }


BIOSAMPLE: Final = (
    Field("name", _text, ("biosampleName",), required=True),
    Field("description", _text, ("description",)),
    Field("env_broad_scale", _environment, ("envoBroadScale",), required=True),
    Field("env_local_scale", _environment, ("envoLocalScale",), required=True),
    Field("env_medium", _environment, ("envoMedium",), required=True),
    Field("alt", _quantity, ("altitudeInMeters",), unit="m"),
    Field("collection_date", _timestamp, ("dateCollected",)),
    Field("depth", _ends, ("depthInMeters", "depthInMeters2"), unit="m"),
    Field("diss_oxygen", _quantity, ("oxygenConcentration",)),
    Field("elev", _number, ("elevationInMeters",), unit="m"),
    Field("geo_loc_name", _text_value, ("geoLocation",)),
    Field("lat_lon", _place, ("latitude", "longitude")),
    Field("host_name", _text, ("hostName",)),
    Field("host_taxid", _host_taxon, ("hostNcbiTaxid",)),
    # Until 2.19 this was ``nitrite``, which is something else.
    Field("nitrate", _quantity, ("nitrateConcentration",)),
    Field("ph", _number, ("ph",)),
    Field("pressure", _quantity, ("pressure",)),
    Field("samp_name", _samp_name, ("biosampleName",)),
    Field("samp_taxon_id", _sample_taxon, ("ncbiTaxId", "ncbiTaxName")),
    Field("subsurface_depth", _quantity, ("subsurfaceDepthInMeters",), unit="m"),
    Field("temp", _quantity, ("sampleCollectionTemperature",)),
    Field("ecosystem", _text, ("ecosystem",)),
    Field("ecosystem_category", _text, ("ecosystemCategory",)),
    Field("ecosystem_type", _text, ("ecosystemType",)),
    Field("ecosystem_subtype", _text, ("ecosystemSubtype",)),
    Field("specific_ecosystem", _text, ("specificEcosystem",)),
    Field("habitat", _text, ("habitat",)),
    Field("location", _text, ("isoCountry",)),
    Field("ncbi_taxonomy_name", _text, ("ncbiTaxName",)),
    Field(
        "sample_collection_site",
        _first_there,
        ("sampleCollectionSite", "sampleBodySite"),
    ),
)

#: What no record ever had; an entry takes the place of one above with the same slot.
FURTHER: Final[Mapping[str, Field]] = {
    each.slot: each
    for each in (
        Field("alt", _ends, ("altitudeInMeters", "altitudeInMeters2"), unit="m"),
        Field(
            "subsurface_depth",
            _ends,
            ("subsurfaceDepthInMeters", "subsurfaceDepthInMeters2"),
            unit="m",
        ),
        Field("salinity", _quantity, ("salinityConcentration",)),
        Field("ecosystem_path_id", _whole_number, ("ecosystemPathId",)),
        Field("host_disease_stat", _joined, ("hostDiseases",)),
        Field("host_sex", _text, ("hostGender",)),
        Field("env_package", _text_value, ("mixsPackage",)),
    )
}


def biosample_fields(*, further: bool) -> tuple[Field, ...]:
    """Return the fields to translate, each slot once."""
    if not further:
        return BIOSAMPLE
    return (*(each for each in BIOSAMPLE if each.slot not in FURTHER), *FURTHER.values())
