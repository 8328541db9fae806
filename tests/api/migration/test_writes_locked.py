"""While the data are being migrated, reading goes on and writes of metadata are asked to wait."""

from tests.support.generated import fill


def test_while_writes_are_locked_reading_goes_on_and_writes_are_asked_to_wait(
    hub, as_admin, database
):
    fill(database, 2)
    one = database["biosample_set"].find_one({}, {"_id": 0})
    services = hub.app.state.services
    update = {
        "update": "biosample_set",
        "updates": [{"q": {"id": one["id"]}, "u": {"$set": {"description": "new"}}}],
    }
    reason = "the data are being migrated to nmdc-schema 12.0.0"
    services.plans.guard.lock_writes(reason)

    refused = hub.post("/queries:run", json=update, headers=as_admin)
    read = hub.get(f"/nmdcschema/ids/{one['id']}")

    assert refused.status_code == 503
    assert reason in refused.json()["detail"]
    assert int(refused.headers["Retry-After"]) > 0
    assert read.json() == one

    services.plans.guard.unlock_writes()
    assert hub.post("/queries:run", json=update, headers=as_admin).status_code == 200
    assert database["biosample_set"].find_one({"id": one["id"]})["description"] == "new"
