"""Routes under ``/users``; each turns HTTP into one service call and back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from nmdc_runtime.users.models import User
from nmdc_runtime.users.service import UserService
from nmdc_runtime.web.auth import CallingUser

router = APIRouter(prefix="/users", tags=["User accounts"])


def user_service(request: Request) -> UserService:
    """Return the service this application was wired with."""
    service: UserService = request.app.state.services.users
    return service


# Some clients ask with a trailing slash, and lose their token when they are redirected.
@router.get("/me/", include_in_schema=False, response_model_exclude_unset=True)
@router.get(
    "/me",
    name="Get User Information",
    summary="Get User Information",
    response_model_exclude_unset=True,
)
def get_calling_user(
    caller: CallingUser, users: Annotated[UserService, Depends(user_service)]
) -> User:
    """Tell who the token belongs to. A site client is shown as a user named like the client."""
    return users.who_is(caller)
