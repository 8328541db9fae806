"""The demonstration on the whole stack: what a newcomer sees."""

import json

import requests


def test_the_demo_shows_a_study_going_in_and_coming_out(stack):
    shown = stack.run("demo")

    assert shown.returncode == 0, shown.stdout + shown.stderr
    for words in ("biosample_set", "read back", f"{stack.url}/docs", "nmdc-runtime down"):
        assert words in shown.stdout
    found = requests.get(f"{stack.url}/nmdcschema/biosample_set", timeout=30).json()["resources"]
    assert {each["name"] for each in found} >= {"BLAN_005-M-8-0-20200713"}


def test_the_demo_may_be_run_again(stack):
    first, second = stack.run("demo"), stack.run("demo")

    assert (first.returncode, second.returncode) == (0, 0), second.stdout + second.stderr
    counts = requests.get(f"{stack.url}/nmdcschema/biosample_set", timeout=30).json()["resources"]
    assert len({each["id"] for each in counts}) == len(counts)


def secrets_of(stack) -> dict[str, str]:
    """Return the secrets that the stack has; of services of others it has none."""
    ends = ("PASSWORD", "_PASS", "SECRET", "SECRET_KEY", "TOKEN")
    named = {name: value for name, value in stack.variables.items() if name.endswith(ends)}
    return {name: value for name, value in named.items() if value}


def test_a_run_tells_its_dagster_run_whose_history_lies_in_postgres(stack):
    stack.run("demo")
    run = requests.get(f"{stack.url}/jobs", timeout=30).json()["resources"][0]
    operation = requests.get(f"{stack.url}/operations/{run['claims'][0]['op_id']}", timeout=30)
    assert operation.json()["done"] is True

    query = (
        "{runsOrError(limit: 10){... on Runs{results{status jobName runConfigYaml "
        "tags{key value}}}}}"
    )
    answer = requests.post(
        f"{stack.variables['DAGIT_HOST']}/graphql", json={"query": query}, timeout=30
    ).json()
    runs = [
        each
        for each in answer["data"]["runsOrError"]["results"]
        if each["jobName"] == "apply_metadata_in"
    ]

    # Other tests may have runs under way on this stack.
    ended = {each["status"] for each in runs} & {"SUCCESS", "FAILURE", "CANCELED"}
    assert ended == {"SUCCESS"}
    assert all(any(tag["key"] == "nmdc/run_id" for tag in each["tags"]) for each in runs)
    assert not any(secret in json.dumps(runs) for secret in secrets_of(stack).values())


def test_everything_is_ready_and_says_so(stack):
    ready = requests.get(f"{stack.url}/health/ready", timeout=30)

    assert ready.status_code == 200
    assert ready.json()["status"] == "ok", ready.text


def test_no_secret_is_in_any_log(stack):
    logs = "".join(path.read_text(errors="replace") for path in (stack.folder / "logs").iterdir())

    assert "apply_metadata_in" in logs
    secrets = secrets_of(stack)
    assert len(secrets) > 4
    assert [name for name, value in secrets.items() if value in logs] == []
