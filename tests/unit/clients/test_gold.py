"""GOLD's client, over real HTTP, against the exchanges that its callers rely on."""

from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import yaml

from nmdc_runtime.clients.gold import GoldClient, GoldIdInvalid, join_projects
from nmdc_runtime.clients.peers import (
    PeerAddressUnusable,
    PeerAnswerInvalid,
    PeerRefused,
    PeerUnavailable,
)
from nmdc_runtime.kernel.errors import ErrorKind
from tests.support.peer_server import Answer, peer_server

CASES = yaml.safe_load((Path(__file__).parents[2] / "data/gold/api_client_cases.yaml").read_text())
#: Published ops, which issue the calls of these methods.
METHODS = {
    "gold_biosamples_by_study": "fetch_biosamples_by_study",
    "gold_projects_by_study": "fetch_projects_by_study",
    "gold_analysis_projects_by_study": "fetch_analysis_projects_by_study",
    "gold_study": "fetch_study",
}
QUICK = {"max_retries": 1, "backoff_s": 0.0}


class Gold:
    """Answers as GOLD does, and remembers what it was asked."""

    def __init__(self, answers: dict[str, Any], *, status: int = 200) -> None:
        self.answers = answers
        self.status = status
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.authorizations: set[str] = set()

    def __call__(
        self, method: str, path: str, headers: dict[str, str], body: str
    ) -> tuple[int, Any]:
        url = urlsplit(path)
        self.asked.append((url.path, dict(parse_qsl(url.query))))
        self.authorizations.add(headers["Authorization"])
        return self.status, self.answers.get(f"{method} {url.path.removeprefix('/rest')}", [])


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["op"])
def test_each_call_makes_the_requests_that_callers_rely_on(
    http_answers: Any, case: dict[str, Any]
) -> None:
    gold, expected = Gold(case["responses"]), case["expected"]
    with http_answers(gold) as url, GoldClient(f"{url}/rest", "username", "password") as client:
        found = getattr(client, METHODS[case["op"]])("Gs0149396")

    assert len(gold.asked) == expected["request_count"]
    assert gold.asked[-1][1] == expected["last_request_query"]
    assert gold.authorizations == {f"Basic {b64encode(b'username:password').decode()}"}
    assert found


def test_projects_are_joined_to_the_biosamples_of_the_study_and_to_no_others(
    http_answers: Any,
) -> None:
    gold = Gold(
        {
            "GET /biosamples": [
                {"biosampleGoldId": "Gb1", "n": 1},
                {"biosampleGoldId": "Gb2", "projects": [{"projectGoldId": "Gp0"}]},
                {"biosampleGoldId": "Gb1", "n": 2},
                {"biosampleGoldId": "Gb3"},
            ],
            "GET /projects": [
                {"projectGoldId": "Gp1", "biosampleGoldId": "Gb1"},
                {"projectGoldId": "Gp2", "biosampleGoldId": "Gb2"},
                {"projectGoldId": "Gp3"},
                {"projectGoldId": "Gp4", "biosampleGoldId": "Gb9"},
            ],
        }
    )
    with http_answers(gold) as url, GoldClient(f"{url}/", "u", "p") as client:
        joined = client.fetch_biosamples_by_study("gold:Gs0149396")
        joined[2]["projects"].clear()
        plain = client.fetch_biosamples_by_study("Gs0149396", include_project=False)
        again = client.fetch_biosamples_by_study("GOLD:Gs0149396")

    assert [[each["projectGoldId"] for each in one.get("projects", [])] for one in again] == [
        [],
        ["Gp0", "Gp2"],
        ["Gp1"],
        [],
    ]
    assert "projects" not in again[3]
    assert "projects" not in plain[2]
    assert len(gold.asked) == 2  # an answer is kept, and nobody can change it for others
    assert {query["studyGoldId"] for _, query in gold.asked} == {"Gs0149396"}


def test_many_biosamples_are_asked_for_once_each(http_answers: Any) -> None:
    gold = Gold({"GET /projects": [{"projectGoldId": "Gp1"}], "GET /biosamples": []})
    ids = [f"Gb{number}" for number in range(20)]
    with http_answers(gold) as url, GoldClient(url, "u", "p", connections=4) as client:
        projects = client.fetch_projects_by_biosamples([*ids, "Gb1"])
        unknown = client.fetch_biosamples_by_biosample_ids(["gold:Gb7"])

    assert list(projects) == ids
    assert projects["Gb3"] == [{"projectGoldId": "Gp1"}]
    assert unknown == {"gold:Gb7": []}
    assert sorted(query["biosampleGoldId"] for _, query in gold.asked) == sorted([*ids, "Gb7"])


def test_a_study_that_gold_does_not_have_is_none_and_what_is_no_id_is_not_asked_for(
    http_answers: Any,
) -> None:
    gold = Gold({})
    with http_answers(gold) as url, GoldClient(url, "u", "p") as client:
        assert client.fetch_study("Gs1") is None
        for wrong in ("", "Gs1&x=y", "nmdc:sty-11-34xj1150", "Gx1", "Gs\u0661"):
            with pytest.raises(GoldIdInvalid):
                client.fetch_study(wrong)

    assert len(gold.asked) == 1


@pytest.mark.parametrize(
    ("status", "error", "kind", "requests_made"),
    [
        (401, PeerRefused, ErrorKind.INVALID, 1),
        (500, PeerUnavailable, ErrorKind.UNAVAILABLE, 1),
        (503, PeerUnavailable, ErrorKind.UNAVAILABLE, 2),
        (429, PeerUnavailable, ErrorKind.UNAVAILABLE, 2),
        (408, PeerUnavailable, ErrorKind.UNAVAILABLE, 1),
        (404, PeerRefused, ErrorKind.INVALID, 1),
    ],
)
def test_refusals_are_told_from_what_may_go_well_later(
    http_answers: Any, status: int, error: type[Exception], kind: ErrorKind, requests_made: int
) -> None:
    gold = Gold({"GET /studies": {"message": "no"}}, status=status)
    with (
        http_answers(gold) as url,
        GoldClient(url, "u", "p", **QUICK) as client,
        pytest.raises(error) as caught,
    ):
        client.fetch_study("Gs1")

    assert caught.value.kind is kind  # type: ignore[attr-defined]
    assert str(status) in str(caught.value)
    assert len(gold.asked) == requests_made
    if error is PeerRefused:
        assert isinstance(caught.value, requests.HTTPError)
        assert caught.value.response.json() == {"message": "no"}


def test_an_answer_that_is_no_list_of_records_is_named(http_answers: Any) -> None:
    for wrong in ({"error": "maintenance"}, ["Gs1"]):
        with (
            http_answers(Gold({"GET /studies": wrong})) as url,
            GoldClient(url, "u", "p") as client,
            pytest.raises(PeerAnswerInvalid, match="GOLD"),
        ):
            client.fetch_study("Gs1")


def test_half_a_character_and_an_answer_that_no_parser_takes_are_no_end(http_answers: Any) -> None:
    record = {"studyGoldId": "Gs1", "studyName": "soil \ud83c of \U0001f33e", "\udf31": ["\udf31"]}
    with (
        http_answers(Gold({"GET /studies": [record]})) as url,
        GoldClient(url, "u", "p") as client,
    ):
        for _ in range(2):  # as it came, and as it was kept
            assert client.fetch_study("Gs1") == {
                "studyGoldId": "Gs1",
                "studyName": "soil \ufffd of \U0001f33e",
                "\ufffd": ["\ufffd"],
            }
    for content in (b'["a"', b"[" * 100_000, b"[" + b"9" * 5_000 + b"]", b'["\xff"]'):
        answer = requests.Response()
        answer.raw = BytesIO(content)
        with GoldClient("http://gold", "u", "p") as client, pytest.raises(PeerAnswerInvalid):
            client.as_json(answer)


def test_another_way_to_authenticate_takes_the_place_of_name_and_password(
    http_answers: Any,
) -> None:
    def with_token(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = "Bearer token"
        return request

    gold = Gold({})
    with http_answers(gold) as url, GoldClient(url, "", "", auth=with_token) as client:
        client.fetch_study("Gs1")

    assert gold.authorizations == {"Bearer token"}


def test_nobody_at_the_address_is_told_without_the_password() -> None:
    with (
        GoldClient("http://127.0.0.1:1", "user", "pa55word", **QUICK) as client,
        pytest.raises(PeerUnavailable, match="ConnectionError") as caught,
    ):
        client.fetch_study("Gs1")

    assert "pa55word" not in str(caught.value)


@pytest.mark.parametrize("base_url", ["", "gold.jgi.doe.gov/rest", "http://", "ftp://gold"])
def test_what_is_no_address_is_told_at_once_and_not_tried_again(base_url: str) -> None:
    with (
        GoldClient(base_url, "u", "p") as client,
        pytest.raises(PeerAddressUnusable, match="GOLD cannot be asked at") as caught,
    ):
        client.fetch_study("Gs1")

    assert caught.value.kind is ErrorKind.INVALID


def test_a_service_that_sends_us_in_circles_is_told_at_once() -> None:
    with peer_server() as gold, GoldClient(gold.url, "u", "p") as client:
        gold.answers["GET /studies?studyGoldId=Gs1"] = Answer(
            status=302, headers={"Location": "/studies?studyGoldId=Gs1"}
        )
        with pytest.raises(PeerAddressUnusable, match="TooManyRedirects"):
            client.fetch_study("Gs1")


def test_records_without_an_id_have_no_projects_and_stop_nobody() -> None:
    biosamples: list[dict[str, Any]] = [
        {"biosampleName": "without"},
        {"biosampleGoldId": None},
        {"biosampleGoldId": ["Gb1"]},
        {"biosampleGoldId": "Gb1", "projects": None},
        {"biosampleGoldId": "Gb2", "projects": ["before"]},
    ]
    first, second = {"biosampleGoldId": "Gb1"}, {"biosampleGoldId": "Gb2"}

    join_projects(biosamples, [first, second, {}, {"biosampleGoldId": None}])

    assert [each.get("projects") for each in biosamples] == [
        *(None, None, None),
        [first],
        ["before", second],
    ]


def test_answers_are_kept_as_far_as_there_is_room_and_the_oldest_go_first(
    http_answers: Any,
) -> None:
    record = {"projectGoldId": "Gp0000001", "projectName": "x" * 400}
    gold = Gold({"GET /projects": [record]})
    with http_answers(gold) as url:
        options = {**QUICK, "most_kept_bytes": 1_000}  # two answers, and not three
        with GoldClient(f"{url}/rest", "username", "password", **options) as client:
            for gold_id in ("Gs1", "Gs2", "Gs1", "Gs3", "Gs2", "Gs1"):
                assert client.fetch_projects_by_study(gold_id) == [record]

    asked = [query["studyGoldId"] for _, query in gold.asked]
    assert asked == ["Gs1", "Gs2", "Gs3", "Gs1"]
