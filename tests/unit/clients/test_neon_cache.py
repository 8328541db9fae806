"""What is kept of NEON: by key, for some hours, within a limit, shared and never half."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nmdc_runtime.clients.neon_cache import NeonCache
from nmdc_runtime.clients.neon_http import Fetched

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def make(folder: Path, clock: Hand) -> Callable[..., NeonCache]:
    def cache(limit_bytes: int = 1_000_000) -> NeonCache:
        return NeonCache(folder, lifetime=HOUR, limit_bytes=limit_bytes, clock=clock)

    return cache


def keep(cache: NeonCache, key: str, content: bytes, tmp_path: Path) -> Fetched:

    source = tmp_path / "source"
    source.write_bytes(content)
    fetched = Fetched(
        url=f"https://neon.example/{key}",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        md5=hashlib.md5(content).hexdigest(),
        etag='"tag"',
    )
    cache.keep(key, source, fetched)
    return fetched


def taken(cache: NeonCache, key: str, tmp_path: Path) -> bytes | None:
    target = tmp_path / "target"
    target.unlink(missing_ok=True)
    fetched = cache.take(key, target)
    assert (fetched is not None) == target.exists()
    return target.read_bytes() if fetched is not None else None


def size_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder / "contents").iterdir())


def test_what_is_kept_is_found_until_it_is_too_old(make, clock: Hand, tmp_path: Path) -> None:
    fetched = keep(make(), "a", b"content", tmp_path)

    clock.now = NOON + HOUR
    assert make().take("a", tmp_path / "mine") == fetched
    assert (tmp_path / "mine").read_bytes() == b"content"
    assert taken(make(), "b", tmp_path) is None
    clock.now += timedelta(seconds=1)
    assert taken(make(), "a", tmp_path) is None
    clock.now = NOON - HOUR  # fetched in the future: the clock was wrong then, or is now
    assert taken(make(), "a", tmp_path) is None


def test_a_newer_content_takes_the_place_of_the_last_and_same_contents_share_their_place(
    make, folder: Path, tmp_path: Path
) -> None:
    cache = make()
    keep(cache, "a", b"old", tmp_path)
    keep(cache, "a", b"new", tmp_path)
    keep(cache, "b", b"new", tmp_path)

    assert taken(cache, "a", tmp_path) == taken(cache, "b", tmp_path) == b"new"
    assert len(list((folder / "contents").iterdir())) == 2


@pytest.mark.parametrize("damage", ["content", "no content", "entry", "other entry", "list"])
def test_what_was_damaged_is_as_good_as_never_fetched(
    make, folder: Path, tmp_path: Path, damage: str
) -> None:
    keep(make(), "a", b"content", tmp_path)
    (content,) = (folder / "contents").iterdir()
    (entry,) = (folder / "entries").iterdir()
    if damage == "content":
        content.write_bytes(b"half")
    elif damage == "no content":
        content.unlink()
    else:
        entry.write_text(
            {"entry": "{", "other entry": '{"fetched_at": "now"}', "list": "[]"}[damage]
        )

    assert taken(make(), "a", tmp_path) is None
    keep(make(), "a", b"content", tmp_path)
    assert taken(make(), "a", tmp_path) == b"content"


def test_who_writes_to_a_file_from_the_cache_changes_only_the_own_copy(
    make, tmp_path: Path
) -> None:
    keep(make(), "a", b"content", tmp_path)
    make().take("a", tmp_path / "mine")
    (tmp_path / "mine").write_bytes(b"scribble")
    (tmp_path / "source").write_bytes(b"scribble")

    assert taken(make(), "a", tmp_path) == b"content"


def test_the_least_used_goes_when_the_limit_is_reached(
    make, folder: Path, clock: Hand, tmp_path: Path
) -> None:
    cache = make(limit_bytes=1_000)
    for number in range(9):
        clock.now += timedelta(minutes=1)
        keep(cache, f"file {number}", bytes([number]) * 100, tmp_path)
    clock.now += timedelta(minutes=1)
    assert taken(cache, "file 0", tmp_path) is not None  # used: not the next to go
    for number in range(9, 15):
        clock.now += timedelta(minutes=1)
        keep(cache, f"file {number}", bytes([number]) * 100, tmp_path)
        assert size_bytes(folder) <= 1_000

    assert taken(cache, "file 0", tmp_path) is not None
    assert taken(cache, "file 1", tmp_path) is None
    assert taken(cache, "file 14", tmp_path) is not None


def test_what_is_larger_than_the_limit_is_not_kept(make, folder: Path, tmp_path: Path) -> None:
    keep(make(limit_bytes=10), "a", b"x" * 11, tmp_path)

    assert not folder.exists()


def test_a_sweep_deletes_what_is_too_old_and_what_died_on_its_way(
    make, folder: Path, clock: Hand, tmp_path: Path
) -> None:
    keep(make(), "a", b"content", tmp_path)
    dead, alive = folder / "contents" / "x.part", folder / "contents" / "y.part"
    for path in (dead, alive):
        path.write_bytes(b"half")
        os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    clock.now = NOON + 24 * HOUR
    make().sweep()
    assert [path.name for path in (folder / "contents").iterdir()] in (
        ["x.part", "y.part"],
        ["y.part", "x.part"],
    )
    assert list((folder / "entries").iterdir()) == []
    os.utime(dead, (NOON.timestamp() - 1, NOON.timestamp() - 1))

    make().sweep()

    assert list((folder / "contents").iterdir()) == [alive]


def test_a_folder_that_cannot_be_used_is_done_without(
    make, folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write_text("a file stands in the way")

    keep(make(), "a", b"content", tmp_path)

    assert taken(make(), "a", tmp_path) is None
    assert "NMDC_NEON__CACHE_FOLDER" in caplog.text


def test_processes_that_write_read_and_die_at_once_see_whole_contents_only(
    folder: Path, tmp_path: Path
) -> None:
    program = """
import hashlib, pathlib, sys
from datetime import timedelta
from nmdc_runtime.clients.neon_cache import NeonCache
from nmdc_runtime.clients.neon_http import Fetched
from nmdc_runtime.kernel.clock import utc_now
*paths, rounds = sys.argv[1:]
folder, mine = map(pathlib.Path, paths)
mine.mkdir()
cache = NeonCache(folder, lifetime=timedelta(hours=1), limit_bytes=400_000, clock=utc_now)
found = 0
for number in range(int(rounds)):
    key = f"key {number % 7}"
    content = f"{key} {mine.name} {number}\\n".encode() * 5_000
    source = mine / "source"
    source.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    cache.keep(key, source, Fetched(url=key, size_bytes=len(content), sha256=sha256, md5=""))
    fetched = cache.take(f"key {(number + 3) % 7}", mine / "target")
    if fetched is not None:
        found += 1
        lines = (mine / "target").read_bytes().splitlines()
        assert len(lines) == 5_000 and len(set(lines)) == 1, lines[:3]
        assert lines[0].startswith(fetched.url.encode())
assert found
"""

    def start(name: str, rounds: int) -> subprocess.Popen[bytes]:
        where = [str(folder), str(tmp_path / name), str(rounds)]
        return subprocess.Popen([sys.executable, "-c", program, *where])

    to_be_killed = start("for ever", 1_000_000)
    running = [start("one", 40), start("two", 40)]
    ended = [process.wait(timeout=60) for process in running]
    to_be_killed.kill()

    assert ended == [0, 0]
    assert to_be_killed.wait(timeout=60) == -signal.SIGKILL
    assert size_bytes(folder) <= 400_000 * 1.4
    assert all(json.loads(entry.read_text()) for entry in (folder / "entries").glob("*.json"))
    for content in (folder / "contents").iterdir():
        whole = hashlib.sha256(content.read_bytes()).hexdigest() == content.name
        assert whole or content.suffix == ".part"
