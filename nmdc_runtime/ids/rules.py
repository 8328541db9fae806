"""Blades: numbers in base 32 with two check digits; pure and bit-compatible with issued ids.

The digits are Crockford's, in lower case and without i, l, o and u, most significant first. The
check digits follow ISO 7064 mod 97-10, as DataCite uses it.
"""

import re
from typing import Final

from nmdc_runtime.ids.errors import BladeInvalid, IdNameInvalid

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
BITS_A_DIGIT: Final = 5
CHECK_DIGITS: Final = 2
#: What people misread, and what they meant.
MISREAD: Final = str.maketrans({"i": "1", "l": "1", "o": "0"})
#: Blades have an even number of random digits, from 2 to 12 of them.
SHORTEST_BLADE: Final = 2
LONGEST_BLADE: Final = 12
VAIN_ROUNDS_TO_LENGTHEN: Final = 3
#: Blades of public ids, and how many of those there are before longer ones are issued.
SHORTEST_PUBLIC_BLADE: Final = 6
MOST_SHORTEST_PUBLIC: Final = len(ALPHABET) ** SHORTEST_PUBLIC_BLADE // 2

_PAIRS: Final = tuple(high + low for high in ALPHABET for low in ALPHABET)
_PUBLIC_FORM: Final = re.compile(r"nmdc:[!-,.-~]+-[!-,.-~]+-[!-~]+")
_RUN: Final = re.compile(r"(?P<base>[^.]+)\.[0-9]+")


def encode(number: int, *, length: int = 0, split_every: int = 0) -> str:
    """Return the blade of a number, check digits included.

    Parameters
    ----------
    number
        0 or more.
    length
        Pad with zeros on the left to this many characters, check digits counted.
    split_every
        Put a hyphen after each so many characters, counted from the left; 0: none.
    """
    digits = ""
    rest = number
    while rest:  # two digits at once: batches are large
        rest, pair = divmod(rest, len(_PAIRS))
        digits = _PAIRS[pair] + digits
    digits = digits.lstrip(ALPHABET[0]) or ALPHABET[0]
    blade = (digits + check_digits(number)).rjust(length, ALPHABET[0])
    if not split_every:
        return blade
    return "-".join(blade[at : at + split_every] for at in range(0, len(blade), split_every))


def check_digits(number: int) -> str:
    """Return the two decimal check digits of a number, from 02 to 98."""
    return f"{97 - (100 * number) % 97 + 1:02d}"


def decode(blade: str) -> int:
    """Return the number of a blade, or raise `BladeInvalid`.

    Hyphens and case do not matter, and I, L and O are read as the digits they look like.
    """
    text = blade.replace("-", "").lower()
    digits, check = text[:-CHECK_DIGITS].translate(MISREAD), text[-CHECK_DIGITS:]
    if not digits:
        raise BladeInvalid(blade, "it is too short")
    number = 0
    for digit in digits:
        value = ALPHABET.find(digit)
        if value < 0:
            raise BladeInvalid(blade, f"{digit!r} is not one of {ALPHABET}")
        number = number * len(ALPHABET) + value
    if check != check_digits(number):
        raise BladeInvalid(blade, f"its check digits {check!r} do not fit")
    return number


def blade_length(issued: int, *, vain_rounds: int = 0, shortest: int = SHORTEST_BLADE) -> int:
    """Return how many random digits keep at least half of the blades of that length free.

    Parameters
    ----------
    issued
        About how many ids of the shoulder there will be: those there are, and those wanted now.
    vain_rounds
        How often all candidates were taken. MongoDB's quick count is wrong after a crash, so
        some bad luck makes blades longer whatever the count says.
    shortest
        Where to begin.
    """
    longer = 2 * (vain_rounds // VAIN_ROUNDS_TO_LENGTHEN)
    for length in range(shortest, LONGEST_BLADE, 2):
        if issued < len(ALPHABET) ** length // 2:
            return min(length + longer, LONGEST_BLADE)
    return LONGEST_BLADE


def local_part(identifier: str) -> str:
    """Return what follows the first colon: ``sys0pf75`` of ``nmdc:sys0pf75``."""
    return identifier.partition(":")[2]


def check_public_form(id_name: str) -> None:
    """Raise `IdNameInvalid` unless the text looks like ``nmdc:<typecode>-<shoulder>-<blade>``."""
    if not _PUBLIC_FORM.fullmatch(id_name):
        raise IdNameInvalid


def base_of(id_name: str) -> str:
    """Return the id without the run number that a workflow execution puts behind it."""
    run = _RUN.fullmatch(id_name)
    return run["base"] if run else id_name
