"""Users of a hub in tests: created through the API, logged in by their password."""

from typing import Any, Final

from starlette.testclient import TestClient

PASSWORD: Final = "correct horse battery"
Headers = dict[str, str]


def log_in(hub: TestClient, username: str, password: str = PASSWORD) -> Headers:
    """Return the headers of a user with a fresh token."""
    form = {"grant_type": "password", "username": username, "password": password}
    token = hub.post("/token", data=form).raise_for_status().json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def a_user(hub: TestClient, as_admin: Headers, username: str, **fields: Any) -> Headers:
    """Create a user and return their headers."""
    body = {"username": username, "password": PASSWORD, **fields}
    response = hub.post("/users", json=body, headers=as_admin)
    assert response.status_code == 201, response.text
    return log_in(hub, username)


def a_site_client(hub: TestClient, client_id: str, secret: str) -> Headers:
    """Return the headers of a site client with a fresh token."""
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": secret,
    }
    token = hub.post("/token", data=form).raise_for_status().json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def allow(hub: TestClient, as_admin: Headers, username: str, *actions: str) -> None:
    """Allow a user or a site client these actions."""
    for action in actions:
        body = {"username": username, "action": action}
        hub.post("/admin/allowances", json=body, headers=as_admin).raise_for_status()


def an_api_key(hub: TestClient, owner: Headers, *scopes: str, **fields: Any) -> Headers:
    """Make an API key with these scopes and return the headers of who uses it."""
    body = {"name": "a script", "scopes": list(scopes), **fields}
    made = hub.post("/users/me/api_keys", json=body, headers=owner).raise_for_status().json()
    return {"Authorization": f"Bearer {made['key']}"}
