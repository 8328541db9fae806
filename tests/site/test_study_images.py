"""Telling the portal of a study, and keeping its pictures, when answers break off."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest
import requests
from pymongo.database import Database

from nmdc_runtime.clients.downloads import DownloadTooSlow
from nmdc_runtime.clients.portal import NmdcPortalClient
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.site.presets import preset_dev
from nmdc_runtime.site.study_images import Pictures, add_public_image_urls, may_come_later
from nmdc_runtime.wiring import Services
from tests.site.portal_jobs import SUBMISSION, finalized
from tests.support.peer_server import Answer, PeerServer, peer_server

PNG = b"\x89PNG\r\n\x1a\n and so on"
STUDY = {"id": "nmdc:sty-11-made0000", "type": "nmdc:Study", "study_category": "research_study"}
FINALIZE = f"POST /api/metadata_submission/{SUBMISSION}/finalize"


@pytest.fixture
def portal(deployed: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[PeerServer]:
    """Yield a portal that has a picture of the study's."""
    with peer_server() as served:
        monkeypatch.setenv("NMDC_PORTAL_API_BASE_URL", served.url)
        served.put("POST /auth/refresh", {"access_token": "abc", "expires_in": 86400})
        served.put(FINALIZE, {"primary_study_image_url": f"{served.url}/site.png"})
        served.answers["GET /site.png"] = Answer(body=PNG, content_type="image/png")
        yield served


@dg.op
def stored() -> Any:
    """Return what was submitted."""
    return {"study_set": [dict(STUDY)]}


@dg.op
def written() -> dict[str, Any]:
    """Return how the run of the submission ended."""
    return {"status": "COMPLETE"}


@dg.graph
def told() -> Any:
    """Compose the step as the ingest does, which tries again without a pause here."""
    at_once = dg.RetryPolicy(max_retries=3)
    return add_public_image_urls.with_retry_policy(at_once)(database=stored(), ingested=written())


def test_a_portal_that_breaks_off_is_told_the_same_again_and_its_pictures_are_kept_once(
    portal: PeerServer, services: Services, database: Database[Document]
) -> None:
    database["study_set"].insert_one(dict(STUDY))
    # Each time it has done what it was asked for, but its answer does not arrive.
    portal.faults[FINALIZE] = [
        Answer(status=500, body=b"after all was stored"),
        Answer(body=b'{"primary_study_ima', length=400),
    ]
    portal.faults["GET /site.png"] = [Answer(status=500)]
    step = "add_public_image_urls"
    telling = preset_dev.job(told, name="told", peers=("nmdc_portal_api_client",))

    done = telling.execute_in_process({"ops": {step: {"inputs": {"submission_id": SUBMISSION}}}})

    # Only the step itself sends it again, and who is told twice is told the same.
    assert done.retry_attempts_for_node(step) == 3
    assert finalized(portal) == [STUDY["id"]] * 4
    (illustrated,) = done.output_for_node(step)["study_set"]
    (picture,) = illustrated["study_image"]
    kept = list(database["objects"].find())
    assert [each["name"] for each in kept] == ["site.png"]
    assert picture["url"].endswith(f"/metadata/stored_files/{kept[0]['id']}")


def test_a_picture_that_may_come_is_waited_for_until_nobody_tries_again(
    portal: PeerServer, services: Services
) -> None:
    log = dg.build_op_context().log
    broken = f"{portal.url}/broken.png"
    portal.answers["GET /broken.png"] = Answer(status=500)
    with NmdcPortalClient(portal.url, "refresh") as client:
        pictures = Pictures(services, client, log, is_last_try=False)
        with pytest.raises(requests.HTTPError):
            pictures.keep(broken)
        assert Pictures(services, client, log, is_last_try=True).keep(broken) == broken
        # These will never come.
        elsewhere = "http://127.0.0.1:1/private.png"
        for lost in (f"{portal.url}/lost.png", "http://[no", "/images/1", elsewhere, "x" * 5_000):
            assert pictures.keep(lost) == lost
        assert [pictures.keep(none) for none in (None, "", 7, {})] == [None] * 4
    assert may_come_later(requests.ConnectionError())
    assert may_come_later(requests.exceptions.ChunkedEncodingError())
    assert may_come_later(DownloadTooSlow(broken, most_seconds=1))
    assert not may_come_later(requests.exceptions.InvalidURL())
