"""What crosses the wire about a user, and what only the server may know."""

from dataclasses import dataclass, field
from typing import Final

from pydantic import BaseModel

#: Who has this id among the sites of ``site_admin`` is an administrator of the Runtime.
ADMIN_SITE_ID: Final = "nmdc-runtime-useradmin"


class User(BaseModel):
    """A user as the API shows them; fields that are not stored stay unset."""

    username: str
    email: str | None = None
    full_name: str | None = None
    site_admin: list[str] | None = []
    disabled: bool | None = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user with the hash of their password, which never leaves the server."""

    user: User
    hashed_password: str | None = field(default=None, repr=False)
