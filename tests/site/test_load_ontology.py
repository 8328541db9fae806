import logging
from pathlib import Path

import dagster as dg
import pytest

from nmdc_runtime.config import Settings
from nmdc_runtime.ontology.store import CLASSES, RELATIONS
from nmdc_runtime.site.asset_events import ROWS
from nmdc_runtime.site.definitions import repository_of
from nmdc_runtime.site.presets import preset_dev, preset_test
from nmdc_runtime.wiring import Services
from tests.support.ontologies import SMALL, envo, write_database


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deployed: None) -> Path:
    """Return the folder from which this deployment takes its ontologies."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    write_database(folder / "envo.db", SMALL)
    monkeypatch.setenv("ONTOLOGY_DB_URL_PREFIX", str(folder))
    monkeypatch.setenv("NMDC_ONTOLOGY__CACHE_FOLDER", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return folder


def job(name: str) -> dg.JobDefinition:
    return repository_of("repo", preset_dev).get_job(name)


def handlers() -> dict[str, list[logging.Handler]]:
    """Return who listens to the loggers of the process."""
    named = logging.getLogger().manager.loggerDict.items()
    return {name: list(each.handlers) for name, each in named if isinstance(each, logging.Logger)}


def config(**more: object) -> dict[str, object]:
    return {"ops": {"load_ontology": {"config": {"source_ontology": "envo", **more}}}}


def test_the_scheduled_job_loads_its_ontology_and_reports_as_files_and_objects(
    services: Services, database, settings: Settings, mirror: Path, tmp_path: Path
) -> None:
    done = job("scheduled_envo_ontology_load").execute_in_process()

    assert done.output_for_node("load_ontology") is None
    assert database[CLASSES].find_one({"id": envo(1)})["name"] == "environmental system"
    assert database[RELATIONS].count_documents({}) > 0
    reports = tmp_path / "ontology_reports"
    assert {path.name for path in reports.iterdir()} >= {
        "ontology_inserts.tsv",
        "ontology_updates.tsv",
    }
    event, classes, relations = done.asset_materializations_for_node("load_ontology")
    assert event.asset_key.path == ["ontology", "envo"]
    assert classes.asset_key.path == ["collection", CLASSES]
    assert (classes.metadata["inserted"].value, classes.metadata[ROWS].value) == (20, 20)
    assert relations.asset_key.path == ["collection", RELATIONS]
    assert relations.metadata["inserted"].value == database[RELATIONS].count_documents({})
    assert event.metadata["seconds"].value > 0
    assert (event.metadata["terms"].value, event.metadata["is_unchanged"].value) == (20, False)
    kept = event.metadata["reports"].value
    assert sorted(kept) == ["ontology_inserts.tsv", "ontology_relation_inserts.tsv"]
    object_id = kept["ontology_inserts.tsv"].rpartition("/")[2]
    assert services.objects.get(object_id)["name"] == "envo_ontology_inserts.tsv"
    content = b"".join(services.objects.read(object_id))
    assert content == (reports / "ontology_inserts.tsv").read_bytes()


def test_a_second_run_in_a_process_writes_nothing_and_leaves_no_log_handler(
    services: Services, database, mirror: Path, tmp_path: Path
) -> None:
    load = job("scheduled_envo_ontology_load")
    load.execute_in_process(config(generate_reports=False))
    before = handlers()

    again = load.execute_in_process(config(output_directory=str(tmp_path / "mine")))

    assert handlers() == before

    (event,) = again.asset_materializations_for_node("load_ontology")
    assert event.metadata["is_unchanged"].value is True
    assert event.metadata["reports"].value == {}
    assert len(list((tmp_path / "mine").iterdir())) == 4
    assert not (tmp_path / "ontology_reports").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"source_ontology": "../envo"}, "is not the name of an ontology"),
        ({"source_ontology": "chebi"}, "there is no ontology at"),
        ({"output_directory": "mirror/envo.db"}, "the tables cannot be written"),
    ],
)
def test_what_cannot_work_fails_once_with_a_sentence(
    services: Services, database, mirror: Path, more: dict[str, str], said: str
) -> None:
    done = job("scheduled_envo_ontology_load").execute_in_process(
        config(**more), raise_on_error=False
    )

    (failure,) = [event for event in done.all_events if event.is_step_failure]
    assert said in failure.step_failure_data.user_failure_data.description


def test_each_ontology_has_its_hour_on_mondays_and_one_run_at_a_time() -> None:
    repository = repository_of("repo", preset_dev)
    schedules = {
        schedule.name: schedule
        for schedule in repository.schedule_defs
        if schedule.name.startswith("weekly_load_")
    }

    assert {
        name: (schedule.cron_schedule, schedule.execution_timezone, schedule.job_name)
        for name, schedule in schedules.items()
    } == {
        f"weekly_load_{each}_ontology": (
            f"0 {hour} * * 1",
            "America/New_York",
            f"scheduled_{each}_ontology_load",
        )
        for each, hour in (("envo", 7), ("uberon", 8), ("po", 9))
    }
    assert {each.default_status for each in schedules.values()} == {
        dg.DefaultScheduleStatus.RUNNING
    }
    assert {
        job(f"scheduled_{each}_ontology_load").tags["nmdc/exclusive"]
        for each in ("envo", "uberon", "po")
    } == {"ontology/envo", "ontology/uberon", "ontology/po"}
    stopped = {
        each.default_status
        for each in repository_of("repo", preset_test).schedule_defs
        if each.name.startswith("weekly_load_")
    }
    assert stopped == {dg.DefaultScheduleStatus.STOPPED}
