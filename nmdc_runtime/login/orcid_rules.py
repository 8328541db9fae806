"""Where a login may end, and what binds its two halves together; pure."""

import base64
import hashlib
import hmac
import re
from typing import Final
from urllib.parse import quote, urlsplit

#: Pages of ours, besides the hub's own.
OUR_DOMAIN: Final = "microbiomedata.org"
LONGEST_TARGET: Final = 2_000
LONGEST_NAME: Final = 200
#: A provider's subject must look like this: any other could be the name of a user with a password.
ORCID_ID: Final = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]")
_ERROR_CODE: Final = re.compile(r"[a-z_]{1,40}")


def redirect_target(asked: str | None, *, base_url: str) -> str | None:
    """Return where to send the browser in the end, or None if that would not be a page of ours.

    Without a wish it is the documentation page.
    """
    if not asked:
        return f"{base_url}/docs"
    plain = asked.isascii() and asked.isprintable() and not set(asked) & set(" \\")
    if not plain or len(asked) > LONGEST_TARGET:
        return None
    own = urlsplit(base_url)
    if asked.startswith("/") and not asked.startswith("//"):
        return f"{own.scheme}://{own.netloc}{asked}"
    try:
        parts = urlsplit(asked)
        port = parts.port  # raises if it is no number
    except ValueError:
        return None
    if (parts.scheme, parts.netloc) == (own.scheme, own.netloc):
        return asked
    host = parts.hostname or ""
    is_ours = host == OUR_DOMAIN or host.endswith(f".{OUR_DOMAIN}")
    is_safe = parts.scheme == "https" and port in {None, 443} and "@" not in parts.netloc
    return asked if is_ours and is_safe else None


def derived(key: str, purpose: str) -> str:
    """Return a key for one purpose, so that nothing signed for another can be taken for it."""
    return hmac.new(key.encode(), b"nmdc-runtime " + purpose.encode(), "sha256").hexdigest()


def fingerprint(text: str) -> str:
    """Return what shows a text to be the same without telling it."""
    return hashlib.sha256(text.encode()).hexdigest()


def challenge(verifier: str) -> str:
    """Return the PKCE challenge (S256) of a verifier."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def is_orcid_id(subject: str) -> bool:
    """Say whether a provider's subject is an ORCID iD."""
    return ORCID_ID.fullmatch(subject) is not None


def reason_of(error: str) -> str:
    """Return the provider's word for what went wrong; a page may have written anything there."""
    return error if _ERROR_CODE.fullmatch(error) else "unknown"


def cookie_text(name: str) -> str:
    """Return a person's name as a cookie can hold it."""
    return quote(name[:LONGEST_NAME], safe=" ")
