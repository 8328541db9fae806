"""``/wf_file_staging/globus_tasks``, ``jgi_samples`` and ``jgi_sequencing_projects``."""

from urllib.parse import quote

import pytest

TASKS = "/wf_file_staging/globus_tasks"
SAMPLES = "/wf_file_staging/jgi_samples"
PROJECTS = "/wf_file_staging/jgi_sequencing_projects"


def a_task(number: int = 1, status: str = "ACTIVE") -> dict[str, str]:
    return {"task_id": f"task-{number}", "task_status": status}


def a_sample(number: int = 1, **fields: object) -> dict[str, object]:
    return {
        "jdp_file_id": f"file-{number}",
        "ap_gold_id": "Ga0",
        "gold_study_id": "Gs0",
        "its_ap_id": "1",
        "sequencing_project_name": "a project",
        "gold_biosample_id": "Gb0",
        "gold_seq_id": "Gp0",
        "file_name": "a.fastq.gz",
        "jdp_file_status": "RESTORED",
        "globus_file_status": "PENDING",
        "jdp_file_size": 123,
        "jgi_ap_id": "1",
        "create_date": "2026-01-02T03:04:05Z",
        **fields,
    }


def a_project(name: str = "a project") -> dict[str, str]:
    return {
        "sequencing_project_name": name,
        "sequencing_project_description": "of soils",
        "jgi_proposal_id": "507130",
        "nmdc_study_id": "nmdc:sty-11-aygzgv51",
    }


def test_a_globus_task_is_created_echoed_found_and_listed(hub, as_admin):
    answer = hub.post(TASKS, json=a_task(), headers=as_admin)

    assert (answer.status_code, answer.json()) == (201, a_task())
    assert hub.get(f"{TASKS}/task-1", headers=as_admin).json() == a_task()
    assert hub.get(TASKS, headers=as_admin).json() == {"resources": [a_task()]}


def test_three_samples_are_created_echoed_with_nulls_and_listed_as_stored(hub, as_admin):
    for number in range(3):
        answer = hub.post(SAMPLES, json=a_sample(number), headers=as_admin)
        unset = {"md5sum": None, "update_date": None, "request_id": None}
        assert (answer.status_code, answer.json()) == (201, a_sample(number) | unset)

    listed = hub.get(SAMPLES, headers=as_admin).json()["resources"]
    stored = [a_sample(number, create_date="2026-01-02T03:04:05") for number in range(3)]
    assert listed == stored


@pytest.mark.parametrize("name", ["a project", "with / a slash & more?", "ünïcode"])
def test_a_sequencing_project_is_created_and_found_by_its_name(hub, as_admin, name):
    answer = hub.post(PROJECTS, json=a_project(name), headers=as_admin)

    assert (answer.status_code, answer.json()) == (201, a_project(name))
    found = hub.get(f"{PROJECTS}/{quote(name, safe='')}", headers=as_admin)
    assert found.json() == a_project(name)
    assert hub.get(PROJECTS, headers=as_admin).json()["resources"] == [a_project(name)]


@pytest.mark.parametrize(
    ("path", "body", "status", "detail", "code"),
    [
        (
            TASKS,
            a_task(),
            400,
            "Globus task with task_id task-1 already exists.",
            "globus_task_exists",
        ),
        (
            SAMPLES,
            a_sample(),
            409,
            "JGI sample with jdp_file_id file-1 already exists.",
            "jgi_sample_exists",
        ),
        (
            PROJECTS,
            a_project(),
            400,
            "JGISequencingProject with project name a project already exists.",
            "jgi_sequencing_project_exists",
        ),
    ],
)
def test_what_is_there_already_is_refused_as_published(  # noqa: PLR0917 (facts of one row)
    hub, as_admin, path, body, status, detail, code
):
    hub.post(path, json=body, headers=as_admin).raise_for_status()

    answer = hub.post(path, json=body, headers=as_admin)

    assert answer.status_code == status
    assert (answer.json()["detail"], answer.json()["code"]) == (detail, code)
    assert len(hub.get(path, headers=as_admin).json()["resources"]) == 1


def test_a_task_is_changed(hub, as_admin):
    hub.post(TASKS, json=a_task(), headers=as_admin)

    answer = hub.patch(f"{TASKS}/task-1", json=a_task(status="ANYTHING"), headers=as_admin)

    assert (answer.status_code, answer.json()) == (200, a_task(status="ANYTHING"))
    assert hub.get(f"{TASKS}/task-1", headers=as_admin).json() == answer.json()


def test_a_sample_is_changed_and_keeps_what_was_not_sent(hub, as_admin):
    hub.post(SAMPLES, json=a_sample(md5sum="abc"), headers=as_admin)
    change = a_sample(jdp_file_status="PURGED", update_date="2026-02-03T00:00:00+02:00")

    answer = hub.patch(f"{SAMPLES}/file-1", json=change, headers=as_admin)

    assert answer.status_code == 200
    assert answer.json() == a_sample(
        md5sum="abc",
        request_id=None,
        jdp_file_status="PURGED",
        create_date="2026-01-02T03:04:05",
        update_date="2026-02-02T22:00:00",
    )


@pytest.mark.parametrize(
    ("path", "body", "detail"),
    [
        (f"{TASKS}/task-2", a_task(), "task_id in path and body must match."),
        (
            f"{SAMPLES}/file-2",
            a_sample(),
            "Cannot modify jdp_file_id (jdp_file_id in path and body must match).",
        ),
    ],
)
def test_a_change_of_the_key_is_refused(hub, as_admin, path, body, detail):
    answer = hub.patch(path, json=body, headers=as_admin)

    assert (answer.status_code, answer.json()["detail"]) == (400, detail)


def test_what_is_not_there_is_not_found(hub, as_admin):
    for answer in (
        hub.get(f"{TASKS}/no", headers=as_admin),
        hub.get(f"{PROJECTS}/no", headers=as_admin),
        hub.patch(f"{TASKS}/task-1", json=a_task(), headers=as_admin),
        hub.patch(f"{SAMPLES}/file-1", json=a_sample(), headers=as_admin),
    ):
        assert (answer.status_code, answer.json()["detail"]) == (404, "Not found")


def test_one_sample_cannot_be_got(hub, as_admin):
    assert hub.get(f"{SAMPLES}/file-1", headers=as_admin).status_code == 405


@pytest.mark.parametrize(
    "body",
    [
        a_sample(jdp_file_size="x"),
        a_sample(jdp_file_size=2**63),
        a_sample(create_date="yesterday"),
        {"jdp_file_id": "file-1"},
    ],
)
def test_a_malformed_sample_is_refused_and_not_stored(hub, as_admin, database, body):
    assert hub.post(SAMPLES, json=body, headers=as_admin).status_code == 422
    assert database["wf_file_staging.jgi_samples"].count_documents({}) == 0


def test_lists_are_filtered_projected_and_paged_in_the_order_of_arrival(hub, as_admin):
    for number in (3, 1, 2):
        hub.post(TASKS, json=a_task(number), headers=as_admin)

    seen, token = [], ""
    for _ in range(3):
        query = {"max_page_size": 1, "projection": "task_id", "page_token": token}
        page = hub.get(TASKS, params=query, headers=as_admin).json()
        seen += page["resources"]
        token = page.get("next_page_token", "")

    assert seen == [{"task_id": "task-3"}, {"task_id": "task-1"}, {"task_id": "task-2"}]
    assert "next_page_token" not in page
    query = {"filter": '{"task_id": "task-1"}'}
    assert hub.get(TASKS, params=query, headers=as_admin).json()["resources"] == [a_task(1)]


ROUTES = [
    *(("GET", path, None) for path in (TASKS, SAMPLES, PROJECTS)),
    ("POST", TASKS, a_task()),
    ("POST", SAMPLES, a_sample()),
    ("POST", PROJECTS, a_project()),
    ("GET", f"{TASKS}/task-1", None),
    ("GET", f"{PROJECTS}/a", None),
    ("PATCH", f"{TASKS}/task-1", a_task()),
    ("PATCH", f"{SAMPLES}/file-1", a_sample()),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_only_who_may_stages_files(hub, as_site, method, path, body):
    not_allowed = hub.request(method, path, json=body, headers=as_site)
    anonymous = hub.request(method, path, json=body)

    assert (not_allowed.status_code, anonymous.status_code) == (403, 401)
    assert not_allowed.json()["detail"] == (
        "Only specific users are allowed to issue wf_file_staging commands."
    )
    assert not_allowed.json()["missing_permission"] == "/wf_file_staging"
