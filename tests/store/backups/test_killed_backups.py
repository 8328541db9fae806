"""Killed in the middle: half a backup is none, half a restore is begun anew."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nmdc_runtime.backups.errors import NoWholeBackup
from nmdc_runtime.backups.rules import time_of
from nmdc_runtime.backups.store import BACKUPS
from nmdc_runtime.checks.models import Outcome
from tests.support.documents import biosamples

ROOT = Path(__file__).parents[3]
#: Does what it is told and says how far it is; waits for a line where it shall be killed.
WORKER = """
import sys
from nmdc_runtime.config import Settings
from nmdc_runtime.wiring import open_services

what, stop_at = sys.argv[1:]

def tell(text):
    if stop_at in text:
        print("here", flush=True)
        sys.stdin.readline()

with open_services(Settings()) as services:
    backups = services.upkeep.backups
    if what == "restore":
        backups.restore(None, into=services.database.name + "_new", tell=tell)
    else:
        getattr(backups, what)(run_id=None, tell=tell)
"""


@pytest.fixture
def kill_at(services, backups, storage, monkeypatch):
    """Return what starts a worker and kills it when it says something."""
    place = storage.settings
    for name, value in {
        "MONGO_HOST": services.settings.mongo_host,
        "MONGO_DBNAME": backups.database.name,
        "DO_ENDPOINT_URL": place.endpoint_url,
        "DO_SPACES_KEY": place.key.get_secret_value(),
        "DO_SPACES_SECRET": place.secret.get_secret_value(),
        "NMDC_UPKEEP__BACKUP_BUCKET": place.bucket,
    }.items():
        monkeypatch.setenv(name, value)

    def kill_at(what: str, text: str) -> None:
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, what, text],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with worker:
            assert worker.stdout.readline() == "here\n"
            worker.send_signal(signal.SIGKILL)
            assert worker.wait(30) == -signal.SIGKILL

    return kill_at


def expire_lease(database) -> None:
    """Let the time pass after which the dead worker's lease is over."""
    database[BACKUPS].delete_one({"_id": "backup"})


def test_half_a_backup_is_never_believed_and_goes_after_a_day(
    backups, back_up, kill_at, fresh_database, time
):
    kill_at("backup", "biosample_set")
    expire_lease(fresh_database)

    (half,) = backups.list_dumps()
    assert (half.manifest, half.is_strange) == (None, False)
    with pytest.raises(NoWholeBackup):
        backups.restore(None, into=f"{fresh_database.name}_new", tell=lambda _: None)
    with pytest.raises(NoWholeBackup):
        backups.restore(half.id, into=f"{fresh_database.name}_new", tell=lambda _: None)

    time.now = time_of(half.id)
    whole = back_up()
    assert [each.id for each in backups.list_dumps() if each.manifest] == [whole]
    time.pass_by(days=2)
    newest = back_up()
    assert [each.id for each in backups.list_dumps()] == [whole, newest]


@pytest.mark.endurance
def test_a_drill_that_died_leaves_nothing_behind_the_next_one(
    backups, back_up, kill_at, fresh_database
):
    fresh_database["biosample_set"].insert_many(
        {**each, "id": each["id"] + "x"} for each in biosamples(2_000, study_id="nmdc:sty-11-a")
    )
    back_up()
    kill_at("drill", "biosample_set")
    expire_lease(fresh_database)
    client = fresh_database.client
    left = [
        each for each in client.list_database_names() if f"{fresh_database.name}_drill_" in each
    ]
    assert len(left) == 1
    assert backups.checks.reports.list_of("restore_drill") == []

    report = backups.drill(run_id=None, tell=lambda _: None)

    assert report.outcome is Outcome.GOOD
    assert left[0] not in client.list_database_names()


@pytest.mark.endurance
def test_a_restore_that_died_is_begun_anew_by_the_next(backups, back_up, kill_at, fresh_database):
    back_up()
    client = fresh_database.client
    name = f"{fresh_database.name}_new"
    try:
        kill_at("restore", "biosample_set")
        assert client[name]["biosample_set"].count_documents({}) == 7

        backups.restore(None, into=name, tell=lambda _: None)

        assert client[name]["biosample_set"].count_documents({}) == 7
        assert client[name]["study_set"].count_documents({}) == 1
    finally:
        client.drop_database(name)
