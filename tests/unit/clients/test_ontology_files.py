"""Files of ontologies over real HTTP, whole or not at all."""

import gzip
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nmdc_runtime.clients.ontology_files import (
    OntologyCacheUnusable,
    OntologyFiles,
    OntologyNotServed,
    OntologyUnavailable,
)
from nmdc_runtime.kernel.errors import ErrorKind
from tests.support.ontologies import (
    SMALL,
    OntologyServer,
    ontology_server,
    packed,
    write_database,
)

PATH = "/sql/envo.db.gz"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OntologyServer]:
    with ontology_server() as served:
        served.files[PATH] = packed(tmp_path / "made.db", SMALL)
        yield served


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "not" / "there" / "yet"


@pytest.fixture
def files(server: OntologyServer, cache: Path) -> OntologyFiles:
    return OntologyFiles(f"{server.url}/", cache)


def left_on_the_way(cache: Path) -> list[Path]:
    return list(cache.glob("*.part"))


def test_a_file_is_fetched_once_and_then_asked_for_by_its_tag(
    server: OntologyServer, files: OntologyFiles, cache: Path
) -> None:
    first, again = files.fetch("envo"), files.fetch("envo")

    assert first is not None
    assert again == first == files.find_last_good("envo")
    assert first.url == f"{server.url}/envo.db.gz"
    assert first.path.read_bytes() == server.files[PATH]
    assert server.answered == [200, 304]
    with files.unpacked(first) as database:
        assert database.read_bytes() == gzip.decompress(server.files[PATH])
    assert not database.exists()
    assert left_on_the_way(cache) == []


def test_a_version_that_the_caller_has_loaded_is_not_sent_again_to_an_empty_folder(
    server: OntologyServer, files: OntologyFiles
) -> None:
    first = files.fetch("envo")
    assert first is not None
    first.path.unlink()

    known = files.fetch("envo", known_url=first.url, known_etag=first.etag)
    elsewhere = files.fetch("envo", known_url="http://mirror/envo.db.gz", known_etag=first.etag)

    assert known is None
    assert elsewhere == first
    assert server.answered == [200, 304, 200]


def test_a_new_version_takes_the_place_of_the_last(
    server: OntologyServer, files: OntologyFiles, tmp_path: Path
) -> None:
    first = files.fetch("envo")
    server.files[PATH] = packed(tmp_path / "newer.db", SMALL[:-1])

    second = files.fetch("envo")

    assert first is not None
    assert second is not None
    assert second.sha256 != first.sha256
    assert files.find_last_good("envo") == second


@pytest.mark.parametrize(
    "broken", ["cut", "checksum", "short", "text", "packed text", "failing", "busy"]
)
def test_what_does_not_come_whole_is_refused_and_the_last_good_file_stays(
    server: OntologyServer, files: OntologyFiles, cache: Path, tmp_path: Path, broken: str
) -> None:
    good = files.fetch("envo")
    newer = packed(tmp_path / "newer.db", SMALL[:-1])
    server.files[PATH] = {
        "checksum": newer[:-8] + bytes(8),
        "short": newer[:-100],
        "text": b"<html>maintenance</html>",
        "packed text": gzip.compress(b"<html>maintenance</html>"),
    }.get(broken, newer)
    server.cut_after = 1_000 if broken == "cut" else None
    server.fails_with = {"failing": 503, "busy": 429}.get(broken)

    with pytest.raises(OntologyUnavailable, match=r"envo\.db\.gz") as refused:
        files.fetch("envo")

    assert refused.value.kind is ErrorKind.UNAVAILABLE
    assert good is not None
    assert files.find_last_good("envo") == good
    assert left_on_the_way(cache) == []


@pytest.mark.parametrize("status", [404, 403])
def test_a_file_that_the_server_does_not_have_is_named(
    server: OntologyServer, files: OntologyFiles, status: int
) -> None:
    server.fails_with = status

    with pytest.raises(OntologyNotServed, match=f"status {status}.*ONTOLOGY_DB_URL_PREFIX"):
        files.fetch("envo")


def test_a_server_that_nobody_reaches_is_not_available(cache: Path) -> None:
    with pytest.raises(OntologyUnavailable, match="ConnectionError"):
        OntologyFiles("http://127.0.0.1:1", cache).fetch("envo")


@pytest.mark.parametrize("damage", ["file", "facts", "no facts"])
def test_a_kept_file_that_is_damaged_is_fetched_anew(
    server: OntologyServer, files: OntologyFiles, cache: Path, damage: str
) -> None:
    good = files.fetch("envo")
    if damage == "file":
        (cache / "envo.db.gz").write_bytes(b"half")
    elif damage == "facts":
        (cache / "envo.json").write_text("{")
    else:
        (cache / "envo.json").unlink()

    assert files.find_last_good("envo") is None
    assert files.fetch("envo") == good
    assert server.answered == [200, 200]


def test_a_folder_that_cannot_be_made_names_its_setting(
    server: OntologyServer, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(OntologyCacheUnusable, match="NMDC_ONTOLOGY__CACHE_FOLDER"):
        OntologyFiles(server.url, tmp_path / "file").fetch("envo")


def test_what_dead_processes_left_is_swept_and_what_is_on_its_way_is_not(
    files: OntologyFiles, cache: Path
) -> None:
    cache.mkdir(parents=True)
    dead, alive = cache / "dead.part", cache / "alive.part"
    for path in (dead, alive):
        path.write_bytes(b"x")
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(dead, (two_days_ago, two_days_ago))

    files.fetch("envo")

    assert left_on_the_way(cache) == [alive]


@pytest.mark.parametrize("form", ["path", "address"])
def test_a_folder_serves_files_packed_or_not_without_any_network(
    tmp_path: Path, cache: Path, form: str
) -> None:
    folder = tmp_path / "a mirror"
    folder.mkdir()
    prefix = str(folder) if form == "path" else f"{folder.as_uri()}/"
    write_database(folder / "po.db", SMALL)
    (folder / "envo.db.gz").write_bytes(packed(tmp_path / "made.db", SMALL))
    files = OntologyFiles(prefix, cache)

    po, envo = files.fetch("po"), files.fetch("envo")

    assert po is not None
    assert envo is not None
    assert (po.path, po.etag) == (folder / "po.db", None)
    assert po.url.endswith("/a%20mirror/po.db")
    with files.unpacked(po) as database:
        assert database == po.path
    with files.unpacked(envo) as database:
        assert database.read_bytes()[:6] == b"SQLite"
    with pytest.raises(OntologyNotServed, match="uberon"):
        files.fetch("uberon")
