"""Routes under ``/sites`` and ``/admin/site_clients``; HTTP to one service call and back."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response, status

from nmdc_runtime.sites.credentials import MANAGE_SITE_CLIENTS, CredentialsService
from nmdc_runtime.sites.models import (
    ClientCredentials,
    CredentialsList,
    RotatedCredentials,
    Rotation,
    Site,
    SiteClientPatchIn,
    SitePatch,
)
from nmdc_runtime.sites.reads import SiteReads
from nmdc_runtime.sites.service import SiteService
from nmdc_runtime.web.auth import Caller, CallingPerson, CallingUser, Rules
from nmdc_runtime.web.paging import ListParameters, ListResponse, list_response

REFUSAL: Final = "You are not allowed to update site clients."

router = APIRouter(tags=["Workflow management"])


async def site_service(request: Request) -> SiteService:
    """Return the service this application was wired with."""
    service: SiteService = request.app.state.services.sites
    return service


async def credentials_service(request: Request) -> CredentialsService:
    """Return the service this application was wired with."""
    service: CredentialsService = request.app.state.services.credentials
    return service


async def site_reads(request: Request) -> SiteReads:
    """Return the reads this application was wired with."""
    reads: SiteReads = request.app.state.reads.sites
    return reads


def client_admin(caller: CallingUser, rules: Rules) -> Caller:
    """Return the caller, who may set the secrets of all site clients, or refuse with 403."""
    rules.check_allowed(caller, MANAGE_SITE_CLIENTS, refusal=REFUSAL)
    return caller


Sites = Annotated[SiteService, Depends(site_service)]
Credentials = Annotated[CredentialsService, Depends(credentials_service)]


@router.get("/sites", response_model=ListResponse[Site])
async def list_sites(
    request: Request, query: ListParameters, reads: Annotated[SiteReads, Depends(site_reads)]
) -> Response:
    """List the places that run jobs."""
    return await list_response(request, reads.listing(), query)


@router.get("/sites/{site_id}")
def get_site(site_id: str, sites: Sites) -> Site:
    """Describe a place that runs jobs."""
    return sites.describe(site_id)


@router.patch("/sites/{site_id}")
def change_site(site_id: str, patch: SitePatch, caller: CallingPerson, sites: Sites) -> Site:
    """Say what the site can do. Its administrators may."""
    return sites.change(site_id, patch, caller=caller)


@router.post("/sites/{site_id}:generateCredentials")
def generate_credentials_for_site_client(
    site_id: str, caller: CallingUser, credentials: Credentials, response: Response
) -> ClientCredentials:
    """Create a client of the site. Its administrators may. The secret is never shown again."""
    response.headers["Cache-Control"] = "no-store"
    return credentials.create(site_id, caller=caller)


@router.get("/sites/{site_id}/credentials")
def list_credentials(
    site_id: str, caller: CallingUser, credentials: Credentials
) -> CredentialsList:
    """List the clients of a site, for its administrators and who has `/admin/site_clients`."""
    return CredentialsList(resources=credentials.list_of(site_id, caller=caller))


@router.post("/sites/{site_id}/credentials/{client_id}:rotate")
def rotate_credentials(
    *,
    site_id: str,
    client_id: str,
    caller: CallingUser,
    credentials: Credentials,
    response: Response,
    rotation: Rotation | None = None,
) -> RotatedCredentials:
    """Give a client a new secret; the old one works on for a while. It is never shown again."""
    response.headers["Cache-Control"] = "no-store"
    seconds = (rotation or Rotation()).overlap_seconds
    overlap = None if seconds is None else timedelta(seconds=seconds)
    return credentials.rotate(site_id, client_id, caller=caller, overlap=overlap)


@router.delete("/sites/{site_id}/credentials/{client_id}", status_code=status.HTTP_204_NO_CONTENT)
def revoke_credentials(
    site_id: str, client_id: str, caller: CallingUser, credentials: Credentials
) -> None:
    """End a client, its secret and its tokens, at once and for good."""
    credentials.revoke(site_id, client_id, caller=caller)


@router.patch("/admin/site_clients/{site_client_id}", dependencies=[Depends(client_admin)])
def update_site_client(
    site_client_id: str, patch: SiteClientPatchIn, credentials: Credentials
) -> Response:
    """Set the secret of a site client; the old one ends at once, and the tokens got with it.

    Takes the permission `/admin/site_clients`. Without a secret nothing changes (204).
    """
    if not credentials.set_secret(site_client_id, patch.secret):
        return Response(status_code=status.HTTP_204_NO_CONTENT)
    text = f"Site client '{site_client_id}' has been updated."
    return Response(text, media_type="text/plain")
