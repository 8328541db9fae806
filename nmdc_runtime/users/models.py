"""What crosses the wire about a user, and what only the server may know."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, Field

#: Shorter passwords are refused when they are chosen; those chosen before go on working.
SHORTEST_PASSWORD: Final = 8
LONGEST_PASSWORD: Final = 1_024
LONGEST_NAME: Final = 255

NewPassword = Annotated[str, Field(min_length=SHORTEST_PASSWORD, max_length=LONGEST_PASSWORD)]


class User(BaseModel):
    """A user as the API shows them; fields that are not stored stay unset."""

    username: str
    email: str | None = None
    full_name: str | None = None
    site_admin: list[str] | None = []
    disabled: bool | None = False


class UserIn(User):
    """A user to create."""

    username: str = Field(min_length=1, max_length=LONGEST_NAME)
    password: NewPassword


class UserUpdate(User):
    """What to change about a user: what is not sent stays, null or an empty list clears."""

    password: str | None = Field(
        default=None,
        max_length=LONGEST_PASSWORD,
        description="A new password; empty or not sent: it stays.",
    )


class Me(User):
    """The caller: who they are, what they may do, and until when."""

    site_id: str | None = Field(default=None, description="The site of a site client.")

    allowances: list[str] = Field(
        default=[], description="The permissions this token or API key can use."
    )
    credential: str = Field(default="token", description="What was sent: `token` or `api_key`.")
    expires_at: datetime | None = Field(default=None, description="When that ends.")


class PasswordChange(BaseModel):
    """A user's own change of password."""

    current_password: str = Field(max_length=LONGEST_PASSWORD)
    new_password: NewPassword


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user with what never leaves the server: the hash of their password, and its version.

    Parameters
    ----------
    credentials_version
        Grows when tokens made before must end: with a new password, or when a disabled user is
        enabled again. A token says of which version it is.
    """

    user: User
    hashed_password: str | None = field(default=None, repr=False)
    credentials_version: int = 0

    @property
    def username(self) -> str:
        """The name of the user."""
        return self.user.username

    @property
    def disabled(self) -> bool:
        """Whether the user may not log in."""
        return bool(self.user.disabled)
