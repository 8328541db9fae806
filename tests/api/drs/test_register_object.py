"""``POST /objects``: what is an object, whose it is, and what it is called."""

from concurrent.futures import ThreadPoolExecutor
from hashlib import md5, sha256

import pytest

from tests.support.object_records import a_blob, a_bundle


def actions(database) -> list[tuple[str, list[str]]]:
    found = database["_runtime.audit"].find({"action": {"$regex": "object"}}).sort("id")
    return [(each["action"], each["targets"]) for each in found]


def test_a_registered_object_is_answered_with_all_fields_unset_ones_null(hub, register, database):
    made = register(a_blob(id="mine", self_uri="drs://x/y", types=["x"], description=None))

    assert made["id"].startswith("sys0")
    assert made["self_uri"] == f"drs://testserver/{made['id']}"
    assert made["created_time"] == "2026-01-02T03:04:05Z"
    assert made["contents"] is made["version"] is made["updated_time"] is made["aliases"] is None
    assert made["access_methods"][0]["type"] == "https"
    stored = database["objects"].find_one({"id": made["id"]}, {"_id": 0})
    assert stored["_mgr_site"] == "nmdc-runtime"
    assert "version" not in stored
    assert "types" not in stored
    assert actions(database) == [("register_object", [f"objects/{made['id']}"])]


def test_a_time_without_a_zone_is_taken_as_utc(hub, register):
    made = register(a_blob(created_time="2026-01-02T03:04:05.678901"))

    assert made["created_time"] == "2026-01-02T03:04:05.678901"
    read = hub.get(f"/objects/{made['id']}").json()
    assert read["created_time"] == "2026-01-02T03:04:05.678000"
    assert "version" not in read
    assert "_mgr_site" not in read


def test_only_sites_register_objects(hub, as_user):
    assert hub.post("/objects", json=a_blob()).status_code == 401
    assert hub.post("/objects", json=a_blob(), headers=as_user).status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": "5"},
        {"size": 5.0},
        {"size": -1},
        {"size": 2**63},
        {"checksums": []},
        {"checksums": [{"type": "crc32", "checksum": "00"}]},
        {"checksums": [{"type": "md5", "checksum": ""}]},
        {"access_methods": None},
        {"access_methods": [{}]},
        {"access_methods": [{"access_id": ""}]},
        {"access_methods": [{"access_url": {"url": "not a url"}}]},
        {"access_methods": [{"access_id": "x"}, {"access_id": "x"}]},
        {"access_methods": [{"access_id": "x", "type": "gopher"}]},
        {"access_methods": [{"access_url": {"url": "https://x", "headers": {"A\nB": "c"}}}]},
        {"contents": [{"name": "x"}]},
        {"contents": [{"name": "x y", "id": "a"}]},
        {"contents": [{"name": "x", "id": "a"}, {"name": "x", "id": "b"}]},
        {"contents": [{"name": "x", "id": "a:b"}]},
        {"name": "a b"},
        {"mime_type": "text"},
        {"created_time": None},
    ],
)
def test_what_is_no_object_is_refused_and_nothing_stored(hub, as_site, database, wrong):
    answer = hub.post("/objects", json=a_blob(**wrong), headers=as_site)

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][0] == "body"
    assert database["objects"].count_documents({}) == 0


def test_the_published_sentences_say_what_is_missing(hub, as_site):
    def message(**fields):
        answer = hub.post("/objects", json=a_blob(**fields), headers=as_site)
        return answer.json()["detail"][0]["msg"]

    assert "At least one of access_url and access_id must be provided." in message(
        access_methods=[{"type": "s3"}]
    )
    assert "no contents means no further nesting, so id required" in message(
        contents=[{"name": "x"}]
    )
    assert "no contents means single blob, which requires access_methods" in message(
        access_methods=None
    )


@pytest.mark.parametrize("depth", [25, 300])
def test_a_bundle_that_nests_too_deep_is_refused(hub, as_site, depth):
    member = {"name": "x", "id": "a"}
    for _ in range(depth):
        member = {"name": "x", "contents": [member]}

    answer = hub.post("/objects", json=a_bundle(member), headers=as_site)

    assert answer.status_code in {400, 422}


def test_the_same_checksum_twice_is_a_conflict_that_names_it(hub, register, as_site, database):
    held = register()

    answer = hub.post("/objects", json=a_blob(), headers=as_site)

    digest = sha256(b"bytes").hexdigest()
    pair = f"{{'checksums.type': 'sha256', 'checksums.checksum': '{digest}'}}"
    assert answer.status_code == 409
    assert answer.json()["detail"] == f"provided checksum matches existing object: {pair}"
    assert answer.json()["object_id"] == held["id"]
    assert database["objects"].count_documents({}) == 1


def test_a_digest_has_one_name_however_it_is_spelled(hub, register, as_site):
    digest = sha256(b"bytes").hexdigest()
    made = register(a_blob(checksums=[{"type": "sha-256", "checksum": digest}]))

    assert made["checksums"][0]["type"] == "sha256"
    assert hub.post("/objects", json=a_blob(), headers=as_site).status_code == 409


def test_of_the_same_object_registered_at_once_one_is_made(hub, as_site, as_other_site, database):
    def post(number: int) -> int:
        headers = as_site if number % 2 else as_other_site
        return hub.post("/objects", json=a_blob(), headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(post, range(8)))

    assert answers == [201] + [409] * 7
    assert database["objects"].count_documents({}) == 1


def test_a_bundle_of_known_members_gets_the_standards_size_and_checksum(register):
    first, second = register(a_blob(b"one")), register(a_blob(b"two!"))
    digests = sorted(each["checksums"][0]["checksum"] for each in (first, second))

    bundle = register(a_bundle({"name": "b", "id": second["id"]}, {"name": "a", "id": first["id"]}))

    assert bundle["size"] == 7
    assert bundle["checksums"] == [
        {"type": "sha256", "checksum": sha256("".join(digests).encode()).hexdigest()}
    ]


def test_a_bundle_within_a_bundle_counts_by_its_own_digest(register):
    one = register(a_blob(b"one"))
    inner = {"name": "inner", "contents": [{"name": "one", "id": one["id"]}]}

    bundle = register(a_bundle(inner))

    once = sha256(one["checksums"][0]["checksum"].encode()).hexdigest()
    assert bundle["checksums"][0]["checksum"] == sha256(once.encode()).hexdigest()
    assert bundle["size"] == 3


def test_a_bundle_with_an_unknown_member_is_believed(register):
    stated = [{"type": "md5", "checksum": md5(b"x").hexdigest()}]

    bundle = register(a_bundle({"name": "a", "id": "elsewhere"}, checksums=stated, size=12))

    assert (bundle["size"], bundle["checksums"]) == (12, stated)


def test_a_site_cannot_have_the_hub_hand_out_bytes_of_the_own_sites_bucket(
    hub, as_other_site, as_site, register
):
    stolen = a_blob(access_methods=[{"access_id": "nmdc-runtime:sys0secret"}])

    answer = hub.post("/objects", json=stolen, headers=as_other_site)

    assert answer.status_code == 422
    assert "nmdc-runtime" in answer.json()["detail"]
    mine = register(a_blob(), as_other_site)
    patched = hub.patch(
        f"/objects/{mine['id']}",
        json={"access_methods": [{"access_id": "nmdc-runtime:sys0secret"}]},
        headers=as_other_site,
    )
    assert patched.status_code == 422
    assert register(a_blob(b"own", access_methods=stolen["access_methods"]))["id"]


@pytest.mark.parametrize("access_id", ["nmdc-runtime:../../etc", "nmdc-runtime:no blade", "a:b:c"])
def test_an_access_id_that_is_no_id_of_ours_is_kept_and_leads_nowhere(hub, register, access_id):
    made = register(a_blob(access_methods=[{"access_id": access_id}]))

    answer = hub.get(f"/objects/{made['id']}/access/{access_id.replace('/', '%2F')}")

    assert answer.status_code == 404
