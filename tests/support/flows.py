"""What people and sites do that makes the Runtime work, over HTTP, and what has become of it."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import orjson
import requests
from pymongo import MongoClient, UpdateOne
from pymongo.database import Database

from nmdc_runtime.cli.demo_steps import Hub
from nmdc_runtime.clients.dagster import DagsterClient
from nmdc_runtime.clients.runtime_api import RuntimeApiSiteClient
from nmdc_runtime.config.sections import DagsterSettings
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.plans.guard import GUARDS, STRIPES
from nmdc_runtime.submissions.store import WRITERS
from tests.support.live_stack import LiveStack, eventually

FAILED_LOOKS = """query($since: Float!) { sensorsOrError(repositorySelector: {
    repositoryName: "repo", repositoryLocationName: "nmdc_runtime.site.repository:repo"}) {
    ... on Sensors { results { name sensorState {
        ticks(limit: 20, statuses: [FAILURE], afterTimestamp: $since) { error { message } }
    } } } } }"""

#: Three looks of sensors and two runs take half a minute, and on a busy machine much longer.
LONG_S = 300.0
JSON_TYPE, SHEET_TYPE = "metadata-in", "metadata-changesheet"


@dataclass
class Desk:
    """A user and the own site of a stack, with its hub, its MongoDB and its Dagster at hand."""

    stack: LiveStack
    user: Hub
    site: RuntimeApiSiteClient
    stored: Database[Document]
    dagster: DagsterClient
    folder: Path

    def upload(self, name: str, content: bytes, *, mime_type: str = "application/json") -> str:
        """Send a file to the bucket of the own site; return the id of its object."""
        path = self.folder / name
        path.write_bytes(content)
        return str(self.site.upload_file(path, mime_type=mime_type).json()["id"])

    def tag(self, object_id: str, *types: str) -> None:
        """Give the object these types."""
        address = f"{self.user.url}/objects/{object_id}/types"
        self.user.session.put(address, json=list(types), timeout=60).raise_for_status()

    def ingest(self, name: str, content: Any, object_type: str = JSON_TYPE) -> str:
        """Upload documents or a sheet and tag them; return the id of the object."""
        is_sheet = object_type == SHEET_TYPE
        body = content if isinstance(content, bytes) else orjson.dumps(content)
        mime_type = "text/csv" if is_sheet else "application/json"
        object_id = self.upload(name, body, mime_type=mime_type)
        self.tag(object_id, object_type)
        return object_id

    def submit(self, documents: dict[str, Any]) -> str:
        """Submit documents; return the id of the run."""
        answer = self.user.call("POST", "/metadata/json:submit", body=orjson.dumps(documents))
        return str(answer["detail"]["run_id"])

    def submit_sheet(self, name: str, sheet: bytes) -> str:
        """Submit a changesheet; return the id of the object that keeps it."""
        answer = self.user.session.post(
            f"{self.user.url}/metadata/changesheets:submit",
            files={"uploaded_file": (name, sheet, "text/csv")},
            timeout=60,
        )
        answer.raise_for_status()
        return str(answer.json()["id"])

    def claim_for(self, object_id: str) -> str:
        """Create and claim a job for the object, as the own site; return the operation's id."""
        job = {"workflow": {"id": "metadata-in-1.0.0"}, "config": {"object_id": object_id}}
        job_id = self.site.request("POST", "/jobs", job).json()["id"]
        return str(self.site.request("POST", f"/jobs/{job_id}:claim").json()["id"])

    def run(self, object_id: str, operation_id: str) -> str:
        """Ask for a run that applies the object and keeps the promise; return its id."""
        ops = {
            "get_json_in": {"config": {"object_id": object_id}},
            "perform_mongo_updates": {"config": {"operation_id": operation_id}},
        }
        answer = self.user.session.post(
            f"{self.user.url}/runs",
            params={"job_id": "metadata-in-1.0.0"},
            json={"run_config": {"ops": ops}},
            timeout=60,
        )
        answer.raise_for_status()
        return str(answer.json()["id"])

    def report_upload(self, name: str, content: bytes, **told: Any) -> tuple[str, str]:
        """Upload a file and only report that, as older sites do; return operation and object.

        Parameters
        ----------
        told
            What is reported otherwise than it is.
        """
        promise = self.site.request(
            "POST", f"/sites/{self.site.site_id}:putObject", {"name": name}
        ).json()
        facts = promise["metadata"]
        sent = requests.put(
            facts["url"],
            data=content,
            headers={"Content-Type": "application/octet-stream"},
            timeout=60,
        )
        sent.raise_for_status()
        result = {
            "name": name,
            "size": len(content),
            "created_time": "2026-01-02T03:04:05Z",
            "checksums": [{"type": "sha256", "checksum": hashlib.sha256(content).hexdigest()}],
            "access_methods": [{"access_id": f"{self.site.site_id}:{facts['object_id']}"}],
            **told,
        }
        report = {"done": True, "result": result, "metadata": {}}
        self.site.request("PATCH", f"/operations/{promise['id']}", report)
        return str(promise["id"]), str(facts["object_id"])

    def lose_bytes(self, object_id: str) -> None:
        """Take an object's bytes out of the bucket behind the hub's back."""
        variables = self.stack.variables
        bucket = boto3.resource(
            "s3",
            endpoint_url=variables["DO_ENDPOINT_URL"],
            aws_access_key_id=variables["DO_SPACES_KEY"],
            aws_secret_access_key=variables["DO_SPACES_SECRET"],
            region_name=variables["DO_REGION_NAME"],
        ).Bucket(variables["API_SITE_ID"])
        found = [each for each in bucket.objects.all() if each.key.endswith(object_id)]
        assert len(found) == 1, found
        found[0].delete()

    def job_of(self, object_id: str) -> Document | None:
        """Return the job about the object, as it is stored."""
        return self.stored["jobs"].find_one({"config.object_id": object_id})

    def operation_of(self, object_id: str) -> Document | None:
        """Return the operation of the claim on that job."""
        return self.stored["operations"].find_one({"metadata.job.config.object_id": object_id})

    def ended(self, object_id: str, *, within_s: float = LONG_S) -> Document:
        """Return the operation on the job about the object once it is done and the job is free."""

        def is_over() -> bool:
            operation = self.operation_of(object_id)
            return operation is not None and operation["done"] is True

        eventually(is_over, what=f"the operation on {object_id} ends", timeout_s=within_s)
        job, operation = self.job_of(object_id), self.operation_of(object_id)
        assert job is not None
        assert operation is not None
        assert [claim["done"] for claim in job["claims"]] == [True], job
        assert job["claims"][0]["op_id"] == operation["id"]
        return operation

    def status(self, run_id: str) -> str:
        """Return where a run stands."""
        return str(self.user.call("GET", f"/runs/{run_id}")["status"])

    def events(self, run_id: str) -> list[dict[str, Any]]:
        """Return what happened to a run, newest first."""
        found: list[dict[str, Any]] = self.user.call("GET", f"/runs/{run_id}/events")["resources"]
        return found

    def check_applied_once(self, study: dict[str, Any]) -> None:
        """Check that the study is there and was written once."""
        assert self.stored["study_set"].count_documents({"id": study["id"]}) == 1
        assert self.stored["txn_log"].count_documents({"tgt.id": study["id"]}) == 1

    def failed_looks(self, *, since: float) -> list[str]:
        """Return the errors of sensors that have failed since, in s since 1970."""
        url = f"{self.stack.variables['DAGIT_HOST']}/graphql"
        asked = {"query": FAILED_LOOKS, "variables": {"since": since}}
        answer = requests.post(url, json=asked, timeout=30).json()
        return [
            f"{sensor['name']}: {tick['error']['message']}"
            for sensor in answer["data"]["sensorsOrError"]["results"]
            for tick in sensor["sensorState"]["ticks"]
        ]

    @contextmanager
    def nobody_writes(self) -> Iterator[None]:
        """Hold the guard of all writes: runs come as far as to their first write, and wait."""
        stripes = [
            UpdateOne({"_id": stripe}, {"$inc": {"held": 1}}, upsert=True)
            for stripe in range(STRIPES)
        ]
        self.stored[GUARDS].bulk_write(stripes)  # from the first write on they are there
        with self.stored.client.start_session() as session:
            session.start_transaction()
            self.stored[GUARDS].bulk_write(stripes, session=session)
            yield

    def wait_until_it_writes(self, object_id: str) -> None:
        """Wait until a run is in the middle of applying the object."""

        def writes() -> bool:
            job = self.job_of(object_id)
            return job is not None and self.stored[WRITERS].find_one({"_id": job["id"]}) is not None

        eventually(writes, what=f"a run applies {object_id}", timeout_s=LONG_S)


@contextmanager
def desk_at(stack: LiveStack, folder: Path) -> Iterator[Desk]:
    """Yield a desk at this stack; files are sent from the folder."""
    variables = stack.variables
    site = RuntimeApiSiteClient(
        stack.url,
        variables["API_SITE_ID"],
        variables["API_SITE_CLIENT_ID"],
        variables["API_SITE_CLIENT_SECRET"],
    )
    dagster = DagsterClient(variables["DAGIT_HOST"], DagsterSettings())
    with (
        site,
        MongoClient[Document](
            variables["MONGO_HOST"],
            username=variables["MONGO_USERNAME"],
            password=variables["MONGO_PASSWORD"],
        ) as client,
    ):
        yield Desk(
            stack=stack,
            user=stack.hub(),
            site=site,
            stored=client[variables["MONGO_DBNAME"]],
            dagster=dagster,
            folder=folder,
        )
        dagster.close()
