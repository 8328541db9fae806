"""The test stack: `make up-test run-test down-test`, and the whole suite from a fresh clone."""

from tests.compose.stack import Stack


def test_every_service_is_healthy(test_stack: Stack) -> None:
    states = {name: c["State"] for name, c in test_stack.containers().items()}
    assert states.pop("mongo-init")["ExitCode"] == 0
    assert states.pop("test")["Status"] == "running"
    assert {state["Health"]["Status"] for state in states.values()} == {"healthy"}


def test_the_suite_passes_inside_the_stack(test_stack: Stack) -> None:
    closing = test_stack.run("make run-test").stdout
    assert " passed" in closing


def test_the_hub_can_be_restarted_alone(test_stack: Stack) -> None:
    test_stack.run("make reset-fastapi-test")
    assert test_stack.get("/health").json() == {"web_server": True, "database": True}


def test_the_stack_comes_up_again_on_an_empty_mongodb(test_stack: Stack) -> None:
    test_stack.run("make clear-db-test")
    assert test_stack.get("/health/ready").json()["mongo"]["ok"] is True


def test_stopping_the_stack_deletes_its_data(test_stack: Stack) -> None:
    test_stack.run("make down-test")
    label = f"label=com.docker.compose.project={test_stack.project}"
    assert test_stack.run(f"docker volume ls --quiet --filter {label}").stdout == ""


def test_the_readmes_test_command_passes_in_a_fresh_clone(test_stack: Stack) -> None:
    closing = test_stack.run("make test").stdout
    assert " passed" in closing
