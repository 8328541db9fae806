"""What the page about backups says to type does what it says, on a real bucket and database."""

import shlex
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from nmdc_runtime.cli.main import cli
from nmdc_runtime.config import Settings, declared_names
from nmdc_runtime.site.definitions import CONCERNS
from nmdc_runtime.site.presets import preset_dev
from nmdc_runtime.wiring import Services, open_services
from tests.docs.pages import COMPARE, DOCS, FENCE, HOW
from tests.support.documents import a_study
from tests.support.object_storage import storage_variables, with_storage
from tests.support.servers import shared_s3

PAGE = (DOCS / "howto" / "back-up-and-restore.md").read_text(encoding="utf-8")
RESTORED = "nmdc_restored"


@pytest.fixture
def services(
    mongo_url: str,
    fresh_database,
    testrun_uid: str,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Services]:
    """Yield the services that the commands get too."""
    with shared_s3(testrun_uid, tmp_path_factory.getbasetemp()) as endpoint:
        for name, value in {
            "MONGO_HOST": mongo_url,
            "MONGO_DBNAME": fresh_database.name,
            "API_SITE_ID": fresh_database.name.replace("_", "-")[:40],
            **storage_variables(with_storage(Settings(), endpoint)),
        }.items():
            monkeypatch.setenv(name, value)
        with open_services(Settings()) as opened:
            yield opened


@pytest.fixture
def restored(mongo_client):
    mongo_client.drop_database(RESTORED)
    yield mongo_client[RESTORED]
    mongo_client.drop_database(RESTORED)


def test_the_commands_of_the_page_list_and_restore_what_was_backed_up(
    services: Services, restored
) -> None:
    services.database["study_set"].insert_one(a_study())
    services.upkeep.backups.backup(run_id=None, tell=lambda _: None)
    blocks = FENCE.findall(PAGE)
    typed = [at for at, (_, code) in enumerate(blocks) if code.startswith("nmdc-runtime restore")]

    for at in typed:
        result = CliRunner().invoke(cli, shlex.split(blocks[at][1])[1:])
        assert result.exit_code == 0, result.output
        said = blocks[at + 1][1].replace("nmdc...", services.database.name)
        assert COMPARE.check_output(said, result.output, HOW), result.output
    assert len(typed) == 2
    assert [each["id"] for each in restored["study_set"].find()] == [a_study()["id"]]
    again = CliRunner().invoke(cli, ["restore", "--into", RESTORED])
    assert again.exit_code == 1
    assert "has collections already" in again.output
    neither = CliRunner().invoke(cli, ["restore"])
    assert (neither.exit_code, "--list" in neither.output) == (2, True)


def test_the_jobs_schedules_and_settings_of_the_page_are_there() -> None:
    made = [
        make(preset_dev) for each in CONCERNS.values() for make in (*each.jobs, *each.schedules)
    ]
    names = {each.name for each in made} | set(declared_names())
    named = {
        *("daily_backup_nmdcdb", "weekly_restore_drill", "backup_nmdcdb", "restore_drill"),
        *("check_nmdcdb", "ensure_alldocs", "NMDC_UPKEEP__BACKUP_BUCKET"),
        *("NMDC_UPKEEP__BACKUPS_KEPT", "NMDC_UPKEEP__BACKUPS_KEPT_FOR"),
        "NMDC_UPKEEP__NOT_BACKED_UP",
    }
    assert {each for each in named if f"`{each}`" not in PAGE} == set()
    assert named <= names
