"""Conversion between units that are written in UCUM, as the schema's ``UnitEnum`` writes them.

pint does the arithmetic; what it calls the units is told here. Units that UCUM counts as plain
numbers or as one another, but that mean different things in a sample (turbidity by two methods,
equivalents, pH, angles, decays), have a dimension of their own, and a share of the mass is none of
the volume or of the molecules: a doubtful conversion is refused.
"""

import re
from collections.abc import Mapping
from decimal import Context, Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pint

#: How exact a converted number is: what a float can hold without noise.
_DIGITS: Final = Context(prec=15)

#: UCUM's atoms as pint calls them; those of `_METRIC` may have a prefix.
_METRIC: Final[Mapping[str, str]] = MappingProxyType(
    {
        "m": "meter",
        "g": "gram",
        "s": "second",
        "mol": "mole",
        "K": "kelvin",
        "L": "liter",
        "l": "liter",
        "Pa": "pascal",
        "bar": "bar",
        "m[Hg]": "ucum_mercury",
        "J": "joule",
        "W": "watt",
        "V": "volt",
        "A": "ampere",
        "N": "newton",
        "Hz": "hertz",
        "S": "siemens",
        "T": "tesla",
        "Gy": "gray",
        "RAD": "ucum_rad_dose",
        "Bq": "ucum_becquerel",
        "Ci": "ucum_curie",
        "U": "enzyme_unit",
        "kat": "katal",
        "P": "poise",
        "erg": "erg",
        "cal": "calorie",
        "eq": "ucum_equivalent",
        "rad": "ucum_radian",
        "sr": "ucum_steradian",
        "lm": "ucum_lumen",
        "lx": "ucum_lux",
    }
)
_PLAIN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "%": "percent",
        "[ppth]": "ucum_ppth",
        "[ppm]": "ppm",
        "[ppb]": "ucum_ppb",
        "min": "minute",
        "h": "hour",
        "d": "day",
        "wk": "week",
        "mo": "ucum_month",
        "a": "year",
        "atm": "atmosphere",
        "deg": "ucum_degree",
        "ar": "ucum_are",
        "har": "hectare",
        "[in_i]": "inch",
        "[ft_i]": "foot",
        "[yd_i]": "yard",
        "[mi_i]": "mile",
        "[sin_i]": "inch ** 2",
        "[sft_i]": "foot ** 2",
        "[cin_i]": "inch ** 3",
        "[cft_i]": "foot ** 3",
        "[gal_us]": "gallon",
        "[lb_av]": "pound",
        "[oz_av]": "ounce",
        "[kn_i]": "knot",
        "[psi]": "psi",
        "[g]": "standard_gravity",
        "[pH]": "ucum_ph",
        "[NTU]": "ucum_ntu",
        "[FNU]": "ucum_fnu",
    }
)
#: Scales with a zero of their own: only as the whole unit, never as part of one.
_SCALES: Final[Mapping[str, str]] = MappingProxyType({"Cel": "degC", "[degF]": "degF"})
_PREFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "T": "tera",
        "G": "giga",
        "M": "mega",
        "k": "kilo",
        "h": "hecto",
        "da": "deca",
        "d": "deci",
        "c": "centi",
        "m": "milli",
        "u": "micro",
        "n": "nano",
        "p": "pico",
        "f": "femto",
    }
)
_DEFINITIONS: Final = (
    "ucum_mercury = 133322 * pascal",
    "ucum_rad_dose = 0.01 * gray",
    "ucum_becquerel = [ucum_decay]",
    "ucum_curie = 3.7e10 * ucum_becquerel",
    "ucum_equivalent = [ucum_equivalence]",
    "ucum_degree = [ucum_angle]",
    "ucum_radian = 57.29577951308232087679815 * ucum_degree",
    "ucum_steradian = [ucum_solid_angle]",
    "ucum_lumen = [ucum_light]",
    "ucum_lux = ucum_lumen / meter ** 2",
    "ucum_ppth = 0.001",
    "ucum_ppb = 1e-9",
    "ucum_month = 30.4375 * day",
    "ucum_are = 100 * meter ** 2",
    "ucum_ph = [ucum_acidity]",
    "ucum_ntu = [ucum_turbidity_ntu]",
    "ucum_fnu = [ucum_turbidity_fnu]",
)
#: No power of a unit has more digits, and no unit more characters: what has is no unit, and would
#: take long to multiply.
_TERM: Final = re.compile(r"([A-Za-z%]*(?:\[[A-Za-z_]+\])?)(?:\^)?([+-]?[0-9]{1,2})?")
_MOST_CHARACTERS: Final = 60


def is_ucum(unit: str) -> bool:
    """Tell whether a unit is one that can be converted at all."""
    return unit in _SCALES or _expression(unit) is not None


def convert(number: Decimal, unit: str, to: str) -> Decimal | None:
    """Return the number in another unit, exact to 15 digits; None if there is no way.

    Examples
    --------
    >>> convert(Decimal(30), "cm", "m")
    Decimal('0.3')
    >>> convert(Decimal(50), "[degF]", "Cel")
    Decimal('10')
    """
    line = _line(unit, to)
    if line is None:
        return None
    factor, offset = line
    found = _DIGITS.create_decimal(number * factor + offset)
    return found.normalize() if found else Decimal(0)


def factor_between(unit: str, to: str) -> Decimal | None:
    """Return by how much a difference in one unit is larger in the other; None if there is none."""
    line = _line(unit, to)
    return None if line is None else line[0]


@lru_cache(maxsize=4096)
def _line(unit: str, to: str) -> tuple[Decimal, Decimal] | None:
    """Return factor and offset from one unit to the other."""
    if unit == to:
        return Decimal(1), Decimal(0)
    if not (is_ucum(unit) and is_ucum(to)):
        return None
    import pint  # noqa: PLC0415 (0.5 s, for those alone who convert)

    registry = _registry()
    shares = _share_of(unit), _share_of(to)
    if None not in shares and shares[0] != shares[1]:
        return None
    ends = []
    for number in (0, 1):
        try:
            quantity = registry.Quantity(Decimal(number), _SCALES.get(unit) or _expression(unit))
            ends.append(Decimal(quantity.to(_SCALES.get(to) or _expression(to)).magnitude))
        except pint.DimensionalityError:
            return None
    return ends[1] - ends[0], ends[0]


@lru_cache(maxsize=4096)
def _share_of(unit: str) -> str | None:
    """Return of what a unit is a share, e.g. ``[mass]`` of ``g/kg``; None of ``%`` and ``mg/L``.

    A share of the volume or of the molecules is another number than one of the mass.
    """
    head, slash, _ = unit.partition("/")
    if not slash or _registry().Quantity(1, _expression(unit)).dimensionality:
        return None
    of = _registry().Quantity(1, _expression(head)).dimensionality
    return str(of) if of else None


@lru_cache
def _registry() -> "pint.UnitRegistry[Any]":
    import pint  # noqa: PLC0415

    registry: pint.UnitRegistry[Any] = pint.UnitRegistry(non_int_type=Decimal, cache_folder=None)
    for definition in _DEFINITIONS:
        registry.define(definition)
    return registry


@lru_cache(maxsize=4096)
def _expression(unit: str) -> str | None:
    """Return a UCUM unit as pint writes it, e.g. ``mg/L``; None if it is not understood."""
    if len(unit) > _MOST_CHARACTERS:
        return None
    parts: list[str] = []
    sign = "*"
    for piece in re.split(r"([./])", unit):
        if piece in {".", "/"}:
            sign = "*" if piece == "." else "/"
            continue
        match = _TERM.fullmatch(piece)
        if match is None:
            return None
        atom, exponent = match.groups()
        name = _name(atom) if atom else "dimensionless"
        if name is None or (not atom and exponent != "1"):
            return None
        power = f" ** {int(exponent)}" if atom and exponent else ""
        parts.append(f"{sign} ({name}){power}")
    return f"1 {' '.join(parts)}"


def _name(atom: str) -> str | None:
    if atom in _PLAIN:
        return _PLAIN[atom]
    if atom in _METRIC:
        return _METRIC[atom]
    for prefix, name in _PREFIXES.items():
        base = _METRIC.get(atom.removeprefix(prefix)) if atom.startswith(prefix) else None
        if base:
            return name + base
    return None
