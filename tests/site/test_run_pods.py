"""What Dagster's launcher for Kubernetes asks of a cluster, told to a server of our own.

No cluster takes part: the configuration is the one that is deployed, but for the address of the
cluster, and the launcher is Dagster's.
"""

import json
import re
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.launcher import LaunchRunContext
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
from dagster._core.test_utils import create_run_for_test

from nmdc_runtime.site.kinds import POD_TAG, Kind, tags_of

DEPLOYED = Path(__file__).parents[2] / "deploy" / "kubernetes" / "base" / "dagster.yaml"
IMAGE = "registry.example.org/nmdc-runtime-dagster:3.0.0"


class Cluster(ThreadingHTTPServer):
    """Takes the jobs that are posted, as a cluster's API server would."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Api)
        self.jobs: list[tuple[str, dict[str, Any]]] = []


class Api(BaseHTTPRequestHandler):
    server: Cluster

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.jobs.append((self.path, body))
        answer = json.dumps(body).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    server = Cluster()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def instance(
    cluster: Cluster, postgres: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dg.DagsterInstance]:
    """Yield the instance that the deployed file makes, on this cluster."""
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
        "clusters": [
            {"name": "here", "cluster": {"server": f"http://127.0.0.1:{cluster.server_port}"}}
        ],
        "users": [{"name": "me", "user": {"token": "a-token"}}],
    }
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(kubeconfig))
    config = yaml.safe_load(DEPLOYED.read_text())
    config["run_launcher"]["config"] |= {
        "load_incluster_config": False,
        "kubeconfig_file": str(tmp_path / "kubeconfig"),
    }
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(config))
    variables = {
        **postgres,
        "DAGSTER_RUN_NAMESPACE": "nmdc",
        "API_SITE_ID": "nmdc-runtime",
        "DO_ENDPOINT_URL": "http://127.0.0.1:1",
        "DO_REGION_NAME": "us-east-1",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with dg.DagsterInstance.from_config(str(tmp_path)) as opened:
        yield opened
    shutil.rmtree(tmp_path, ignore_errors=True)


@dg.job(tags=tags_of(Kind.INGEST))
def heavy_job() -> None:
    """Do nothing; only its tags matter."""


def launched(
    instance: dg.DagsterInstance, cluster: Cluster, **tags: str
) -> tuple[dg.DagsterRun, dict[str, Any]]:
    """Launch a run of the job; return it and the body of the job that was posted for it."""
    origin = JobPythonOrigin(
        job_name="heavy_job",
        repository_origin=RepositoryPythonOrigin(
            executable_path="/venv/bin/python",
            code_pointer=ModuleCodePointer("nmdc_runtime.site.repository", "repo"),
            container_image=IMAGE,
            entry_point=["/venv/bin/python", "-m", "dagster"],
        ),
    )
    run = create_run_for_test(
        instance, job_name="heavy_job", job_code_origin=origin, tags={**heavy_job.tags, **tags}
    )
    instance.run_launcher.launch_run(LaunchRunContext(run, workspace=None))
    ((path, job),) = cluster.jobs
    assert path.startswith("/apis/batch/v1/namespaces/nmdc/jobs")
    return run, job


def test_a_run_is_a_pod_of_the_code_servers_image_with_what_its_kind_needs(
    instance: dg.DagsterInstance, cluster: Cluster, postgres: dict[str, str]
) -> None:
    run, job = launched(instance, cluster)

    pod = job["spec"]["template"]["spec"]
    [container] = pod["containers"]
    wanted = json.loads(tags_of(Kind.INGEST)[POD_TAG])["container_config"]["resources"]
    assert container["image"] == IMAGE
    assert container["args"][:5] == ["/venv/bin/python", "-m", "dagster", "api", "execute_run"]
    assert container["resources"] == wanted
    assert run.run_id in json.dumps(container["args"])
    assert job["spec"]["ttlSecondsAfterFinished"] == 86400
    assert pod["restartPolicy"] == "Never"
    # What Kubernetes' standard "restricted" demands.
    assert pod["serviceAccountName"] == "dagster-run"
    assert pod["enableServiceLinks"] is False
    assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (
        True,
        10001,
    )
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    # Settings and secrets go by name alone.
    sources = [source for each in container["envFrom"] for source in each.items()]
    assert {(kind, value["name"]) for kind, value in sources} == {
        ("configMapRef", "nmdc-settings"),
        *(("secretRef", f"nmdc-{name}") for name in ("mongo", "sources", "site", "s3", "postgres")),
    }
    by_name = {each["name"]: each for each in container["env"]}
    key = by_name["AWS_SECRET_ACCESS_KEY"]["valueFrom"]["secretKeyRef"]
    assert key == {"name": "nmdc-s3", "key": "DO_SPACES_SECRET"}
    assert postgres["DAGSTER_POSTGRES_PASSWORD"] not in json.dumps(job)
    # The configuration of the instance goes along, with references in place of values.
    assert by_name["DAGSTER_HOME"]["value"] == "/opt/dagster/dagster_home"
    told = container["args"][5]
    assert {"S3ComputeLogManager", "DAGSTER_POSTGRES_PASSWORD"} <= set(re.findall(r"\w+", told))


def test_a_single_run_may_ask_for_more(instance: dg.DagsterInstance, cluster: Cluster) -> None:
    more = {"requests": {"memory": "4Gi"}, "limits": {"memory": "4Gi"}}

    _, job = launched(
        instance, cluster, **{POD_TAG: json.dumps({"container_config": {"resources": more}})}
    )

    [container] = job["spec"]["template"]["spec"]["containers"]
    assert container["resources"] == more
