"""The dev stack from outside: what README promises of `make up-dev`."""

import sys

import requests

from tests.compose.readme import docker_commands
from tests.compose.stack import Stack, eventually

DEMO_STUDY_COLLECTION = "/nmdcschema/study_set"


def demo(stack: Stack) -> str:
    """Run the demo against the stack, as the administrator of the example file."""
    return stack.run(
        f"'{sys.executable}' -m nmdc_runtime.cli demo --url {stack.url()}"
        " --username admin --password root"
    ).stdout


def studies(stack: Stack) -> list[str]:
    answer = stack.get(DEMO_STUDY_COLLECTION)
    assert answer.status_code == 200
    return sorted(document["id"] for document in answer.json()["resources"])


def is_ready(stack: Stack) -> bool:
    answer = stack.get("/health/ready")
    return answer.status_code == 200 and answer.json()["status"] == "ok"


def test_the_readme_starts_the_stack_as_announced() -> None:
    assert docker_commands(until="make up-dev") == [
        "cp .env.example .env",
        "chmod 600 ./mongoKeyFile",
        "make up-dev",
    ]


def test_every_service_is_healthy(dev_stack: Stack) -> None:
    states = {name: c["State"] for name, c in dev_stack.containers().items()}
    assert states.pop("mongo-init")["ExitCode"] == 0
    assert {name: state["Health"]["Status"] for name, state in states.items()} == dict.fromkeys(
        (
            *("mongo", "postgres", "s3", "fastapi", "follower"),
            *("dagster-code", "dagster-dagit", "dagster-daemon"),
        ),
        "healthy",
    )


def test_the_hub_reaches_everything_that_it_needs(dev_stack: Stack) -> None:
    answer = dev_stack.get("/health/ready").json()
    assert {name: answer[name]["ok"] for name in ("mongo", "dagster", "postgres", "s3")} == {
        "mongo": True,
        "dagster": True,
        "postgres": True,
        "s3": True,
    }


def test_dagsters_pages_are_served(dev_stack: Stack) -> None:
    assert dev_stack.get("/server_info", service="DAGIT").status_code == 200
    assert "Dagster" in dev_stack.get("/", service="DAGIT").text


def test_ports_are_open_on_this_machine_only(dev_stack: Stack) -> None:
    bindings = {
        binding["HostIp"]
        for container in dev_stack.containers().values()
        for port in container["NetworkSettings"]["Ports"].values()
        for binding in port or []
    }
    assert bindings == {"127.0.0.1"}


def test_the_demo_can_be_run_twice_and_its_study_survives_the_stack(dev_stack: Stack) -> None:
    demo(dev_stack)
    once = studies(dev_stack)
    assert once
    demo(dev_stack)
    assert studies(dev_stack) == once

    dev_stack.run("make down-dev")
    dev_stack.run("make up-dev")

    assert studies(dev_stack) == once


def test_the_hub_says_so_while_mongodb_is_away_and_recovers(dev_stack: Stack) -> None:
    dev_stack.compose("stop", "mongo")
    try:
        answer = dev_stack.get(DEMO_STUDY_COLLECTION)
        assert answer.status_code == 503
        assert "Retry-After" in answer.headers
    finally:
        dev_stack.compose("start", "mongo")
    eventually(lambda: is_ready(dev_stack), within_s=90, what="ready again")


def test_a_killed_hub_comes_back_by_itself(dev_stack: Stack) -> None:
    before = dev_stack.containers()["fastapi"]["RestartCount"]
    # All processes but the container's first, which then ends as its child did.
    dev_stack.compose("exec", "-T", "fastapi", "sh", "-c", "kill -9 -1", check=False)
    eventually(
        lambda: dev_stack.containers()["fastapi"]["RestartCount"] > before,
        within_s=30,
        what="restarted",
    )
    eventually(lambda: is_ready(dev_stack), within_s=90, what="ready again")


def test_the_database_can_be_emptied_and_is_seeded_again(dev_stack: Stack) -> None:
    dev_stack.run("make reset-db-dev")
    assert studies(dev_stack) == []
    token = requests.post(
        f"{dev_stack.url()}/token",
        data={"grant_type": "password", "username": "admin", "password": "root"},
        timeout=30,
    )
    assert token.status_code == 200


def test_the_other_docker_commands_of_the_readme_work(dev_stack: Stack) -> None:
    ran_already = {*docker_commands(until="make up-dev"), "make test-compose"}
    for command in docker_commands():
        if command not in ran_already:
            dev_stack.run(command)


def test_cleaning_up_leaves_nothing_of_the_stack(dev_stack: Stack) -> None:
    dev_stack.run(f"make docker-clean TEST_PROJECT={dev_stack.project}-none")
    label = f"label=com.docker.compose.project={dev_stack.project}"
    for kind in ("ps --all", "volume ls", "network ls"):
        assert dev_stack.run(f"docker {kind} --quiet --filter {label}").stdout == ""
