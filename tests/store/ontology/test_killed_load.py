"""A load is killed, or runs twice at once: what is stored is what the file says all the same."""

import json
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from nmdc_runtime.ontology.store import CLASSES, RELATIONS
from tests.support.ontologies import chain
from tests.support.servers import wait_until

LOADER = """
import json, sys
from pathlib import Path

from pymongo import MongoClient

from nmdc_runtime.clients.ontology_files import OntologyFiles
from nmdc_runtime.kernel.clock import utc_now
from nmdc_runtime.ontology.service import OntologyService
from nmdc_runtime.ontology.store import OntologyStore

facts = json.loads(sys.argv[1])
with MongoClient(facts["url"], tz_aware=True) as client:
    OntologyService(
        store=OntologyStore(client[facts["database"]]),
        files=OntologyFiles(facts["server"], Path(facts["cache"])),
        clock=utc_now,
    ).load("envo")
"""
#: Each ten of them have 55 relations of the closure and 9 direct ones.
TERMS = 1_200
RELATIONS_OF_THEM = TERMS // 10 * (55 + 9)


@pytest.mark.parametrize(
    ("collection", "least"), [(RELATIONS, 1), (RELATIONS, 5_000), (CLASSES, 1)]
)
def test_a_load_that_is_killed_is_completed_by_the_next(
    *, ontologies, publish, database, mongo_url, server, tmp_path, collection, least
):
    publish(*chain(TERMS))
    facts = {
        "url": mongo_url,
        "database": database.name,
        "server": server.url,
        "cache": str(tmp_path / "cache"),
    }
    process = subprocess.Popen([sys.executable, "-c", LOADER, json.dumps(facts)])
    try:
        wait_until(
            lambda: database[collection].count_documents({}) >= least or process.poll() is not None,
            timeout_s=60,
            what="its work",
        )
        time.sleep(random.Random(least).random() * 0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()

    outcome = ontologies.load("envo")

    assert outcome.counts.classes == TERMS
    assert outcome.counts.relations == RELATIONS_OF_THEM
    assert ontologies.load("envo").is_unchanged


def test_two_loads_at_once_are_one(ontologies, publish, database):
    publish(*chain(TERMS))

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(ontologies.load, ["envo", "envo"]))

    assert ontologies.count("envo") == outcomes[1].counts
    assert outcomes[1].counts.relations == RELATIONS_OF_THEM
    assert database[CLASSES].count_documents({}) == TERMS
