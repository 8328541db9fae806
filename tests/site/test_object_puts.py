"""Uploads that a site reports by ending their operation, and promises whose time is over."""

from datetime import datetime, timedelta
from typing import Any

import dagster as dg
from pymongo.database import Database

from nmdc_runtime.jobs.models import OperationPatch
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.objects.models import DrsObjectIn, StoredFile, Upload
from nmdc_runtime.operations.models import JOB_CLAIM_MODEL, OBJECT_PUT_MODEL, Operation
from nmdc_runtime.site import object_puts
from nmdc_runtime.site.definitions import repository_of
from nmdc_runtime.site.presets import preset_dev
from nmdc_runtime.wiring import Services
from tests.support.object_records import a_blob

OWN = "nmdc-runtime"


def promise(services: Services, name: str) -> str:
    """Promise an object as the hub does; return the operation's id."""
    now = services.clock()
    operation = Operation(
        id=f"nmdc:sys0op{name}",
        expire_time=now + timedelta(days=30),
        metadata={"model": OBJECT_PUT_MODEL, "object_id": f"sys0{name}", "site_id": OWN},
    )
    upload = Upload(
        object_id=f"sys0{name}",
        place="site",
        started_at=now,
        site_id=OWN,
        operation_id=operation.id,
    )

    def store(tx: Any) -> None:
        services.objects.objects.note_upload(upload, tx=tx)
        services.operations.operations.add(operation, tx=tx)

    services.transactions.run(store)
    return operation.id


def report(services: Services, name: str, result: Any) -> str:
    operation_id = promise(services, name)
    patch = OperationPatch(done=True, result=result)
    services.reports.report(operation_id, patch, site_id=OWN)
    return operation_id


def uploaded(name: str, content: bytes) -> dict[str, Any]:
    return a_blob(content, access_methods=[{"access_id": f"{OWN}:sys0{name}"}])


def run(name: str) -> dg.ExecuteInProcessResult:
    return repository_of("repo", preset_dev).get_job(name).execute_in_process()


def test_each_reported_upload_is_registered_once_and_a_bad_one_stops_no_other(
    services: Services, database: Database[Document], deployed: None
) -> None:
    promise(services, "open")
    kept = services.objects.keep(
        "gfs0kept", StoredFile("x", "text/plain", b"kept"), description="", username="admin"
    )
    bad = report(services, "bad", {**uploaded("bad", b"bad"), "size": "large"})
    nothing = report(services, "nothing", None)
    known = report(services, "known", uploaded("known", b"kept"))
    good = report(services, "good", uploaded("good", b"good"))
    asked = object_puts.look(services, None)

    done = run("create_objects_from_site_object_puts")

    assert done.output_for_node("create_objects_from_ops") is not None
    facts = {id_: services.operations.get(id_).facts for id_ in (bad, nothing, known, good)}
    assert facts[good]["registered_object_id"] == "sys0good"
    assert facts[known]["registered_object_id"] == kept.id
    assert "registered_object_id" not in facts[bad]
    assert "size" in facts[bad]["registration_error"]
    assert "no object" in facts[nothing]["registration_error"]
    stored = services.objects.get("sys0good")
    assert stored["self_uri"].endswith("/sys0good")
    assert database["_runtime.uploads"].find_one({"_id": "sys0good"}) is None
    assert len(asked.run_requests or []) == 1
    assert not object_puts.look(services, asked.cursor).run_requests
    assert services.drs.promised.settle(good) == "sys0good"
    assert database["objects"].count_documents({}) == 2
    told = done.asset_materializations_for_node("create_objects_from_ops")
    assert {each.asset_key.path[1]: each.metadata["object_id"].value for each in told} == {
        "file.txt": "sys0good",
        "x": kept.id,
    }


def test_an_upload_that_was_registered_as_it_should_be_is_left_as_it_is(
    services: Services, database: Database[Document], deployed: None
) -> None:
    operation_id = report(services, "good", uploaded("good", b"good"))
    run("create_objects_from_site_object_puts")
    before = list(database["objects"].find())
    again = {"$unset": {"metadata.settled_at": "", "metadata.registered_object_id": ""}}
    database["operations"].update_one({"id": operation_id}, again)

    run("create_objects_from_site_object_puts")

    assert list(database["objects"].find()) == before
    facts = services.operations.get(operation_id).facts
    assert facts["registered_object_id"] == "sys0good"


def test_an_upload_that_its_site_registers_itself_is_no_work_for_the_sensor(
    services: Services,
) -> None:
    operation_id = promise(services, "good")

    record = DrsObjectIn.model_validate(uploaded("good", b"good"))
    assert services.drs.register(record, site_id=OWN).id == "sys0good"

    facts = services.operations.get(operation_id).facts
    assert facts["registered_object_id"] == "sys0good"
    assert not object_puts.look(services, None).run_requests


def test_the_same_uploads_are_asked_for_once_and_under_a_new_key_if_nothing_came_of_it(
    services: Services,
) -> None:
    report(services, "good", uploaded("good", b"good"))
    now = services.clock()
    ids = ["a", "b"]

    first, asked = object_puts.request_for(ids, None, now=now)
    second, _ = object_puts.request_for(ids, asked, now=now + timedelta(seconds=15))
    third, _ = object_puts.request_for(ids, asked, now=now + timedelta(hours=1))

    assert first.run_key == second.run_key != third.run_key
    assert object_puts.asked_by("nonsense") is None


def an_operation(id_: str, expire_time: datetime, **fields: Any) -> Document:
    facts = {"model": JOB_CLAIM_MODEL, "site_id": "lanl", "job": {"id": "nmdc:sys0job"}}
    return {"id": id_, "done": False, "expire_time": expire_time, "metadata": facts, **fields}


def test_housekeeping_closes_what_is_over_archives_what_is_old_and_deletes_nothing(
    services: Services, database: Database[Document], deployed: None
) -> None:
    now = services.clock()
    long_ago, lately, later = (
        now - timedelta(days=400),
        now - timedelta(days=1),
        now + timedelta(days=1),
    )
    expired = {"done": True, "result": {"code": "EXPIRED", "message": "x"}}
    database["operations"].insert_many(
        [
            an_operation("over", lately),
            an_operation("open", later),
            an_operation("without a promise", lately, metadata=None),
            an_operation("old and expired", long_ago, **expired),
            an_operation("lately expired", lately, **expired),
            an_operation("old and kept", long_ago, done=True, result={"ok": True}),
        ]
    )

    done = run("housekeeping")
    again = run("housekeeping")

    assert done.output_for_node("delete_operations") == 2
    assert again.output_for_node("delete_operations") == 0
    left = {each["id"]: each["done"] for each in database["operations"].find()}
    assert left == {
        "over": True,
        "open": False,
        "without a promise": False,
        "lately expired": True,
        "old and kept": True,
    }
    assert services.operations.get("over").result["code"] == "EXPIRED"  # type: ignore[index]
    (archived,) = database["_runtime.archived_operations"].find()
    assert archived["id"] == "old and expired"
    assert archived["result"]["code"] == "EXPIRED"
