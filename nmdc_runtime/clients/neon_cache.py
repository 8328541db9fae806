"""What NEON has sent, kept on disk for some hours; bounded, and shared by runs at the same time.

``entries/<hash of the key>.json`` says which content belongs to a key and when it was fetched,
``contents/<sha256>`` is that content. Each appears at once by renaming, the content first; a
content that is not what its name says, or is gone, is as good as never fetched. So neither a killed
process nor another run can make a reader see half a file. The folder may vanish at any time.
"""

import hashlib
import json
import logging
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from nmdc_runtime.clients.neon_http import ON_ITS_WAY, Fetched
from nmdc_runtime.kernel.clock import Clock

logger = logging.getLogger(__name__)

#: After this a file that was on its way belongs to a process that died.
DEAD_AFTER: Final = timedelta(days=1)
#: A sweep leaves this share of the limit, and comes again after a tenth of it has been written.
KEPT_BY_SWEEP: Final = 0.9
SWEEP_AFTER: Final = 0.1


class NeonCache:
    """Files by key, for a limited time and in a limited space; safe to share between threads.

    It only ever saves time: a folder that cannot be used is logged and done without.

    Parameters
    ----------
    folder
        Made if it is missing.
    lifetime
        How long a content is believed.
    limit_bytes
        The contents together; what was used longest ago goes first. Runs at the same time may
        exceed it by a tenth each for a moment.
    """

    def __init__(
        self, folder: Path, *, lifetime: timedelta, limit_bytes: int, clock: Clock
    ) -> None:
        self._folder = folder.expanduser()
        self._lifetime = lifetime
        self._limit_bytes = limit_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._written_bytes = limit_bytes  # so that the first content is followed by a sweep

    def take(self, key: str, target: Path) -> Fetched | None:
        """Put the content of this key at the target, if it is here and not too old."""
        try:
            entry: dict[str, Any] = json.loads(self._entry(key).read_text(encoding="utf-8"))
            at = datetime.fromisoformat(entry.pop("fetched_at"))
            fetched = Fetched(**entry)
            now = self._clock()
            if not now - self._lifetime <= at <= now:
                return None
            content = self._content(fetched.sha256)
            # A copy and no link: whoever writes to the file it got would write here.
            shutil.copyfile(content, target)
            with target.open("rb") as file:
                is_whole = hashlib.file_digest(file, "sha256").hexdigest() == fetched.sha256
            if not is_whole:
                target.unlink()
                return None
            with suppress(OSError):  # swept by another process, which does no harm any more
                self._touch(content)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return fetched

    def keep(self, key: str, source: Path, fetched: Fetched) -> None:
        """Keep the content of a file that was fetched just now."""
        if fetched.size_bytes > self._limit_bytes:
            return
        now = self._clock()
        entry = asdict(fetched) | {"fetched_at": now.astimezone(UTC).isoformat()}
        try:
            content = self._content(fetched.sha256)
            with self._on_its_way(content) as arriving:
                shutil.copyfile(source, arriving)
            with self._on_its_way(self._entry(key)) as arriving:
                arriving.write_text(json.dumps(entry), encoding="utf-8")
            self._sweep_now_and_then(fetched.size_bytes)
        except OSError as error:
            logger.warning(
                "files of NEON cannot be kept; NMDC_NEON__CACHE_FOLDER names another folder",
                extra={"folder": str(self._folder), "reason": str(error)},
            )

    def forget(self, key: str) -> None:
        """Believe what is kept for this key no longer."""
        with suppress(OSError):
            self._entry(key).unlink()

    @contextmanager
    def _on_its_way(self, place: Path) -> Iterator[Path]:
        """Yield a new file that takes the place at the end, and is gone after a failure."""
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent, suffix=ON_ITS_WAY)
        os.close(handle)
        arriving = Path(name)
        try:
            yield arriving
            self._touch(arriving)
            arriving.replace(place)
        finally:
            arriving.unlink(missing_ok=True)

    def _sweep_now_and_then(self, size_bytes: int) -> None:
        with self._lock:
            self._written_bytes += size_bytes
            if self._written_bytes < self._limit_bytes * SWEEP_AFTER:
                return
            self._written_bytes = 0
        self.sweep()

    def sweep(self) -> None:
        """Delete what is too old, what died on its way, and the least used above the limit."""
        now = self._clock()
        for path in self._files("entries"):
            _delete_if_older(path, now - self._lifetime)
        kept: list[tuple[float, int, Path]] = []
        for path in self._files("contents"):
            if path.suffix == ON_ITS_WAY:
                _delete_if_older(path, now - DEAD_AFTER)
                continue
            with suppress(OSError):  # another process was faster
                status = path.stat()
                kept.append((status.st_mtime, status.st_size, path))
        total_bytes = sum(size for _, size, _ in kept)
        allowed_bytes = self._limit_bytes
        if total_bytes > self._limit_bytes:
            allowed_bytes = int(self._limit_bytes * KEPT_BY_SWEEP)
        oldest = (now - self._lifetime).timestamp()
        for used_at, size, path in sorted(kept):
            if total_bytes <= allowed_bytes and used_at >= oldest:
                break
            path.unlink(missing_ok=True)
            total_bytes -= size

    def _touch(self, path: Path) -> None:
        """Note in the file that it was used now, by the clock that decides what is old."""
        now = self._clock().timestamp()
        os.utime(path, (now, now))

    def _files(self, kind: str) -> list[Path]:
        folder = self._folder / kind
        return sorted(folder.iterdir()) if folder.is_dir() else []

    def _entry(self, key: str) -> Path:
        return self._folder / "entries" / f"{hashlib.sha256(key.encode()).hexdigest()}.json"

    def _content(self, sha256: str) -> Path:
        return self._folder / "contents" / sha256


def _delete_if_older(path: Path, oldest: datetime) -> None:
    with suppress(OSError):
        if path.stat().st_mtime < oldest.timestamp():
            path.unlink()
