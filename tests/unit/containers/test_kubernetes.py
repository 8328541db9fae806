"""The files for Kubernetes fit together, and to the images, the settings and the stacks."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from nmdc_runtime.cli.reference.variables import ELSEWHERE
from nmdc_runtime.config import declared_names
from nmdc_runtime.site.instance import content_of
from nmdc_runtime.site.kinds import KIND_TAG, Kind

ROOT = Path(__file__).parents[3]
BASE, EXAMPLE = (ROOT / "deploy" / "kubernetes" / name for name in ("base", "example"))
HOWTO = (ROOT / "docs" / "howto" / "run-on-kubernetes.md").read_text(encoding="utf-8")
CONFIG = yaml.safe_load((BASE / "dagster.yaml").read_text(encoding="utf-8"))
LAUNCHER = CONFIG["run_launcher"]["config"]

#: Read by libraries: uvicorn, Dagster and boto3.
OF_LIBRARIES = {
    *("FORWARDED_ALLOW_IPS", "DAGSTER_CURRENT_IMAGE", "AWS_ACCESS_KEY_ID"),
    "AWS_SECRET_ACCESS_KEY",
}
#: Read by our dagster.yaml for Kubernetes.
OF_INSTANCE = {"DAGSTER_RUN_NAMESPACE"}


def kustomization(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))
    return loaded


def manifests(folder: Path) -> list[dict[str, Any]]:
    files = [name for name in kustomization(folder)["resources"] if name.endswith(".yaml")]
    return [
        document
        for name in files
        for document in yaml.safe_load_all((folder / name).read_text(encoding="utf-8"))
    ]


ALL = [*manifests(BASE), *manifests(EXAMPLE)]


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in ALL if each["kind"] == kind}


def pods() -> dict[str, dict[str, Any]]:
    return {name: each["spec"]["template"]["spec"] for name, each in of_kind("Deployment").items()}


def containers() -> dict[str, dict[str, Any]]:
    return {name: container for name, pod in pods().items() for container in pod["containers"]}


def every(key: str, node: object) -> Iterator[Any]:
    """Yield the values of the key, at any depth."""
    if isinstance(node, dict):
        yield from (value for name, value in node.items() if name == key)
        for value in node.values():
            yield from every(key, value)
    elif isinstance(node, list):
        for value in node:
            yield from every(key, value)


def secrets_told() -> dict[str, set[str]]:
    """Return the Secrets that the page tells people to make, with the names in each."""
    rows = [line.split("|") for line in HOWTO.splitlines() if line.startswith("| `nmdc-")]
    return {row[1].strip(" `"): set(re.findall(r"`([A-Z0-9_]+)`", row[2])) for row in rows}


def given_to(container: dict[str, Any]) -> set[str]:
    """Return the names of the variables that a container gets."""
    data = of_kind("ConfigMap")["nmdc-settings"]["data"]
    names = {each["name"] for each in container.get("env", [])}
    for source in container["envFrom"]:
        names |= (
            set(data) if "configMapRef" in source else secrets_told()[source["secretRef"]["name"]]
        )
    return names


def test_every_file_is_one_of_the_set_and_every_name_of_the_set_is_a_file() -> None:
    for folder in (BASE, EXAMPLE):
        kept = {path.name for path in folder.iterdir()} - {"kustomization.yaml", "dagster.yaml"}
        listed = set(kustomization(folder)["resources"]) - {"../base"}
        assert listed == kept
    assert kustomization(BASE)["configMapGenerator"][0]["files"] == ["dagster.yaml"]


def test_there_is_all_that_a_deployment_needs_and_one_of_each_name() -> None:
    kinds = [(each["kind"], each["metadata"]["name"]) for each in ALL]
    assert len(kinds) == len(set(kinds))
    assert set(of_kind("Deployment")) == {
        *("fastapi", "follower", "dagster-code", "dagster-dagit", "dagster-readonly"),
        "dagster-daemon",
    }
    assert of_kind("Deployment")["fastapi"]["spec"]["replicas"] == 2
    assert of_kind("PodDisruptionBudget")["fastapi"]["spec"]["minAvailable"] == 1
    assert of_kind("Deployment")["dagster-daemon"]["spec"]["replicas"] == 1
    assert of_kind("Deployment")["dagster-daemon"]["spec"]["strategy"] == {"type": "Recreate"}


def test_images_are_those_of_the_container_stacks() -> None:
    stack = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    built = {
        service["image"].partition(":")[0]
        for service in stack["services"].values()
        if "build" in service
    }
    used = {each["image"].partition(":")[0] for each in containers().values()}
    assert used == {image["name"] for image in kustomization(EXAMPLE)["images"]}
    assert used <= built
    code = containers()["dagster-code"]
    told = {each["name"]: each.get("value") for each in code["env"]}
    assert told["DAGSTER_CURRENT_IMAGE"] == code["image"]


def test_commands_are_verbs_of_the_images_entrypoint() -> None:
    entrypoint = (ROOT / "docker" / "entrypoint.sh").read_text(encoding="utf-8")
    verbs = set(re.findall(r"(?m)^  ([a-z0-9-]+)\)$", entrypoint))
    assert {each["args"][0] for each in containers().values()} <= verbs


def test_selectors_find_what_they_are_for() -> None:
    labels = [
        each["spec"]["template"]["metadata"]["labels"] for each in of_kind("Deployment").values()
    ]
    selectors = [
        *(each["spec"]["selector"]["matchLabels"] for each in of_kind("Deployment").values()),
        *(each["spec"]["selector"] for each in of_kind("Service").values()),
        *(
            each["spec"]["selector"]["matchLabels"]
            for each in of_kind("PodDisruptionBudget").values()
        ),
        *(selector["matchLabels"] for selector in every("podSelector", ALL)),
    ]
    assert selectors
    assert [selector for selector in selectors if selector not in labels] == []


def test_ports_are_named_by_those_who_listen() -> None:
    for name, service in of_kind("Service").items():
        listening = {port["name"] for port in containers()[name]["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= listening


def test_an_ingress_leads_to_a_service_and_never_to_the_server_that_starts_anything() -> None:
    backends = [
        backend["service"] for backend in every("backend", list(of_kind("Ingress").values()))
    ]
    ports = {
        name: {port["name"] for port in each["spec"]["ports"]}
        for name, each in of_kind("Service").items()
    }
    assert {backend["name"] for backend in backends} == {"fastapi", "dagster-readonly"}
    assert all(backend["port"]["name"] in ports[backend["name"]] for backend in backends)
    assert containers()["dagster-readonly"]["args"] == ["webserver-readonly"]
    [policy] = of_kind("NetworkPolicy").values()
    assert policy["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/name"] == "dagster-dagit"


def test_addresses_inside_the_set_are_those_of_its_services() -> None:
    data = of_kind("ConfigMap")["nmdc-settings"]["data"]
    ports = {
        name: {str(port["port"]) for port in each["spec"]["ports"]}
        for name, each in of_kind("Service").items()
    }
    for address in (data["API_HOST"], data["DAGIT_HOST"]):
        host, port = address.removeprefix("http://").split(":")
        assert port in ports[host]
    assert data["DAGSTER_CODE_PORT"] in ports[data["DAGSTER_CODE_HOST"]]


def test_accounts_are_there_and_only_those_who_start_runs_may_do_anything() -> None:
    used = {name: pod.get("serviceAccountName") for name, pod in pods().items()}
    accounts = set(of_kind("ServiceAccount"))
    assert {account for account in used.values() if account} | {
        LAUNCHER["service_account_name"]
    } == accounts
    [binding] = of_kind("RoleBinding").values()
    assert binding["roleRef"]["name"] in of_kind("Role")
    [subject] = binding["subjects"]
    assert {name for name, account in used.items() if account == subject["name"]} == {
        "dagster-daemon",
        "dagster-dagit",
    }
    assert LAUNCHER["service_account_name"] != subject["name"]


def test_the_role_allows_what_the_launcher_calls_and_no_more() -> None:
    [role] = of_kind("Role").values()
    allowed = {
        (resource, verb)
        for rule in role["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert allowed >= {
        *(("jobs", "create"), ("jobs", "delete"), ("jobs", "list"), ("jobs/status", "get")),
        *(("pods", "list"), ("pods", "get"), ("pods", "delete"), ("pods/log", "get")),
        ("events", "list"),
    }
    assert {resource for resource, _ in allowed}.isdisjoint({"*", "secrets", "configmaps"})
    assert "*" not in {verb for _, verb in allowed}


@pytest.mark.parametrize("name", sorted(pods()))
def test_a_pod_runs_as_an_ordinary_user_with_limits_and_probes(name: str) -> None:
    pod, container = pods()[name], containers()[name]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 10001
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert set(container["resources"]["requests"]) == {"cpu", "memory"}
    assert container["resources"]["limits"]["memory"]
    assert {"startupProbe", "livenessProbe"} <= set(container)
    assert ("readinessProbe" in container) == ("ports" in container)


@pytest.mark.parametrize("name", sorted(pods()))
def test_kubernetes_adds_no_variables_that_would_pass_for_ours(name: str) -> None:
    # A Service dagster-code would set DAGSTER_CODE_PORT, one nmdc-... a name that start-up refuses.
    assert pods()[name]["enableServiceLinks"] is False
    assert LAUNCHER["run_k8s_config"]["pod_spec_config"]["enable_service_links"] is False


def test_no_secret_is_in_the_set_and_each_that_is_used_is_one_that_people_are_told_to_make() -> (
    None
):
    assert of_kind("Secret") == {}
    assert not [
        key for each in (BASE, EXAMPLE) for key in every("secretGenerator", kustomization(each))
    ]
    used = {reference["name"] for reference in every("secretRef", ALL)}
    told = secrets_told()
    assert used | set(LAUNCHER["env_secrets"]) == set(told)
    for reference in [*every("secretKeyRef", ALL), *every("secret_key_ref", CONFIG)]:
        assert reference["key"] in told[reference["name"]]
    secret = re.compile(r"PASS|SECRET|TOKEN|_KEY")
    assert [
        name for name in of_kind("ConfigMap")["nmdc-settings"]["data"] if secret.search(name)
    ] == []


def test_every_variable_is_a_setting_that_somebody_reads() -> None:
    known = {*declared_names(), *ELSEWHERE, *OF_LIBRARIES, *OF_INSTANCE}
    used = {name for container in containers().values() for name in given_to(container)}
    [patch] = kustomization(EXAMPLE)["patches"]
    used |= set(yaml.safe_load(patch["patch"])["data"])
    assert used - known == set()


@pytest.mark.parametrize(
    "name", ["dagster-code", "dagster-dagit", "dagster-readonly", "dagster-daemon"]
)
def test_a_process_of_dagsters_gets_every_variable_that_its_configuration_reads(name: str) -> None:
    wanted = set(every("env", CONFIG["storage"])) | {LAUNCHER["job_namespace"]["env"]}
    wanted |= set(every("env", CONFIG["compute_logs"]))
    wanted |= {
        each["env"]
        for each in every("grpc_server", yaml.safe_load(content_of("workspace.yaml")))
        for each in (each["host"], each["port"])
    }
    assert wanted <= given_to(containers()[name])
    [mount] = containers()[name]["volumeMounts"]
    assert mount["mountPath"] == f"{LAUNCHER['dagster_home']}/dagster.yaml"
    [volume] = pods()[name]["volumes"]
    assert volume["configMap"]["name"] == LAUNCHER["instance_config_map"]
    assert volume["configMap"]["name"] == kustomization(BASE)["configMapGenerator"][0]["name"]


def test_only_limits_launcher_and_logs_differ_from_the_configuration_of_one_machine() -> None:
    other = yaml.safe_load(content_of("dagster.yaml"))
    apart = {"run_launcher", "compute_logs", "concurrency"}
    assert {key: value for key, value in CONFIG.items() if key not in apart} == {
        key: value for key, value in other.items() if key not in apart
    }
    limited = [
        {
            (limit["key"], str(limit["value"]))
            for limit in each["concurrency"]["runs"]["tag_concurrency_limits"]
        }
        for each in (CONFIG, other)
    ]
    assert limited[0] == limited[1]
    assert CONFIG["concurrency"]["pools"] == other["concurrency"]["pools"]


@pytest.mark.parametrize("where", ["one machine", "kubernetes"])
def test_the_heavy_kinds_of_runs_leave_a_place_for_what_somebody_waits_for(where: str) -> None:
    config = CONFIG if where == "kubernetes" else yaml.safe_load(content_of("dagster.yaml"))
    runs = config["concurrency"]["runs"]
    heavy = {
        limit["value"]: limit["limit"]
        for limit in runs["tag_concurrency_limits"]
        if limit["key"] == KIND_TAG
    }
    assert set(heavy) == {Kind.INGEST, Kind.EXPORT, Kind.MAINTENANCE}
    assert sum(heavy.values()) < runs["max_concurrent_runs"]
