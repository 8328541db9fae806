"""The grammar of NMDC identifiers: ``nmdc:<typecode>-<shoulder>-<blade><version><locus>``."""

import re
from functools import lru_cache

from nmdc_runtime.schema.registry import SchemaClass, SchemaRegistry

#: What a minted blade is made of: Crockford's base 32 in lower case, without i, l, o and u.
BLADE_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
DOCUMENTATION = (
    "https://microbiomedata.github.io/nmdc-schema/identifiers/#ids-minted-for-use-within-nmdc"
)

_SHOULDER = r"(?P<shoulder>[0-9][a-z]{0,6}[0-9])"
_VERSION = r"(?P<version>(?:\.[A-Za-z0-9]+)*)"
_LOCUS = r"(?P<locus>_[A-Za-z0-9_.\-]+)?"

#: What reading accepts: any identifier that may ever have been minted, of any typecode.
GENERAL_ID = re.compile(
    rf"^(?P<prefix>nmdc):(?P<typecode>[a-z]{{1,6}})-{_SHOULDER}"
    rf"-(?P<blade>[A-Za-z0-9]+){_VERSION}{_LOCUS}\Z"
)


def strict_id_pattern(registry: SchemaRegistry) -> re.Pattern[str]:
    """Return what minting produces: a typecode of the schema, and a blade in base 32."""
    codes = sorted({code for each in registry.classes.values() for code in each.typecodes})
    return re.compile(
        rf"^(?P<prefix>nmdc):(?P<typecode_strict>{'|'.join(codes)})-{_SHOULDER}"
        rf"-(?P<blade_strict>[{BLADE_ALPHABET}]+){_VERSION}{_LOCUS}\Z"
    )


def is_id(text: str) -> bool:
    """Whether the text is an NMDC identifier of the general form."""
    return GENERAL_ID.match(text) is not None


def typecode_of(id_: str) -> str | None:
    """Return the typecode of an NMDC identifier, or None if the text is none."""
    found = GENERAL_ID.match(id_)
    return found["typecode"] if found else None


def is_id_of(id_: str, schema_class: SchemaClass) -> bool:
    """Whether documents of the class may have this id: the schema's own pattern says."""
    pattern = schema_class.id_pattern
    return pattern is None or _compiled(pattern).fullmatch(id_) is not None


def has_run_number(schema_class: SchemaClass) -> bool:
    """Whether ids of the class end in the number of a run, as those of workflow executions do."""
    minted = [f"nmdc:{typecode}-11-{BLADE_ALPHABET[0]}" for typecode in schema_class.typecodes]
    return any(
        is_id_of(f"{each}.1", schema_class) and not is_id_of(each, schema_class) for each in minted
    )


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
