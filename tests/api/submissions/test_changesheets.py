"""``/metadata/changesheets:validate`` and ``:submit``: reports, refusals, and what is applied."""

import jsonpatch
import pytest

from nmdc_runtime.clients.dagster import RunState
from nmdc_runtime.config.sections import HubSettings, MetadataSettings
from nmdc_runtime.kernel.errors import NmdcError
from tests.support.changesheets import HEADER
from tests.support.documents import a_study, biosamples
from tests.support.people import a_user, allow

STUDY = "nmdc:sty-11-abc123"
VALIDATE = "/metadata/changesheets:validate"
SUBMIT = "/metadata/changesheets:submit"


def sheet(*rows: str) -> bytes:
    return (HEADER + "".join(f"{row}\n" for row in rows)).encode()


def send(hub, path, content, *, headers=None, name="sheet.tsv", kind=None, **params):
    file = (name, content, kind) if kind else (name, content)
    return hub.post(path, files={"uploaded_file": file}, headers=headers or {}, params=params)


def do_the_run(hub, run):
    """Do what the run worker does."""
    services = hub.app.state.services
    ops = run.run_config["ops"]
    content = services.objects.content(ops["get_changesheet_in"]["config"]["object_id"])
    operation_id = ops["perform_changesheet_updates"]["config"]["operation_id"]
    result = services.submissions.apply_changesheet(
        operation_id, content, dagster_run_id=run.run_id
    )
    run.state = RunState.SUCCESS
    return operation_id, result


@pytest.fixture
def stored(database):
    """Store a study with three biosamples."""
    database["study_set"].insert_one(a_study(websites=["https://a.org"]))
    database["biosample_set"].insert_many(biosamples(3, study_id=STUDY))
    return {each["id"]: each for each in database["biosample_set"].find({}, {"_id": 0})}


def test_a_good_sheet_is_answered_with_what_it_would_do_and_nothing_is_changed(
    hub, database, stored
):
    (first, *_) = stored
    rows = [
        f"{STUDY}\tinsert items\twebsites\thttps://b.org|https://a.org",
        "\tupdate\ttitle\tT",
        f"{first}\tremove\tecosystem\t",
        "\tupdate\tdepth.has_numeric_value\t2",
        "\tupdate\tdepth.type\tnmdc:QuantityValue",
        "\tupdate\tdepth.has_unit\tm",
    ]

    answer = send(hub, VALIDATE, sheet(*rows))

    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert list(report) == ["update_cmd", "inspection_info", "results_of_updates"]
    assert list(report["update_cmd"]) == [first, STUDY]
    assert report["update_cmd"][STUDY] == {
        "update": "study_set",
        "updates": [
            {
                "q": {"id": STUDY},
                "u": {"$addToSet": {"websites": {"$each": ["https://b.org", "https://a.org"]}}},
            },
            {"q": {"id": STUDY}, "u": {"$set": {"title": "T"}}},
        ],
    }
    assert report["inspection_info"] == {
        "mdb_name": "nmdc_changesheet_submission_results",
        "results_of_copy": {"biosample_set": "1 docs inserted", "study_set": "1 docs inserted"},
    }
    for result in report["results_of_updates"]:
        assert result["validation_errors"] == []
        assert "_id" not in result["doc_before"]
        patched = jsonpatch.apply_patch(result["doc_before"], result["patch"])
        assert patched == result["doc_after"]
    biosample, study = report["results_of_updates"]
    assert study["update_info"] == {"n": 2, "nModified": 2, "ok": 1.0}
    assert study["patch"] == [
        {"op": "add", "path": "/websites/1", "value": "https://b.org"},
        {"op": "add", "path": "/title", "value": "T"},
    ]
    assert study["doc_after"]["websites"] == ["https://a.org", "https://b.org"]
    assert biosample["doc_before"] == stored[first]
    assert "ecosystem" not in biosample["doc_after"]
    assert biosample["doc_after"]["depth"]["has_numeric_value"] == 2.0
    assert database["study_set"].find_one({}, {"_id": 0})["websites"] == ["https://a.org"]


def test_what_cannot_be_read_or_done_is_400_with_every_cell(hub, database, stored):
    (first, *_) = stored
    rows = [
        f"{STUDY}\tupdate\tnonslot\tx",
        "\tfrobnicate\tname\tx",
        f"{first}\tupdate\tid\tnmdc:bsm-11-other",
        "\tupdate\tname\t",
        "nmdc:bsm-11-missing\tupdate\tname\tx",
        f"{STUDY}\tupdate\tname\tx\ty\tz",
    ]

    answer = send(hub, VALIDATE, sheet(*rows))

    assert answer.status_code == 400
    problem = answer.json()
    assert problem["detail"] == "slot 'nonslot' not found for 'Study'"
    places = [(each["line"], each["column"], each["text"]) for each in problem["problems"]]
    assert places == [
        (2, "attribute", "nonslot"),
        (3, "action", "frobnicate"),
        (4, "attribute", "id"),
        (5, "value", ""),
        (6, "id", "nmdc:bsm-11-missing"),
        (7, "", "y"),
    ]
    assert all(each["problem"] for each in problem["problems"])
    assert (problem["total"], problem["truncated"]) == (6, False)
    for content in (b"\xff\xfe\x00", b"", HEADER.encode()[:-6], b"\x00"):
        refused = send(hub, VALIDATE, content)
        assert refused.status_code == 400, content
        assert refused.json()["problems"][0]["line"] == 1
    assert send(hub, VALIDATE, sheet(), kind="text/plain", name="a.txt").status_code == 400
    assert send(hub, VALIDATE, sheet(), kind="text/csv", name="a.tsv").status_code == 200
    assert send(hub, VALIDATE, b"id,action,attribute,value\n", name="a.csv").status_code == 200
    assert hub.post(VALIDATE).status_code == 422
    assert hub.post(VALIDATE, data={"uploaded_file": "no file"}).status_code == 422
    assert hub.post(VALIDATE, files={"other": ("a.tsv", b"")}).status_code == 422
    many = sheet(*(f"{STUDY}\tupdate\tslot{number}\tx" for number in range(1500)))
    told = send(hub, VALIDATE, many).json()
    assert (len(told["problems"]), told["total"], told["truncated"]) == (1000, 1500, True)


def test_what_documents_would_violate_is_422_in_the_published_shape_with_lines(
    hub, database, stored
):
    first, second, third = stored
    database["study_set"].insert_one(a_study("other"))
    rows = [
        f"{first}\tupdate\tph\tabc",
        "\tremove\tenv_medium\t",
        f"{STUDY}\tinsert\tname\tx",
        f"{second}\tupdate\tassociated_studies\tnmdc:sty-11-missing",
    ]

    answer = send(hub, VALIDATE, sheet(*rows))

    assert answer.status_code == 422
    detail = answer.json()["detail"]
    assert set(detail) == {"update_cmd", "validation_errors"}
    assert detail["update_cmd"][first]["updates"][0]["u"] == {"$set": {"ph": "abc"}}
    messages, (write_error,) = detail["validation_errors"]
    assert messages == [
        "'abc' is not of type 'number', 'null' in /biosample_set/0/ph",
        "'env_medium' is a required property in /biosample_set/0",
    ]
    assert (write_error["index"], write_error["code"]) == (0, 14)
    assert [(each["line"], each["text"]) for each in answer.json()["problems"]][:1] == [(2, "abc")]

    # What needs the database is looked up when the documents are right by themselves.
    taken = stored[third]["name"]
    rows = [
        f"{second}\tupdate\tassociated_studies\tnmdc:sty-11-missing",
        f"{first}\tupdate\tname\t{taken}",
    ]
    answer = send(hub, VALIDATE, sheet(*rows))
    assert answer.status_code == 422
    (names,), (references,) = answer.json()["detail"]["validation_errors"]
    assert "already a biosample having name" in names
    assert "'associated_studies' that references" in references
    lines = {each["line"] for each in answer.json()["problems"]}
    assert lines == {2, 3}

    # Names may change places, and what was broken before is nobody's fault now.
    database["biosample_set"].update_one(
        {"id": first}, {"$set": {"collected_from": "nmdc:frsite-11-gone"}}
    )
    rows = [
        f"{first}\tupdate\tname\t{taken}",
        f"{third}\tupdate\tname\t{stored[first]['name']}",
    ]
    assert send(hub, VALIDATE, sheet(*rows)).status_code == 200
    same = [f"{first}\tupdate\tname\ttwice", f"{second}\tupdate\tname\ttwice"]
    assert send(hub, VALIDATE, sheet(*same)).status_code == 422


@pytest.mark.parametrize(
    "settings_change",
    [
        {"metadata": MetadataSettings(most_changesheet_rows=2)},
        {"hub": HubSettings(housekeeping=False, analytics=False, max_body_bytes=300)},
    ],
    ids=["rows", "bytes"],
)
def test_a_sheet_beyond_the_limits_is_413(
    running_hub, settings, database, orchestrator, settings_change
):
    limited = settings.model_copy(update=settings_change)
    hub = running_hub.client(limited, database, orchestrator)

    answer = send(hub, VALIDATE, sheet(*[f"{STUDY}\tupdate\tname\tx"] * 9))

    assert answer.status_code == 413


def test_a_submitted_sheet_is_kept_and_applied_to_the_documents_as_they_are_then(
    hub, as_admin, database, stored, orchestrator
):
    content = sheet(f"{STUDY}\tinsert\twebsites\thttps://b.org", "\tupdate\ttitle\tT")

    dry = send(hub, SUBMIT, content, headers=as_admin, dry_run=True)
    assert dry.status_code == 200
    assert dry.json() == send(hub, VALIDATE, content).json()
    assert (orchestrator.runs, database["objects"].count_documents({})) == ([], 0)

    kept = send(hub, SUBMIT, content, headers=as_admin, name="my sheet/1.tsv")
    assert kept.status_code == 200, kept.text
    assert kept.json()["types"] == ["metadata-changesheet"]
    assert kept.json()["name"] == "my_sheet_1.tsv"
    assert kept.json()["description"].startswith("changesheet (created by/for admin at ")
    again = send(hub, SUBMIT, content, headers=as_admin, name="my sheet/1.tsv")
    assert again.json()["id"] == kept.json()["id"]
    (run,) = orchestrator.runs
    assert run.job_name == "apply_changesheet"

    # Somebody edits the study between submission and application: nothing of that is lost.
    database["study_set"].update_one(
        {"id": STUDY}, {"$push": {"websites": "https://c.org"}, "$set": {"description": "D"}}
    )
    operation_id, result = do_the_run(hub, run)

    study = hub.get(f"/nmdcschema/study_set/{STUDY}").json()
    assert study["websites"] == ["https://a.org", "https://c.org", "https://b.org"]
    assert (study["title"], study["description"]) == ("T", "D")
    assert study["provenance_metadata"]["mod_date"].endswith("Z")
    operation = hub.get(f"/operations/{operation_id}").json()
    assert operation["done"] is True
    assert operation["result"] == result
    assert STUDY in result["update_cmd"]
    assert do_the_run(hub, run)[1] == result
    assert hub.get(f"/nmdcschema/study_set/{STUDY}").json() == study
    logged = database["txn_log"].find({"tgt.id": STUDY}, {"_id": 0, "op_id": 1})
    assert list(logged) == [{"op_id": operation_id}]


def test_a_sheet_that_no_longer_fits_changes_nothing_and_its_operation_says_why(
    hub, as_admin, database, stored, orchestrator
):
    first, second, _ = stored
    rows = [f"{first}\tupdate\tname\tnew name", f"{second}\tupdate\tdescription\tD"]
    send(hub, SUBMIT, sheet(*rows), headers=as_admin).raise_for_status()
    taken = biosamples(4, study_id=STUDY)[3] | {"name": "new name"}
    database["biosample_set"].insert_one(taken)
    (run,) = orchestrator.runs

    with pytest.raises(NmdcError, match="not valid"):
        do_the_run(hub, run)

    assert hub.get(f"/nmdcschema/biosample_set/{second}").json() == stored[second]
    operation_id = run.run_config["ops"]["perform_changesheet_updates"]["config"]["operation_id"]
    operation = hub.get(f"/operations/{operation_id}").json()
    assert operation["done"] is True
    assert "already a biosample having name" in str(operation["result"])


def test_submitting_needs_the_permission_and_a_good_sheet(
    hub, as_admin, database, stored, orchestrator
):
    ann = a_user(hub, as_admin, "ann")
    good = sheet(f"{STUDY}\tupdate\ttitle\tT")

    assert send(hub, SUBMIT, good).status_code == 401
    refused = send(hub, SUBMIT, good, headers=ann)
    assert refused.status_code == 403
    assert refused.json()["detail"] == (
        "Only specific users are allowed to apply changesheets at this time."
    )
    assert send(hub, SUBMIT, good, headers=ann, dry_run=True).status_code == 403
    allow(hub, as_admin, "ann", "/metadata/changesheets:submit")
    assert send(hub, SUBMIT, sheet("x"), headers=ann).status_code == 400
    invalid = sheet(f"{STUDY}\tremove\tstudy_category\t")
    assert send(hub, SUBMIT, invalid, headers=ann).status_code == 422
    assert hub.post(SUBMIT, headers=ann).status_code == 422
    assert (orchestrator.runs, database["objects"].count_documents({})) == ([], 0)
    assert send(hub, SUBMIT, good, headers=ann).status_code == 200
