"""The exported database, as a DRS client finds it: a bundle, its blobs, their bytes."""

import gzip
from hashlib import sha256

import orjson
import requests

from tests.support.documents import a_study

DRS = "/ga4gh/drs/v1/objects"


def test_a_drs_client_gets_from_the_bundle_to_the_documents(hub, database):
    database["study_set"].insert_one(a_study())
    exports = hub.app.state.services.nmdcdb_exports
    made = exports.bundle([exports.export(each) for each in exports.list_collections()])

    bundle = hub.get(f"{DRS}/{made.object_id}").json()

    assert bundle["name"].endswith("-nmdcdb-mongoexport")
    assert [each["name"] for each in bundle["contents"]] == [
        "study_set.jsonl.gz",
        "study_set.parquet",
    ]
    digests, size = [], 0
    for member in bundle["contents"]:
        blob = hub.get(f"{DRS}/{member['id']}").json()
        (checksum,) = blob["checksums"]
        (method,) = blob["access_methods"]
        access = hub.get(f"{DRS}/{member['id']}/access/{method['access_id']}").json()
        fetched = requests.get(access["url"], timeout=30)
        assert fetched.status_code == 200
        assert checksum == {"type": "sha-256", "checksum": sha256(fetched.content).hexdigest()}
        assert blob["size"] == len(fetched.content)
        digests.append(checksum["checksum"])
        size += blob["size"]
        if member["name"].endswith(".jsonl.gz"):
            document = orjson.loads(gzip.decompress(fetched.content))
            assert document == a_study()
            assert "/nmdcdb-mongoexport/" in access["url"]
    assert bundle["size"] == size
    assert (
        bundle["checksums"][0]["checksum"] == sha256("".join(sorted(digests)).encode()).hexdigest()
    )
    expanded = hub.get(f"{DRS}/{made.object_id}", params={"expand": "true"})
    assert expanded.status_code == 200


def test_nobody_changes_what_is_said_of_an_exports_bytes(hub, database, as_site):
    database["study_set"].insert_one(a_study())
    exports = hub.app.state.services.nmdcdb_exports
    (exported,) = [exports.export(each) for each in exports.list_collections()]
    blob = exported.files[0].object_id

    answer = hub.patch(f"/objects/{blob}", json={"size": 1}, headers=as_site)

    assert answer.status_code == 422
    assert database["objects"].find_one({"id": blob})["size"] == exported.files[0].size_bytes
