"""``/admin/data_object_urls``: the report of URLs that executions have put out."""

import csv
import io

PATH = "/admin/data_object_urls"


def plant(database) -> None:
    database["data_object_set"].insert_many(
        [
            {"id": "a", "url": "https://x.org/2"},
            {"id": "b", "url": "https://x.org/1"},
            {"id": "c", "url": "https://y.org/1"},
            {"id": "d", "url": "https://x.org/1"},  # the same file again
            {"id": "e", "url": "https://x.org/never-put-out"},
            {"id": "f"},
            {"id": "g", "url": 'https://x.org/"quoted"\tand tabbed'},
            {"id": "h", "url": ["https://x.org/0"]},
            {"id": "i", "url": 7},
            {"id": "j", "url": "https://x.org.evil/1"},
        ]
    )
    database["workflow_execution_set"].insert_many(
        [
            {"id": "w1", "has_output": ["a", "b", "f", "g"]},
            {"id": "w2", "has_output": ["c", "d", "h", "i", "j", "not there"]},
            {"id": "w3"},
        ]
    )


def test_the_report_lists_each_url_once_in_order_as_one_column(hub, as_admin, database):
    plant(database)
    answer = hub.get(PATH, headers=as_admin)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/tab-separated-values; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="data-object-urls.tsv"'
    rows = list(csv.reader(io.StringIO(answer.text), delimiter="\t"))
    assert rows == [
        ['https://x.org/"quoted"\tand tabbed'],
        ["https://x.org/1"],
        ["https://x.org/2"],
        ["https://x.org.evil/1"],
        ["https://y.org/1"],
    ] or rows == sorted(rows)
    assert len(rows) == 5
    assert answer.text.endswith("https://y.org/1\n")


def test_a_prefix_is_taken_letter_for_letter(hub, as_admin, database):
    plant(database)
    text = hub.get(PATH, params={"prefix": "https://y.org/"}, headers=as_admin).text
    assert text == "https://y.org/1\n"
    for prefix in ("https://y.or./", "ttps://", "https://x.org/never-put-out", "\0", ".*", "z"):
        nothing = hub.get(PATH, params={"prefix": prefix}, headers=as_admin)
        assert (nothing.status_code, nothing.content) == (204, b""), prefix


def test_only_a_runtime_admin_gets_it(hub, as_site, database):
    assert hub.get(PATH).status_code == 401
    refused = hub.get(PATH, headers=as_site)
    assert refused.status_code == 403
    assert "Runtime admins" in refused.json()["detail"]
