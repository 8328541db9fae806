"""NEON's soil data on the whole stack: killed half way, finished, and ingested once more."""

from typing import Any

import pytest

from nmdc_runtime.clients.dagster import RunState
from nmdc_runtime.site.neon_ingest import SOIL_JOBS
from tests.support.flows import LONG_S, Desk
from tests.support.live_stack import eventually
from tests.support.neon import expected
from tests.support.neon_api import NeonServer, neon_server
from tests.support.neon_portal import RECORDED, mapping_files, put_product

# Its runs are killed, on the stack that is there for that.
pytestmark = [pytest.mark.xdist_group("kill"), pytest.mark.endurance]

JOB = "ingest_neon_soil_metadata"
DOCUMENTS = expected("soil", RECORDED["soil"])
COUNT = sum(len(held) for held in DOCUMENTS.values())


def launch(desk: Desk, portal: NeonServer, flow: str) -> dict[str, str]:
    """Ask for an ingest from the portal; return the tags of its run."""
    tags = {"nmdc/flow": flow}
    token = {"env": "NEON_API_TOKEN"}  # nobody has set it: the stack says that it is empty
    client = {"config": {"base_url": portal.api, "api_token": token}}
    config = {
        "ops": SOIL_JOBS.config() | mapping_files(portal),
        "resources": {"neon_api_client": client},
    }
    desk.dagster.launch(JOB, config, tags)
    return tags


def wait_for_success(desk: Desk, tags: dict[str, str]) -> None:
    def is_done() -> bool:
        run = desk.dagster.find_run(tags)
        return run is not None and run.state is RunState.SUCCESS

    eventually(is_done, what=f"{JOB} is a success", timeout_s=LONG_S)


def written(desk: Desk) -> dict[str, list[dict[str, Any]]]:
    """Return what is stored of the ingest, and all that was minted for it."""
    found = {
        name: list(desk.stored[name].find({"id": {"$in": ids_of(desk)}}))
        for name in (*DOCUMENTS, "minter.id_records")
    }
    return found | {"txn_log": list(desk.stored["txn_log"].find({"tgt.id": {"$in": ids_of(desk)}}))}


def ids_of(desk: Desk) -> list[str]:
    names = desk.stored["_runtime.source_ids"].find({"_id": {"$regex": "^neon-soil"}})
    return [each["id"] for each in names]


def test_an_ingest_that_was_killed_is_finished_with_its_ids_and_a_second_one_changes_nothing(
    desk: Desk,
) -> None:
    for name, held in expected("soil", "prerequisites.json").items():
        for document in held:
            desk.stored[name].replace_one({"id": document["id"]}, document, upsert=True)
    with neon_server() as portal:
        put_product(portal, "soil")
        with desk.nobody_writes():
            tags = launch(desk, portal, "neon killed")
            eventually(lambda: len(ids_of(desk)) == COUNT, what="ids are there", timeout_s=LONG_S)
            for worker in desk.stack.run_workers():
                worker.kill()
        wait_for_success(desk, tags)
        first = written(desk)
        wait_for_success(desk, launch(desk, portal, "neon again"))
        again = written(desk)

    assert {name: len(first[name]) for name in DOCUMENTS} == {
        name: len(held) for name, held in DOCUMENTS.items()
    }
    assert len(first["minter.id_records"]) == COUNT
    assert {each["status"] for each in first["minter.id_records"]} == {"registered"}
    assert len(first["txn_log"]) == COUNT
    assert again == first
