"""How an API key is written; pure but for chance."""

import hashlib
import re
import secrets
from typing import Final

from nmdc_runtime.api_keys.models import PREFIX

_ID_BYTES: Final = 8
_SECRET_BYTES: Final = 32
_TEXT: Final = re.compile(rf"{PREFIX}([0-9a-f]{{{_ID_BYTES * 2}}})_([\w-]{{20,200}})", re.ASCII)


def new_parts() -> tuple[str, str]:
    """Return a random id and a random secret of 256 bits."""
    return secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES)


def write(key_id: str, secret: str) -> str:
    """Return the key as its owner gets it."""
    return f"{PREFIX}{key_id}_{secret}"


def read(text: str) -> tuple[str, str] | None:
    """Return the id and the secret of a key, or None if the text is none."""
    found = _TEXT.fullmatch(text)
    return None if found is None else (found[1], found[2])


def hash_of(secret: str) -> str:
    """Return what is stored of a secret: nobody guesses 256 bits, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
