"""How secrets of site clients are made, and how two of them overlap; pure but for chance."""

import secrets
import string
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from nmdc_runtime.sites.models import HashedSecret

SECRET_LENGTH: Final = 12
SECRET_ALPHABET: Final = string.ascii_letters + string.digits + "!@#$%^*-_+="
LEAST_DIGITS: Final = 3


def new_secret() -> str:
    """Return a random secret of the published form: a lower and an upper letter, three digits.

    74 random bits, less than one of them for the form.
    """
    while True:
        secret = "".join(secrets.choice(SECRET_ALPHABET) for _ in range(SECRET_LENGTH))
        if (
            any(character.islower() for character in secret)
            and any(character.isupper() for character in secret)
            and sum(character.isdigit() for character in secret) >= LEAST_DIGITS
        ):
            return secret


def rotated(
    stored: tuple[HashedSecret, ...], *, new: HashedSecret, now: datetime, overlap: timedelta
) -> tuple[HashedSecret, ...]:
    """Return the new secret and, for the overlap, the one that was current; older ones go.

    So there are never more than two, and a wrong secret never costs more than two comparisons.
    """
    current = stored[:1] if overlap else ()
    return (new, *(replace(each, expires_at=now + overlap) for each in current))
