"""Routes of API keys, the caller's and for admins anybody's; HTTP to one service call and back."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response, status

from nmdc_runtime.api_keys.models import ApiKeyIn, ApiKeyList, NewApiKey
from nmdc_runtime.api_keys.service import ApiKeyService
from nmdc_runtime.web.auth import Caller, CallingPerson, CallingUser, Rules

#: The permission, a member of `nmdc_runtime.allowances.models.AllowanceAction`.
MANAGE_USERS: Final = "/admin/users"
REFUSAL: Final = "Only Runtime admins can manage the API keys of others."

router = APIRouter(tags=["User accounts"])


async def api_key_service(request: Request) -> ApiKeyService:
    """Return the service this application was wired with."""
    service: ApiKeyService = request.app.state.services.api_keys
    return service


def key_admin(caller: CallingUser, rules: Rules) -> Caller:
    """Return the caller, who may manage everybody's keys, or refuse with 403."""
    rules.check_allowed(caller, MANAGE_USERS, refusal=REFUSAL)
    return caller


Keys = Annotated[ApiKeyService, Depends(api_key_service)]


@router.get("/users/me/api_keys")
def list_api_keys(caller: CallingPerson, keys: Keys) -> ApiKeyList:
    """List your API keys, with their scopes and when they were used last."""
    return ApiKeyList(resources=keys.list_of(caller.username))


@router.post("/users/me/api_keys", status_code=status.HTTP_201_CREATED)
def create_api_key(
    wanted: ApiKeyIn, caller: CallingPerson, keys: Keys, response: Response
) -> NewApiKey:
    """Make an API key for a script: it can read what you can, and use the permissions you give it.

    Send it like a token, as `Authorization: Bearer`. It is shown once. It can make no other keys,
    sites or credentials, and change no password.
    """
    response.headers["Cache-Control"] = "no-store"
    return keys.create(wanted, caller=caller)


@router.delete("/users/me/api_keys/{key_id}", status_code=status.HTTP_204_NO_CONTENT)
def revoke_api_key(key_id: str, caller: CallingPerson, keys: Keys) -> None:
    """End one of your API keys at once."""
    keys.revoke(key_id, owner=caller.username)


@router.get("/admin/users/{username}/api_keys", dependencies=[Depends(key_admin)])
def list_api_keys_of_user(username: str, keys: Keys) -> ApiKeyList:
    """List the API keys of a user. Takes the permission `/admin/users`."""
    return ApiKeyList(resources=keys.list_of(username))


@router.delete(
    "/admin/users/{username}/api_keys/{key_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[Depends(key_admin)],
)
def revoke_api_key_of_user(username: str, key_id: str, keys: Keys) -> None:
    """End an API key of a user at once. Takes the permission `/admin/users`."""
    keys.revoke(key_id, owner=username)
