"""Two sites at one hub, and jobs for them."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.sites import as_new_site


@pytest.fixture
def nersc(hub, as_admin) -> dict[str, str]:
    """Return the headers of a site client of NERSC."""
    return as_new_site(hub, as_admin, "nersc", capability_ids=["gpu"])


@pytest.fixture
def lanl(hub, as_admin) -> dict[str, str]:
    """Return the headers of a site client of LANL."""
    return as_new_site(hub, as_admin, "lanl")


@pytest.fixture
def create(hub, nersc) -> Callable[..., str]:
    """Return what creates a job with these attributes and returns its id."""

    def create(**attributes: Any) -> str:
        body = {"workflow": {"id": "test"}, "config": {}, **attributes}
        answer = hub.post("/jobs", json=body, headers=nersc)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    return create
