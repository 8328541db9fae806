"""The route ``POST /sites``; HTTP to one service call and back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, status

from nmdc_runtime.registration.models import RegisteredSite
from nmdc_runtime.registration.service import RegistrationService
from nmdc_runtime.sites.models import SiteIn
from nmdc_runtime.web.auth import CallingPerson

router = APIRouter(tags=["Workflow management"])


async def registration_service(request: Request) -> RegistrationService:
    """Return the service this application was wired with."""
    service: RegistrationService = request.app.state.services.registration
    return service


@router.post("/sites", status_code=status.HTTP_201_CREATED)
def create_site(
    site: SiteIn,
    caller: CallingPerson,
    registration: Annotated[RegistrationService, Depends(registration_service)],
) -> RegisteredSite:
    """Create a site. The user who does so administers it; its clients may mint identifiers."""
    created = registration.register_site(site, username=caller.username)
    return RegisteredSite(id=created.id, capability_ids=created.capability_ids)
