"""The portal's jobs in tests: how they are configured and run, and what the portal is told."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import dagster as dg
import pytest
from pymongo.database import Database

from nmdc_runtime.config import Settings
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.site.definitions import repository_of
from nmdc_runtime.site.presets import preset_dev
from tests.support.ingesting import WorkingDagster
from tests.support.peer_server import PeerServer, peer_server
from tests.support.portal import INSTRUMENTS
from tests.support.served_hub import served_hub

DRY_RUN: Final = "translate_metadata_submission_to_nmdc_schema_database"
INGEST: Final = "ingest_metadata_submission"
INPUTS: Final = "get_submission_portal_pipeline_inputs"
STEP: Final = "translate_portal_submission_to_nmdc_schema_database"
#: As the portal gives them.
SUBMISSION: Final = "353d751f-cff0-4558-9051-25a87ba00d3f"


def job(name: str) -> dg.JobDefinition:
    return repository_of("biosample_submission_ingest", preset_dev).get_job(name)


def config(
    name: str, submission_id: str, *, inputs: dict[str, str] | None = None, **chosen: Any
) -> dict[str, Any]:
    """Return the run config; ``chosen`` are choices of the translation."""
    ops: dict[str, Any] = {
        INPUTS: {"inputs": {"submission_id": submission_id, **(inputs or {})}},
        STEP: {"inputs": {"study_category": "research_study"}, "config": chosen},
    }
    if name == DRY_RUN:
        ops["export_json_to_drs"] = {"config": {"username": "ada"}}
    return {"ops": ops}


def run(name: str, *args: Any, **kwargs: Any) -> dg.ExecuteInProcessResult:
    return job(name).execute_in_process(config(name, *args, **kwargs), raise_on_error=False)


def put(
    portal: PeerServer, envelope: dict[str, Any], *, asked_as: str | None = None, **images: Any
) -> str:
    """Have the portal hold a submission, and tell these images of it; return its id.

    Parameters
    ----------
    asked_as
        Another way to write its id, by which people ask for it.
    """
    submission_id = SUBMISSION if envelope["id"] == "sub1" else str(envelope["id"])
    path = f"/api/metadata_submission/{asked_as or submission_id}"
    portal.put(f"GET {path}", envelope | {"id": submission_id})
    portal.put(f"POST {path}/finalize", images)
    return asked_as or submission_id


def finalized(portal: PeerServer) -> list[str]:
    """Return which studies the portal was told of, in order."""
    return [
        json.loads(each.body)["study_id"]
        for each in portal.asked
        if each.request.endswith("/finalize")
    ]


@contextmanager
def working_portal(
    settings: Settings, database: Database[Document], environment: pytest.MonkeyPatch
) -> Iterator[PeerServer]:
    """Yield a portal, beside a hub whose Dagster works at once."""
    # One is named by a mapping file.
    instruments = INSTRUMENTS | {"novaseq": "nmdc:inst-00-00000000"}
    database["instrument_set"].insert_many(
        {"id": id_, "type": "nmdc:Instrument", "model": model} for model, id_ in instruments.items()
    )
    with peer_server() as served, served_hub(settings, WorkingDagster()) as url:
        served.put("POST /auth/refresh", {"access_token": "abc", "expires_in": 86400})
        for name, value in {
            "NMDC_PORTAL_API_BASE_URL": f"{served.url}/",
            "NMDC_PORTAL_API_REFRESH_TOKEN": "refresh",
            "API_HOST": url,
        }.items():
            environment.setenv(name, value)
        yield served
