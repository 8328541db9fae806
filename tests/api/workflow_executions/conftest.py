"""What the routes of workflow executions act upon."""

from collections.abc import Callable
from typing import Any

import pytest

from nmdc_runtime.mongo.documents import Document
from tests.support.documents import body_of
from tests.support.executions import plant_sequencing

Submit = Callable[..., Any]


@pytest.fixture(autouse=True)
def sequencing(database) -> None:
    """Store what the executions of these tests are informed by."""
    plant_sequencing(database)


@pytest.fixture
def submit(hub, as_admin) -> Submit:
    """Return what sends a body as the administrator."""

    def submit(database: Document, query: str = "", headers: Any = None, **more: str) -> Any:
        return hub.post(
            f"/workflows/workflow_executions{query}",
            content=body_of(database),
            headers=(as_admin if headers is None else headers) | more,
        )

    return submit
