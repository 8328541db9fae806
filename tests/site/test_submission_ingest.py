"""The portal's jobs, from a portal that answers over HTTP to documents in the database."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pytest
import yaml
from pymongo.database import Database

from nmdc_runtime.clients.peers import PeerUnavailable
from nmdc_runtime.clients.portal import NmdcPortalClient
from nmdc_runtime.config import Environment, Settings
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE
from nmdc_runtime.site.portal_submissions import (
    PortalTranslation,
    asked_at,
    fetch_nmdc_portal_submission_by_id,
)
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.report import TranslationReport
from nmdc_runtime.wiring import Services
from tests.site.portal_jobs import (
    DRY_RUN,
    INGEST,
    INPUTS,
    STEP,
    config,
    finalized,
    job,
    put,
    run,
    working_portal,
)
from tests.support.ingesting import failure, rows, shown
from tests.support.peer_server import Answer, PeerServer, peer_server
from tests.support.portal import DATA, canonical, golden, soil, submission

PNG = b"\x89PNG\r\n\x1a\n and so on"


def without_provenance(database: Any) -> Any:
    return {
        name: [{k: v for k, v in each.items() if k != "provenance_metadata"} for each in held]
        for name, held in database.items()
    }


@pytest.fixture
def portal(
    deployed: None,
    services: Services,
    settings: Settings,
    database: Database[Document],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[PeerServer]:
    with working_portal(settings, database, monkeypatch) as served:
        yield served


def as_csv(records: list[dict[str, Any]]) -> bytes:
    names = list(dict.fromkeys(name for record in records for name in record))
    text = io.StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().encode()


@pytest.mark.parametrize("case", ["isolate_soil_jgi", "nucleotide_sequencing_mapping"])
def test_a_dry_run_stores_the_recorded_documents_and_its_report_and_mints_nothing(
    case: str, portal: PeerServer, services: Services, database: Database[Document]
) -> None:
    given = golden(case, "input")
    submission_id = put(portal, given.pop("metadata_submission"))
    run_config = config(DRY_RUN, submission_id, compat=True)
    for name, records in given.items():
        portal.answers[f"GET /{name}.csv"] = Answer(body=as_csv(records))
        inputs = run_config["ops"][INPUTS]["inputs"]
        inputs[f"{name}_file_url"] = f"{portal.url}/{name}.csv"

    result = job(DRY_RUN).execute_in_process(run_config)

    (path,) = result.output_for_node("export_json_to_drs")
    stored = services.objects.content(path.removeprefix("/objects/"))
    assert stored.name == f"database_from_{submission_id}.json"
    assert canonical(without_provenance(json.loads(stored.content))) == canonical(
        without_provenance(golden(case, "expected"))
    )
    assert database["minter.id_records"].count_documents({}) == 0
    told = shown(result, STEP)
    assert told["new_ids_are"].value == "placeholders"
    report = json.loads(services.objects.content(str(told["report_object_id"].value)).content)
    assert report["source"] == "submission-portal"
    assert portal.requests()[:2] == [
        "POST /auth/refresh",
        f"GET /api/metadata_submission/{submission_id}",
    ]


def test_the_published_smoke_case_runs(portal: PeerServer, services: Services) -> None:
    case = yaml.safe_load((DATA / "graph_smoke_case.yaml").read_bytes())
    for exchange in case["exchanges"]:
        portal.put(f"{exchange['method']} {exchange['path']}", exchange["response"])
    run_config = case["run_config"]
    client = run_config["resources"]["nmdc_portal_api_client"]["config"]
    client["base_url"] = portal.url

    assert job(DRY_RUN).execute_in_process(run_config).success


def test_an_ingest_writes_then_finalizes_then_adds_copies_of_the_pictures(
    portal: PeerServer, services: Services, database: Database[Document]
) -> None:
    envelope = golden("isolate_soil", "input")["metadata_submission"]
    # People write ids in capitals too; portals know what they mean.
    asked_as = str(envelope["id"]).upper()
    submission_id = put(
        portal,
        envelope,
        asked_as=asked_as,
        pi_image_url=f"{portal.url}/pi",
        primary_study_image_url=f"{portal.url}/site.png",
        study_image_urls=[f"{portal.url}/page", f"{portal.url}/lost.png", "http://[no", None],
    )
    for path in ("/pi", "/site.png"):
        portal.answers[f"GET {path}"] = Answer(body=PNG + path.encode(), content_type="image/png")
    portal.answers["GET /page"] = Answer(body=b"<html></html>", content_type="text/html")
    # Told to others before all is written, an id would mislead them: no study, no telling.
    portal.faults[f"POST /api/metadata_submission/{submission_id}/finalize"] = [
        Answer(status=404, body=b"not just now")
    ]

    broken_off = run(INGEST, submission_id)

    step, reason = failure(broken_off)
    assert (step, "with status 404: not just now" in reason) == ("add_public_image_urls", True)
    (study,) = database["study_set"].find()
    assert finalized(portal) == [study["id"]]
    assert "study_image" not in study
    minted = database["minter.id_records"].count_documents({})

    done = run(INGEST, submission_id)

    assert done.success
    assert finalized(portal) == [study["id"], study["id"]]
    assert done.output_for_node(STEP) == {}
    (study,) = database["study_set"].find()
    own = f"{Settings().api_host_external}/metadata/stored_files/"
    pi_image = study["principal_investigator"]["profile_image_url"]
    first, *others = study["study_image"]
    assert pi_image.startswith(own)
    assert first["url"].startswith(own)
    assert first["display_order"] == 0
    kept = services.objects.content(first["url"].removeprefix(own))
    assert (kept.content, kept.name, kept.content_type) == (
        PNG + b"/site.png",
        "site.png",
        "image/png",
    )
    assert services.objects.content(pi_image.removeprefix(own)).name == "pi.png"
    assert [(each["url"], each["display_order"]) for each in others] == [
        (f"{portal.url}/page", 1),
        (f"{portal.url}/lost.png", 2),
        ("http://[no", 3),
    ]
    recorded = {name: len(held) for name, held in golden("isolate_soil", "expected").items()}
    assert {name: database[name].count_documents({}) for name in recorded} == recorded

    # As the portal tells it afterwards.
    put(
        portal,
        envelope | {"nmdc_study_id": study["id"]},
        asked_as=asked_as,
        pi_image_url=f"{portal.url}/pi",
        primary_study_image_url=f"{portal.url}/site.png",
        study_image_urls=[each["url"] for each in others],
    )
    again = run(INGEST, submission_id)
    assert again.success
    assert again.output_for_node("add_public_image_urls") == {}
    assert list(database["study_set"].find()) == [study]
    assert {name: database[name].count_documents({}) for name in recorded} == recorded
    assert database["minter.id_records"].count_documents({}) == minted


def test_a_hub_that_refuses_leaves_the_portal_untold(
    portal: PeerServer,
    services: Services,
    database: Database[Document],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    submission_id = put(portal, submission(soil_data=[soil("a")]))
    monkeypatch.setenv("API_ADMIN_PASS", "wrong")

    refused = run(INGEST, submission_id)
    rehearsed = run(DRY_RUN, submission_id)

    for step, done in (("submit_metadata_to_db", refused), ("validate_metadata", rehearsed)):
        assert failure(done)[0] == step
        assert "the hub refuses with status 401" in failure(done)[1]
    assert finalized(portal) == []
    # Who has to mend the submission sees all of it.
    (path,) = rehearsed.output_for_node("export_json_to_drs")
    stored = json.loads(services.objects.content(path.removeprefix("/objects/")).content)
    assert [each["name"] for each in stored["biosample_set"]] == ["a"]
    assert database["study_set"].count_documents({}) == 0


def test_samples_may_join_a_study_that_is_there_which_is_told_to_the_portal_and_gets_no_pictures(
    portal: PeerServer, services: Services, database: Database[Document]
) -> None:
    envelope = submission(soil_data=[soil("a", temp="warm"), soil("b")])
    submission_id = put(portal, envelope, pi_image_url=f"{portal.url}/pi")
    study_id = "nmdc:sty-11-there000"
    joining = {"study_id": f" {study_id} "}
    unknown = run(INGEST, submission_id, inputs=joining)
    assert failure(unknown) == (INPUTS, f"no study has the id {study_id!r}")
    study = {"id": study_id, "type": "nmdc:Study", "study_category": "research_study"}
    database["study_set"].insert_one(dict(study))
    extras = "samp_name,ph\na,7\nb,6,what?\n"
    portal.answers["GET /extras.csv"] = Answer(body=extras.encode())
    joining["biosample_extras_file_url"] = f"{portal.url}/extras.csv"

    done = run(INGEST, submission_id, inputs=joining)

    assert done.success
    assert finalized(portal) == [study_id]
    assert database["study_set"].find_one({}, {"_id": 0}) == study
    written = list(database["biosample_set"].find().sort("name"))
    assert [(each["name"], each["ph"]) for each in written] == [("a", 7), ("b", 6)]
    assert {tuple(each["associated_studies"]) for each in written} == {(study_id,)}
    # The bad cell and the bad row are in the report, and the samples are there without them.
    assert "temp" not in written[0]
    told = rows(shown(done, STEP), "problems")
    assert ("soil_data", 1, "temp", "warm") in {
        (row["table"], row["row"], row["column"], row["value"]) for row in told
    }
    assert (f"{portal.url}/extras.csv", "bad_row", 2) in {
        (row["table"], row["code"], row["row"]) for row in told
    }

    # What the portal knows it is not told again, and what it knows counts.
    put(portal, envelope | {"nmdc_study_id": study_id})
    assert run(INGEST, submission_id, inputs=joining).success
    assert run(INGEST, submission_id).success
    assert finalized(portal) == [study_id]
    assert database["study_set"].count_documents({}) == 1
    assert database["biosample_set"].count_documents({}) == 2


def test_what_speaks_against_a_submission_fails_the_run_at_once_with_a_report(
    portal: PeerServer, services: Services, database: Database[Document]
) -> None:
    envelope = submission(soil_data=[soil("a")]) | {"status": "InProgress"}
    submission_id = put(portal, envelope)

    for chosen, said in (
        ({"statuses": ["Approved"]}, "the submission's status is 'InProgress', not Approved"),
        ({"on_error": "maybe"}, "on_error is fail or skip, not 'maybe'"),
    ):
        step, reason = failure(run(INGEST, submission_id, **chosen))
        assert step == STEP
        assert said in reason
    assert failure(run(INGEST, " "))[1].startswith("submission_id is empty")
    put(portal, envelope | {"nmdc_study_id": "nmdc:sty-11-elsewhere"})
    step, reason = failure(run(INGEST, submission_id))
    assert step == STEP
    assert "is the study nmdc:sty-11-elsewhere, which is not in NMDC" in reason
    assert database["minter.id_records"].count_documents({}) == 0


def test_a_submission_for_testing_the_portal_stays_out_of_production(services: Services) -> None:
    settings = services.settings.model_copy(update={"environment": Environment.PROD})
    for_good = replace(services, settings=settings)
    envelope = {"is_test_submission": True, "metadata_submission": {"studyForm": {"piName": "A"}}}
    cases: list[tuple[Services, bool, set[str]]] = [
        (services, False, set()),
        (for_good, False, {"test_submission"}),
        (for_good, True, set()),
    ]
    for held, allow_test, codes in cases:
        report = TranslationReport("any")
        choices = PortalTranslation(allow_test=allow_test)
        choices.checking(held, envelope, Problems())(report)
        assert set(report.problems.by_code) == codes


@pytest.mark.parametrize(
    ("request_", "answer", "said"),
    [
        ("POST /auth/refresh", Answer(status=401, body=b"old token"), "status 401: old token"),
        ("GET", Answer(status=404, body=b"no such"), "status 404: no such"),
        ("GET", Answer(body=b"<html>", content_type="text/html"), "it is not JSON"),
        ("GET", Answer(body=b"[]"), "it is no object"),
    ],
    ids=["unauthorized", "not found", "a page for people", "something else"],
)
def test_an_answer_that_will_not_change_fails_at_once_by_name(
    request_: str, answer: Answer, said: str
) -> None:
    with peer_server() as portal:
        portal.put("POST /auth/refresh", {"access_token": "abc", "expires_in": 86400})
        path = request_ if request_ != "GET" else "GET /api/metadata_submission/sub1"
        portal.answers[path] = answer
        with NmdcPortalClient(portal.url, "refresh", max_retries=0) as client:
            context = dg.build_op_context(resources={"nmdc_portal_api_client": client})
            with pytest.raises(dg.Failure) as failed:
                fetch_nmdc_portal_submission_by_id(context, submission_id="sub1")

    assert said in str(failed.value.description)
    assert "the submission portal" in str(failed.value.description)
    assert failed.value.allow_retries is False


@pytest.mark.parametrize(
    "fault",
    [
        Answer(status=429, headers={"Retry-After": "0"}),
        Answer(status=500),
        Answer(body=b'{"id": "su', length=400),
    ],
    ids=["too many", "broken", "half a body"],
)
def test_an_answer_that_may_change_is_asked_for_again(fault: Answer) -> None:
    with peer_server() as portal:
        portal.put("POST /auth/refresh", {"access_token": "abc", "expires_in": 86400})
        portal.put("GET /api/metadata_submission/sub1", {"status": None})
        portal.faults["GET /api/metadata_submission/sub1"] = [fault]
        with NmdcPortalClient(portal.url, "refresh", max_retries=0) as client:
            context = dg.build_op_context(resources={"nmdc_portal_api_client": client})
            # Left to the policy of the op, which tries again later.
            with pytest.raises(PeerUnavailable, match="the submission portal is not available"):
                fetch_nmdc_portal_submission_by_id(context, submission_id="sub1")
            found = fetch_nmdc_portal_submission_by_id(context, submission_id="sub1")
    # What is made of a submission is known by its id, whether or not the portal repeats it.
    assert found == {"id": "sub1", "status": None}
    assert fetch_nmdc_portal_submission_by_id.retry_policy is RETRY_UNAVAILABLE
    assert fetch_nmdc_portal_submission_by_id.pool == "submission_portal"


def test_the_published_config_names_all_inputs() -> None:
    for name in (DRY_RUN, INGEST):
        ops = (job(name).run_config or {})["ops"]
        assert ops[INPUTS]["inputs"] == {
            "submission_id": "",
            "nucleotide_sequencing_mapping_file_url": None,
            "data_object_mapping_file_url": None,
            "biosample_extras_file_url": None,
            "biosample_extras_slot_mapping_file_url": None,
            "study_id": None,
        }
        inputs = {"study_category": "research_study", "study_pi_image_url": None}
        assert ops[STEP]["inputs"] == inputs
        assert ("export_json_to_drs" in ops) is (name == DRY_RUN)


def test_a_run_in_the_place_of_one_that_died_makes_the_same_bytes() -> None:
    def clock() -> datetime:
        return datetime(2026, 1, 2, tzinfo=UTC)

    @dg.job
    def any_job() -> None:
        """Do nothing."""

    def created(tags: dict[str, str], parent: dg.DagsterRun | None) -> dg.DagsterRun:
        parent_id = parent and parent.run_id
        return instance.create_run_for_job(
            any_job, parent_run_id=parent_id, root_run_id=parent_id, tags=tags
        )

    def asked(run: dg.DagsterRun) -> datetime:
        return asked_at(run, instance, clock=clock)

    with dg.DagsterInstance.ephemeral() as instance:
        first = created({}, None)
        second = created({"dagster/retry_number": "1"}, first)
        third = created({"dagster/retry_number": "2"}, second)
        by_a_person = created({}, first)

        assert asked(first) == asked(second) == asked(third) < asked(by_a_person)
        assert asked(first).tzinfo is not None
        instance.delete_run(first.run_id)
        assert asked(first) == clock()
