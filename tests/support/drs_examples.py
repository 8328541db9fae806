"""What a DRS must be able to show: a blob, a bundle, a bundle within a bundle, a data object."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import requests
from pymongo.database import Database

from tests.support.object_records import a_blob, a_bundle

DATA_OBJECT = {
    "id": "nmdc:dobj-11-abc12345",
    "type": "nmdc:DataObject",
    "name": "reads.fastq.gz",
    "description": "filtered reads",
    "md5_checksum": "0123456789abcdef0123456789abcdef",
    "file_size_bytes": 12_345,
    "url": "https://data.microbiomedata.org/data/reads.fastq.gz",
}


@dataclass(frozen=True)
class DrsExamples:
    """The ids of one of each."""

    stored_blob: str
    linked_blob: str
    bundle: str
    nested_bundle: str
    data_object: str = str(DATA_OBJECT["id"])

    @property
    def blobs(self) -> tuple[str, ...]:
        """Those that hold bytes."""
        return self.stored_blob, self.linked_blob, self.data_object

    @property
    def bundles(self) -> tuple[str, ...]:
        """Those that hold others."""
        return self.bundle, self.nested_bundle


def token_of(url: str, client_id: str, client_secret: str) -> dict[str, str]:
    """Return headers of a site client of the hub at this URL."""
    form = {"grant_type": "client_credentials", "client_id": client_id}
    answer = requests.post(
        f"{url}/token", data={**form, "client_secret": client_secret}, timeout=30
    )
    answer.raise_for_status()
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def put_examples(
    url: str, headers: dict[str, str], database: Database[dict[str, Any]], *, site_id: str
) -> DrsExamples:
    """Upload and register one of each at the hub, as a site does; return their ids."""

    def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = requests.post(f"{url}{path}", json=body, headers=headers, timeout=30)
        answer.raise_for_status()
        made: dict[str, Any] = answer.json()
        return made

    content = b"bytes in the bucket"
    promised = post(f"/sites/{site_id}:putObject", {"mime_type": "text/plain"})["metadata"]
    requests.put(
        promised["url"], data=content, headers={"Content-Type": "text/plain"}, timeout=30
    ).raise_for_status()
    access = {"access_id": f"{site_id}:{promised['object_id']}", "type": "s3"}
    stored = post("/objects", a_blob(content, access_methods=[access], mime_type="text/plain"))
    link = {"access_url": {"url": "https://data.example/x", "headers": {"X-Y": "z"}}}
    linked = post(
        "/objects",
        a_blob(
            b"elsewhere",
            access_methods=[link],
            checksums=[{"type": "sha256", "checksum": sha256(b"elsewhere").hexdigest()}],
            description="a blob elsewhere",
            aliases=["one", "two"],
            version="1",
            updated_time="2026-02-03T04:05:06",
        ),
    )
    bundle = post(
        "/objects",
        a_bundle({"name": "a", "id": stored["id"]}, {"name": "b", "id": linked["id"]}),
    )
    nested = post(
        "/objects",
        a_bundle({"name": "inner", "id": bundle["id"]}, {"name": "blob", "id": stored["id"]}),
    )
    database["data_object_set"].insert_one(dict(DATA_OBJECT))
    return DrsExamples(stored["id"], linked["id"], bundle["id"], nested["id"])
