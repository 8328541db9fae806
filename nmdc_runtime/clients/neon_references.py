"""Reference files for NEON translations, by address or path; with what makes a run repeatable."""

import hashlib
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from nmdc_runtime.clients.neon_errors import NeonReferenceUnusable
from nmdc_runtime.clients.neon_http import Fetched, NeonHttp, page_instead

#: The commit in an address like ``raw.githubusercontent.com/<owner>/<name>/<commit>/<path>``.
COMMIT: Final = re.compile(r"/([0-9a-f]{40})/")
#: Fifty times the largest one of today; it is held in memory.
MOST_BYTES: Final = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceFile:
    """A reference file, with what tells its version.

    Parameters
    ----------
    commit
        The commit that the address is pinned to; None: it may say something else tomorrow.
    """

    source: str
    content: bytes
    sha256: str
    etag: str | None = None
    commit: str | None = None

    def facts(self) -> dict[str, Any]:
        """Return what to put on record of the run that used the file."""
        return {
            "source": self.source,
            "size_bytes": len(self.content),
            "sha256": self.sha256,
            "etag": self.etag,
            "commit": self.commit,
        }


def fetch_reference(source: str, *, http: NeonHttp, sha256: str | None = None) -> ReferenceFile:
    """Fetch a reference file, once; nothing is kept, for it may change at any time.

    Parameters
    ----------
    source
        An ``http(s)`` or ``file`` address, or a path.
    http
        Asks; no token goes to another host than NEON's.
    sha256
        If given, the only content that will do.

    Raises
    ------
    NeonUnavailable, NeonRefused, NeonReferenceUnusable
    """
    address = urlsplit(source)
    if address.scheme in {"http", "https"}:
        with tempfile.TemporaryDirectory(prefix="nmdc-neon-") as folder:
            path = Path(folder) / "reference"
            etag = http.fetch(source, path, objection=_page).etag
            content = _content(source, path)
    else:
        etag = None
        path = Path(unquote(address.path) if address.scheme == "file" else source)
        content = _content(source, path.expanduser())
    digest = hashlib.sha256(content).hexdigest()
    if sha256 is not None and digest != sha256:
        raise NeonReferenceUnusable(source, f"its sha256 is {digest} and not {sha256}")
    pinned = COMMIT.search(address.path)
    return ReferenceFile(
        source=source,
        content=content,
        sha256=digest,
        etag=etag,
        commit=pinned.group(1) if pinned else None,
    )


def _content(source: str, path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise NeonReferenceUnusable(source, f"it is larger than {MOST_BYTES} bytes")
        return path.read_bytes()
    except OSError as error:
        raise NeonReferenceUnusable(source, error.strerror or type(error).__name__) from error


def _page(path: Path, _: Fetched) -> str | None:
    return page_instead(path)
