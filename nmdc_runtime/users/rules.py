"""What a user may be named, and what a change of a user changes; pure."""

import re
from typing import Any, Final

from nmdc_runtime.users.errors import PasswordTooShort, UsernameRefused
from nmdc_runtime.users.models import SHORTEST_PASSWORD, UserUpdate

#: The form of the ids that site clients are given, e.g. ``sys0pf75``: a shoulder and a blade.
_CLIENT_ID: Final = re.compile(r"sys0[0-9a-z]+")
_CLEARED: Final[dict[str, Any]] = {
    "email": None,
    "full_name": None,
    "site_admin": [],
    "disabled": False,
}


def check_new_name(username: str) -> None:
    """Refuse a name that a site client may have one day, or that nobody could type."""
    if _CLIENT_ID.fullmatch(username.lower()):
        raise UsernameRefused(username, "the ids of site clients look like this")
    if not username.isprintable() or username != username.strip():
        raise UsernameRefused(
            username, "it begins or ends with a blank, or holds a control character"
        )


def changes_of(update: UserUpdate) -> dict[str, Any]:
    """Return the fields that were sent, null as what clears them; the password apart."""
    sent = update.model_dump(include=update.model_fields_set & _CLEARED.keys())
    return {
        name: _CLEARED[name] if value is None else value for name, value in sorted(sent.items())
    }


def new_password_of(update: UserUpdate) -> str | None:
    """Return the new password, or None where it stays; raise `PasswordTooShort`."""
    if not update.password:
        return None
    if len(update.password) < SHORTEST_PASSWORD:
        raise PasswordTooShort(at_least=SHORTEST_PASSWORD)
    return update.password
