"""Routes under ``/admin/allowances`` and ``/admin/denials``; HTTP to one service call and back."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, status

from nmdc_runtime.allowances.models import Allowance, AllowanceAction, AllowanceList, Effect
from nmdc_runtime.allowances.service import AllowanceService
from nmdc_runtime.web.auth import Caller, CallingUser, Rules

REFUSAL: Final = "Only admin users can manage allowances."


async def allowance_service(request: Request) -> AllowanceService:
    """Return the service this application was wired with."""
    service: AllowanceService = request.app.state.services.allowances
    return service


def allowance_admin(caller: CallingUser, rules: Rules) -> Caller:
    """Return the caller, who may manage allowances, or refuse with 403."""
    rules.check_allowed(caller, AllowanceAction.MANAGE_ALLOWANCES, refusal=REFUSAL)
    return caller


Allowances = Annotated[AllowanceService, Depends(allowance_service)]
Username = Annotated[
    str | None, Query(description="Only those of this user or site client; empty: of all.")
]
Action = Annotated[AllowanceAction | None, Query(description="Only those for this action.")]

router = APIRouter(prefix="/admin", tags=["User accounts"], dependencies=[Depends(allowance_admin)])


@router.get("/allowances")
def list_allowances(
    allowances: Allowances, username: Username = None, action: Action = None
) -> AllowanceList:
    """List who is allowed what. Takes the permission `/admin/allowances`."""
    rows = allowances.list_rows(Effect.ALLOW, username=username, action=action)
    return AllowanceList(resources=rows)


@router.post("/allowances", status_code=status.HTTP_201_CREATED)
def create_allowance(row: Allowance, allowances: Allowances) -> Allowance:
    """Allow a user, or a site client, an action. Takes the permission `/admin/allowances`."""
    return allowances.add(Effect.ALLOW, row)


@router.delete("/allowances", status_code=status.HTTP_204_NO_CONTENT)
def delete_allowance(username: str, action: AllowanceAction, allowances: Allowances) -> None:
    """Allow an action no longer. Takes the permission `/admin/allowances`."""
    allowances.remove(Effect.ALLOW, Allowance(username=username, action=action))


@router.get("/allowances/actions")
def list_valid_actions() -> list[AllowanceAction]:
    """List the actions that take a permission. Takes the permission `/admin/allowances`."""
    return sorted(AllowanceAction)


@router.get("/denials")
def list_denials(
    allowances: Allowances, username: Username = None, action: Action = None
) -> AllowanceList:
    """List who is denied what, even if it is allowed to them. Takes `/admin/allowances`."""
    rows = allowances.list_rows(Effect.DENY, username=username, action=action)
    return AllowanceList(resources=rows)


@router.post("/denials", status_code=status.HTTP_201_CREATED)
def create_denial(row: Allowance, allowances: Allowances) -> Allowance:
    """Deny a user, or a site client, an action; a denial wins. Takes `/admin/allowances`."""
    return allowances.add(Effect.DENY, row)


@router.delete("/denials", status_code=status.HTTP_204_NO_CONTENT)
def delete_denial(username: str, action: AllowanceAction, allowances: Allowances) -> None:
    """End a denial. Takes the permission `/admin/allowances`."""
    allowances.remove(Effect.DENY, Allowance(username=username, action=action))
