"""Sites with clients of their own, made as administrators make them."""

from collections.abc import Iterable

from starlette.testclient import TestClient


def as_new_site(
    hub: TestClient, as_admin: dict[str, str], site_id: str, *, capability_ids: Iterable[str] = ()
) -> dict[str, str]:
    """Create the site with a client, and return the headers of that client."""
    site = {"id": site_id, "capability_ids": list(capability_ids)}
    hub.post("/sites", json=site, headers=as_admin).raise_for_status()
    made = hub.post(f"/sites/{site_id}:generateCredentials", headers=as_admin).raise_for_status()
    form = {"grant_type": "client_credentials", **made.json()}
    token = hub.post("/token", data=form).raise_for_status().json()["access_token"]
    return {"Authorization": f"Bearer {token}"}
