"""Routes under ``/users`` and ``/admin/users``; each turns HTTP into one service call and back."""

from typing import Annotated, Final, Protocol

from fastapi import APIRouter, Depends, Request, status

from nmdc_runtime.users.models import Me, PasswordChange, User, UserIn, UserUpdate
from nmdc_runtime.users.service import UserService
from nmdc_runtime.web.auth import (
    AccessRules,
    Caller,
    CallingPerson,
    CallingUser,
    Rules,
    calling_person,
)

#: The permission, a member of `nmdc_runtime.allowances.models.AllowanceAction`.
MANAGE_USERS: Final = "/admin/users"
CREATE_REFUSAL: Final = "only admins for site nmdc-runtime-useradmin are allowed to create users."
LIST_REFUSAL: Final = "Only Runtime admins can list users."

router = APIRouter(tags=["User accounts"])


class Permissions(AccessRules, Protocol):
    """Rules that can also tell all that somebody may do."""

    def list_allowed(self, caller: Caller) -> list[str]:
        """Return the actions that the caller may take."""
        ...


async def user_service(request: Request) -> UserService:
    """Return the service this application was wired with."""
    service: UserService = request.app.state.services.users
    return service


async def permissions(request: Request) -> Permissions:
    """Return the rules this application was wired with."""
    rules: Permissions = request.app.state.services.allowances
    return rules


def user_admin(caller: CallingUser, rules: Rules) -> Caller:
    """Return the caller, who may create and change users, or refuse with 403."""
    rules.check_allowed(caller, MANAGE_USERS, refusal=CREATE_REFUSAL)
    return caller


def user_lister(caller: CallingUser, rules: Rules) -> Caller:
    """Return the caller, who may list users, or refuse with 403."""
    rules.check_allowed(caller, MANAGE_USERS, refusal=LIST_REFUSAL)
    return caller


Users = Annotated[UserService, Depends(user_service)]
# The permission comes first: its refusal is published. Then who creates accounts or sets
# passwords must have logged in, so that a key that leaked can make no way back in.
ADMIN_WHO_LOGGED_IN: Final = [Depends(user_admin), Depends(calling_person)]


# Some clients ask with a trailing slash, and lose their token when they are redirected.
@router.get("/users/me/", include_in_schema=False, response_model_exclude_unset=True)
@router.get(
    "/users/me",
    name="Get User Information",
    summary="Get User Information",
    response_model_exclude_unset=True,
)
def get_calling_user(
    caller: CallingUser, users: Users, rules: Annotated[Permissions, Depends(permissions)]
) -> Me:
    """Tell who the token belongs to, what it allows and until when.

    A site client is shown as a user named like the client.
    """
    return users.who_is(caller, allowances=rules.list_allowed(caller))


@router.put("/users/me/password", status_code=status.HTTP_204_NO_CONTENT)
def change_own_password(change: PasswordChange, caller: CallingPerson, users: Users) -> None:
    """Choose a new password. All tokens made before end, also the one of this request."""
    users.change_own_password(caller.username, change)


@router.post(
    "/users",
    name="Create User",
    summary="Create User",
    status_code=status.HTTP_201_CREATED,
    dependencies=ADMIN_WHO_LOGGED_IN,
)
def create_user(user: UserIn, users: Users) -> User:
    """Create a user. Takes the permission `/admin/users`."""
    return users.create(user)


@router.put("/users", name="Update User", summary="Update User", dependencies=ADMIN_WHO_LOGGED_IN)
def update_user(update: UserUpdate, users: Users) -> User:
    """Change a user: what is not sent stays, `null` or `[]` clears. Takes `/admin/users`.

    An empty password, or none, leaves the password as it is; a new one ends all tokens that the
    user got before. So does enabling a user who was disabled.
    """
    return users.update(update)


@router.get(
    "/admin/users",
    name="List users",
    summary="List users",
    dependencies=[Depends(user_lister)],
)
def list_users(users: Users) -> list[User]:
    """List all users in the order of their names. Takes the permission `/admin/users`."""
    return users.list_all()
