"""What the page about Dagster lists is what the workspace has."""

import re

import dagster as dg
import pytest

from nmdc_runtime.site.definitions import CONCERNS, repository_of
from nmdc_runtime.site.presets import preset_dev
from tests.docs.pages import DOCS

PAGE = (DOCS / "howto" / "operate-dagster.md").read_text(encoding="utf-8")
SCHEDULE = re.compile(r"^\| `(\w+)` \| `(\w+)` \| `([^`]+)` \| (on|off) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def repositories() -> list[dg.RepositoryDefinition]:
    return [repository_of(name, preset_dev) for name in CONCERNS]


def test_the_schedules_of_the_page_are_those_there_are(
    repositories: list[dg.RepositoryDefinition],
) -> None:
    defined = {
        (
            schedule.name,
            schedule.job_name,
            schedule.cron_schedule,
            "on" if schedule.default_status is dg.DefaultScheduleStatus.RUNNING else "off",
        )
        for each in repositories
        for schedule in each.schedule_defs
    }

    assert set(SCHEDULE.findall(PAGE)) == defined


def test_the_sensors_of_the_page_are_those_there_are_and_look_as_often(
    repositories: list[dg.RepositoryDefinition],
) -> None:
    sensors = [sensor for each in repositories for sensor in each.sensor_defs]
    section = PAGE.partition("| Sensor | Does |")[2].partition("| Schedule |")[0]
    listed = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]

    assert set(re.findall(r"`(\w+)`", "".join(listed))) == {sensor.name for sensor in sensors}
    (seconds,) = {sensor.minimum_interval_seconds for sensor in sensors}
    assert f"They look every {seconds} seconds" in section


def test_the_jobs_and_ops_that_the_page_configures_are_there(
    repositories: list[dg.RepositoryDefinition],
) -> None:
    nodes = {
        node.name for each in repositories for job in each.get_all_jobs() for node in job.nodes
    }

    assert set(re.findall(r"ops: \{(\w+):", PAGE)) <= nodes
    assert "@nmdc_runtime.site.repository:repo/jobs/export_nmdcdb`" in PAGE
