"""Which slot of a biosample becomes which BioSample attribute."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

from nmdc_runtime.schema.registry import SchemaRegistry, Slot
from nmdc_runtime.translation.ncbi.errors import MappingInvalid
from nmdc_runtime.translation.ncbi.remarks import Remarks
from nmdc_runtime.translation.tables import read_csv

SLOT: Final = "nmdc_schema_slot"
ATTRIBUTE: Final = "ncbi_biosample_attribute_name"
RANGE: Final = "nmdc_schema_slot_range"
IGNORE: Final = "ignore"
CLASS: Final = "nmdc_schema_class"
COLUMNS: Final = (SLOT, RANGE, ATTRIBUTE, IGNORE)
#: The range of a row that names none: plain text.
DEFAULT_RANGE: Final = "default"
#: Never attributes: the one is the sample's own identifier, the other says what a document is.
NEVER: Final = frozenset({"id", "type"})

#: How the table spells ranges that the schema calls otherwise.
_SPELLINGS: Final[Mapping[str, str]] = {"default": "", "NamedThing": "", "Study": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedSlot:
    """What a row says of a slot."""

    attribute: str
    range: str


@dataclass(frozen=True, slots=True)
class AttributeMapping:
    """The rows that count, by slot; a slot that is not in it is not exported."""

    name: str
    slots: Mapping[str, MappedSlot]

    def attribute_of(self, slot: str) -> str:
        """Return what the slot is called at NCBI, mapped or not."""
        mapped = self.slots.get(slot)
        return mapped.attribute if mapped else slot


def packaged_mapping() -> AttributeMapping:
    """Return the mapping that comes with this package."""
    file = resources.files(__package__) / "attribute_mappings.tsv"
    return read_mapping(file.read_bytes(), name="attribute_mappings.tsv")


def read_mapping(content: bytes, *, name: str) -> AttributeMapping:
    """Return what a mapping file says; of two rows of a slot the later one counts.

    Parameters
    ----------
    content
        Tab-separated UTF-8 text. Read: ``nmdc_schema_slot``, ``ncbi_biosample_attribute_name``
        (blank: the slot's name), ``nmdc_schema_slot_range`` (blank: text), ``ignore`` (any text:
        the row does not count).

    Raises
    ------
    MappingInvalid
        It is no such table: a column is missing, a row has too many cells, nothing is mapped.
    """
    try:
        table = read_csv(content, name=name, separator="\t")
    except ValueError as error:
        raise MappingInvalid(name, str(error)) from None
    if missing := [each for each in COLUMNS if each not in table.columns]:
        raise MappingInvalid(
            name,
            f"it has no column {', '.join(missing)}; it must be tab-separated, with the columns "
            f"{', '.join(COLUMNS)}",
        )
    slots: dict[str, MappedSlot] = {}
    for row in table.rows:
        cells = {column: str(cell or "").strip() for column, cell in row.items()}
        slot = cells.get(SLOT)
        if slot and slot not in NEVER and not cells.get(IGNORE):
            slots[slot] = MappedSlot(
                attribute=cells.get(ATTRIBUTE) or slot,
                range=cells.get(RANGE) or DEFAULT_RANGE,
            )
    if not slots:
        raise MappingInvalid(name, "no row of it maps a slot")
    return AttributeMapping(name, slots)


def check_mapping(
    mapping: AttributeMapping,
    registry: SchemaRegistry,
    present: Collection[str],
    remarks: Remarks,
) -> None:
    """Note where the mapping and the schema disagree, for the slots that biosamples have.

    Values are written by their own shape, so that a stale range changes nothing; only numbers of
    range ``float`` are rounded.

    Parameters
    ----------
    present
        Names of the slots that are to be exported, or would be.
    """
    known = registry.slots_of("Biosample")
    for name in sorted(present):
        slot, mapped = known.get(name), mapping.slots.get(name)
        if name in NEVER or slot is None:
            continue
        if mapped is None:
            remarks.warn(
                "slot_not_mapped", name, f"{mapping.name} does not map the slot: it is not exported"
            )
        elif not _agrees(mapped.range, slot):
            remarks.warn(
                "range_differs",
                name,
                f"{mapping.name} says that the range is {mapped.range}, in the schema it is "
                f"{' or '.join(slot.ranges)}: values are written by their own shape",
            )


def _agrees(range_: str, slot: Slot) -> bool:
    said = _SPELLINGS.get(range_, range_).replace("_", "").casefold()
    ranges = {each.replace("_", "").casefold() for each in slot.ranges}
    return not said or said in ranges
