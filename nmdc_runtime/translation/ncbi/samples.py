"""Which biosamples and pools become BioSamples, and with which attributes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from nmdc_runtime.translation.ncbi.mapping import NEVER, AttributeMapping
from nmdc_runtime.translation.ncbi.models import Attributes, Document, Header, Sample, Wishes
from nmdc_runtime.translation.ncbi.remarks import Remarks
from nmdc_runtime.translation.ncbi.values import (
    UNKNOWN,
    hemispheres,
    render,
    taxon_digits,
    to_ascii,
)

BROKER: Final = ("broker name", "National Microbiome Data Collaborative")
#: All that a pool says of itself, by the names of NCBI.
OF_POOLS: Final = frozenset(
    {
        *("collection_date", "depth", "elev", "geo_loc_name", "lat_lon"),
        *("env_broad_scale", "env_local_scale", "env_medium", "samp_pooling"),
    }
)
#: Slots whose value is that of the last member; of all others the first member's counts.
LAST_COUNTS: Final = frozenset({"elev", "host_taxid", "geo_loc_name"})
#: NCBI does not take this one of the schema's values.
REFUSED_HORIZON: Final = "M horizon"
ACCESSIONS: Final = "insdc_biosample_identifiers"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleWriter:
    """Makes BioSamples of biosamples and of pools."""

    header: Header
    mapping: AttributeMapping
    wishes: Wishes
    remarks: Remarks

    def individual(self, biosample: Document) -> Sample | None:
        """Return the biosample as NCBI gets it, or None if it is there already."""
        id_ = str(biosample["id"])
        if accessions := biosample.get(ACCESSIONS):
            self.remarks.leave_out(
                "has_accession",
                id_,
                f"it has the BioSample accession {', '.join(map(str, accessions))}",
            )
            return None
        attributes: dict[str, str] = {}
        for slot, value in biosample.items():
            if (text := self._text(id_, slot, value)) is None:
                continue
            name = self.mapping.slots[slot].attribute
            if name in attributes:
                self.remarks.warn(
                    "attribute_twice", id_, f"two slots are mapped to {name}: that of {slot} counts"
                )
            attributes[name] = text
        fallback = (
            f"NMDC Biosample {id_} from {self.header.organism}, part of {self.header.study_id} "
            "study"
        )
        return Sample(
            id=id_,
            title=attributes.get("name") or fallback,
            links=(id_,),
            package=_package(biosample),
            attributes=_sorted(attributes),
        )

    def pool(self, pool: Document, members: Sequence[Document]) -> Sample | None:
        """Return what the members were pooled into, or None if it is not to be submitted."""
        process_id, id_ = str(pool["pooling_process_id"]), pool.get("processed_sample_id")
        ids = ", ".join(str(each["id"]) for each in members)
        if not id_:
            self.remarks.leave_out(
                "pool_without_sample",
                process_id,
                f"it has no processed sample as its output; its biosamples are left out: {ids}",
            )
            return None
        known = [str(each["id"]) for each in members if each.get(ACCESSIONS)]
        if known:
            self.remarks.leave_out(
                "has_accession",
                str(id_),
                f"biosamples of the pool have a BioSample accession: {', '.join(known)}",
            )
            return None
        pooled_ids = [str(each) for each in pool.get("pooled_biosample_ids") or []]
        attributes = self._pooled(members)
        for slot in ("collection_date", "depth"):
            if said := pool.get(f"aggregated_{slot}"):
                attributes[self.mapping.attribute_of(slot)] = str(said)
        if pooled_ids:
            attributes["samp_pooling"] = ";".join(pooled_ids)
        packages = [each for each in map(_package, members) if each]
        return Sample(
            id=str(id_),
            title=str(pool.get("processed_sample_name") or f"Pooled sample {id_}"),
            links=(str(id_), process_id, *pooled_ids),
            package=packages[-1] if packages else "",
            attributes=_sorted(attributes),
        )

    def _pooled(self, members: Iterable[Document]) -> dict[str, str]:
        attributes: dict[str, str] = {}
        for member in members:
            for slot, value in member.items():
                mapped = self.mapping.slots.get(slot)
                if mapped is None or mapped.attribute not in OF_POOLS:
                    continue
                single = value[0] if isinstance(value, list) and value else value
                is_last = slot in LAST_COUNTS and single is value
                if mapped.attribute in attributes and not is_last:
                    continue
                if (text := self._text(str(member["id"]), slot, single)) is not None:
                    attributes[mapped.attribute] = text
        return attributes

    def _text(self, id_: str, slot: str, value: Any) -> str | None:  # noqa: ANN401 (any JSON value)
        """Return what becomes of a slot's value; None if it is no attribute."""
        mapped = self.mapping.slots.get(slot)
        if mapped is None or slot in NEVER or _is_nothing(value):
            return None
        if slot == "elev":
            text = _metres(value)
        elif slot == "host_taxid":
            text = taxon_digits(value)
        elif slot == "lat_lon" and self.wishes.has_hemispheres and isinstance(value, Mapping):
            text = hemispheres(value) or render(value, mapped.range)
        else:
            text = render(value, mapped.range)
        if text is None:
            self.remarks.leave_out(
                "value_unreadable", id_, f"its {slot} is not what the slot is for: {value!r:.200}"
            )
            return None
        if text == UNKNOWN:
            self.remarks.warn(
                "unknown_format", id_, f"its {slot} has nothing to show: {value!r:.200}"
            )
        if slot == "geo_loc_name":
            text, lost = to_ascii(text)
            if lost:
                self.remarks.warn(
                    "not_ascii", id_, f"its {slot} lost {lost!r}: NCBI takes ASCII only"
                )
        if slot == "soil_horizon" and text == REFUSED_HORIZON:
            self.remarks.leave_out("value_refused", id_, f"NCBI takes no {slot} {text!r}")
            return None
        return text


def _is_nothing(value: Any) -> bool:  # noqa: ANN401 (any JSON value)
    """Say whether a value is none: NCBI takes no attribute without a text."""
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def _metres(value: Any) -> str | None:  # noqa: ANN401 (any JSON value)
    try:
        return f"{float(value)} m"
    except (TypeError, ValueError):
        return None


def _package(biosample: Document) -> str:
    package = biosample.get("env_package")
    said = package.get("has_raw_value") if isinstance(package, Mapping) else package
    return f"MIMS.me.{said}.6.0" if said else ""


def _sorted(attributes: Mapping[str, str]) -> Attributes:
    return (*sorted(attributes.items()), BROKER)
