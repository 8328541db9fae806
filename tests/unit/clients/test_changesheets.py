"""Rows and files as programs write them."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from nmdc_runtime.changesheets.reading import TSV, read_sheet
from nmdc_runtime.clients.changesheets import Changesheet, ChangesheetLineItem

ITEM = ChangesheetLineItem("nmdc:sty-11-aaaa1111", "update", "description", " a\tb\nc ")


def test_a_row_is_one_line_whatever_its_value() -> None:
    assert ITEM.line == "nmdc:sty-11-aaaa1111\tupdate\tdescription\ta b c"


@pytest.mark.parametrize("value", ["plain", '"quoted" at the start', 'a "b" c', '"', "x|y|"])
def test_what_is_written_is_read_again(tmp_path: Path, value: str) -> None:
    sheet = Changesheet("names", tmp_path / "new" / "folder")
    sheet.line_items.append(ChangesheetLineItem("n:1", "update", "name", value))

    sheet.write_changesheet()

    read = read_sheet(sheet.filepath.read_bytes(), content_type=TSV)
    assert [row.value for row in read.rows] == [value]


def test_the_name_of_the_file_tells_when_the_sheet_was_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sheet = Changesheet("names", clock=lambda: datetime(2026, 11, 23, 12, 0, 5, tzinfo=UTC))

    sheet.write_changesheet()

    assert sheet.filepath == Path("changesheets_output/names-20261123-120005.tsv")
    assert sheet.filepath.read_text() == "id\taction\tattribute\tvalue\n"


class _Hub(BaseHTTPRequestHandler):
    """Finds every sheet bad in which it reads `frobnicate`."""

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        is_right = (
            self.path == "/metadata/changesheets:validate" and b'name="uploaded_file"' in sent
        )
        self.send_response(200 if is_right and b"frobnicate" not in sent else 400)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub_url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Hub) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_hub_is_asked_whether_the_written_file_is_good(tmp_path: Path, hub_url: str) -> None:
    sheet = Changesheet("names", tmp_path, [ITEM])
    sheet.write_changesheet()
    assert sheet.validate_changesheet(hub_url) is True

    sheet.line_items.append(ChangesheetLineItem("", "frobnicate", "name", "x"))
    sheet.write_changesheet()
    assert sheet.validate_changesheet(hub_url) is False
