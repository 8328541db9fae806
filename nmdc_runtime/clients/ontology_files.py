"""Files of ontologies, as semantic-SQL databases, from a server or a folder.

The last good file of each is kept in a folder: a server that is down costs nothing, and one that
has nothing new is not asked for the same bytes again. What comes is checked whole before it takes
the place of the last one. The folder may vanish at any time.
"""

import gzip
import hashlib
import json
import logging
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, ClassVar, Final
from urllib.parse import unquote, urlsplit

import requests
from urllib3.exceptions import HTTPError

from nmdc_runtime.kernel.errors import ErrorKind, NmdcError

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT_S: Final = 10
READ_TIMEOUT_S: Final = 60
PART: Final = 1 << 20
GZIP_MAGIC: Final = b"\x1f\x8b"
SQLITE_MAGIC: Final = b"SQLite format 3\x00"
#: After this a file that was on its way belongs to a process that died.
DEAD_AFTER_S: Final = 24 * 3600
ON_ITS_WAY: Final = ".part"
TOO_MANY_REQUESTS: Final = 429


class OntologyUnavailable(NmdcError):
    """The server of ontologies cannot be reached, or sends no whole file."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    title: ClassVar[str] = "Ontology not available"

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} cannot be fetched at the moment: {reason}", url=url)


class OntologyNotServed(NmdcError):
    """There is no such file at the source."""

    kind: ClassVar[ErrorKind] = ErrorKind.NOT_FOUND
    title: ClassVar[str] = "Ontology not found"

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"there is no ontology at {url} ({reason}); ONTOLOGY_DB_URL_PREFIX says where to look",
            url=url,
        )


class OntologyCacheUnusable(NmdcError):
    """The folder for files of ontologies cannot be written to."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    title: ClassVar[str] = "Folder of ontologies not usable"

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"files of ontologies cannot be kept in {folder} ({reason}); "
            "NMDC_ONTOLOGY__CACHE_FOLDER names another folder"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OntologyFile:
    """A whole file, with what tells its version."""

    path: Path
    url: str
    etag: str | None
    sha256: str


class OntologyFiles:
    """Fetches files of ontologies.

    Parameters
    ----------
    prefix
        What comes before ``<name>.db.gz``: an ``http(s)`` or ``file`` address, or a folder. In
        a folder the file may also be unpacked: ``<name>.db``.
    cache
        Where the last good files are kept; it is made if it is missing.
    """

    def __init__(self, prefix: str, cache: Path) -> None:
        self._prefix = prefix.rstrip("/")
        self._cache = cache.expanduser()

    def fetch(
        self, name: str, *, known_url: str | None = None, known_etag: str | None = None
    ) -> OntologyFile | None:
        """Return the file as it is now; None if the source still has the known version.

        Parameters
        ----------
        name
            The ontology's name, e.g. ``envo``: letters, digits and underscores.
        known_url, known_etag
            Where a version that the caller needs no more was from, and its tag.

        Raises
        ------
        OntologyUnavailable, OntologyNotServed, OntologyCacheUnusable
            The last good file stays: `find_last_good`.
        """
        address = urlsplit(self._prefix)
        if address.scheme == "file":
            return self._local(Path(unquote(address.path)), name)
        if not address.scheme:
            return self._local(Path(self._prefix).expanduser(), name)
        url = f"{self._prefix}/{name}.db.gz"
        kept = self.find_last_good(name)
        if kept is not None and kept.url == url:
            etag = kept.etag
        else:
            kept, etag = None, known_etag if known_url == url else None
        with self._asked(url, etag) as answer:
            if answer.status_code == requests.codes.not_modified and etag is not None:
                return kept
            return self._received(answer, url, name)

    def find_last_good(self, name: str) -> OntologyFile | None:
        """Return the last file that came whole from the server, if it is still there and whole."""
        path = self._kept(name)
        try:
            facts: dict[str, Any] = json.loads(self._facts(name).read_text(encoding="utf-8"))
            known = OntologyFile(
                path=path, url=facts["url"], etag=facts["etag"], sha256=facts["sha256"]
            )
            return known if _sha256(path) == known.sha256 else None
        except (OSError, ValueError, KeyError):
            return None

    @contextmanager
    def unpacked(self, file: OntologyFile) -> Iterator[Path]:
        """Yield the path of the SQLite database in the file, for as long as it is needed."""
        with file.path.open("rb") as packed:
            is_packed = packed.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        if not is_packed:
            yield file.path
            return
        with self._on_its_way() as database, gzip.open(file.path) as stream:
            try:
                shutil.copyfileobj(stream, database, PART)
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                raise OntologyUnavailable(file.url, f"the file is damaged: {error}") from error
            except OSError as error:
                raise OntologyCacheUnusable(self._cache, str(error)) from error
            database.flush()
            yield Path(database.name)

    def _local(self, folder: Path, name: str) -> OntologyFile:
        for path in (folder / f"{name}.db.gz", folder / f"{name}.db"):
            if path.is_file():
                url = path.resolve().as_uri()
                return OntologyFile(path=path, url=url, etag=None, sha256=_sha256(path))
        raise OntologyNotServed(str(folder / f"{name}.db.gz"), "neither that nor the same unpacked")

    @contextmanager
    def _asked(self, url: str, etag: str | None) -> Iterator[requests.Response]:
        # Identity: the file is packed already, and its length shall be that of what is kept.
        headers = {"Accept-Encoding": "identity"} | ({"If-None-Match": etag} if etag else {})
        timeout = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
        try:
            answer = requests.get(url, headers=headers, stream=True, timeout=timeout)
        except requests.RequestException as error:
            raise OntologyUnavailable(url, type(error).__name__) from error
        with answer:
            status = answer.status_code
            is_busy = status >= requests.codes.server_error or status == TOO_MANY_REQUESTS
            if is_busy or (status == requests.codes.not_modified and etag is None):
                raise OntologyUnavailable(url, f"status {status}")
            if status not in {requests.codes.ok, requests.codes.not_modified}:
                raise OntologyNotServed(url, f"status {status}")
            yield answer

    def _received(self, answer: requests.Response, url: str, name: str) -> OntologyFile:
        """Keep what the server sends, once it has come whole and can be unpacked."""
        with self._on_its_way() as arriving:
            digest = hashlib.sha256()
            try:
                for part in answer.raw.stream(PART, decode_content=False):
                    digest.update(part)
                    arriving.write(part)
                arriving.flush()
            except HTTPError as error:  # cut short, or silent for too long
                raise OntologyUnavailable(url, f"it broke off: {type(error).__name__}") from error
            except OSError as error:
                raise OntologyCacheUnusable(self._cache, str(error)) from error
            path = Path(arriving.name)
            _check_whole(path, url)
            file = OntologyFile(
                path=self._kept(name),
                url=url,
                etag=answer.headers.get("ETag"),
                sha256=digest.hexdigest(),
            )
            self._keep(path, file, name)
        return file

    def _keep(self, arrived: Path, file: OntologyFile, name: str) -> None:
        """Put the file in its place; a process that dies here leaves one that is not believed."""
        facts = {key: value for key, value in asdict(file).items() if key != "path"}
        try:
            arrived.replace(self._kept(name))
            with self._on_its_way() as written:
                written.write(json.dumps(facts).encode())
                written.flush()
                Path(written.name).replace(self._facts(name))
        except OSError as error:
            raise OntologyCacheUnusable(self._cache, str(error)) from error

    @contextmanager
    def _on_its_way(self) -> Iterator[IO[bytes]]:
        """Yield a new file in the folder, gone afterwards unless it has been moved."""
        try:
            self._cache.mkdir(parents=True, exist_ok=True)
            self._sweep()
            file = tempfile.NamedTemporaryFile(  # noqa: SIM115 (closed below)
                dir=self._cache, suffix=ON_ITS_WAY, delete=False
            )
        except OSError as error:
            raise OntologyCacheUnusable(self._cache, str(error)) from error
        try:
            yield file
        finally:
            file.close()
            Path(file.name).unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Delete what processes that died have left: an unpacked ontology has gigabytes."""
        for path in self._cache.glob(f"*{ON_ITS_WAY}"):
            with suppress(OSError):  # another process was faster
                if path.stat().st_mtime < time.time() - DEAD_AFTER_S:
                    path.unlink()
                    logger.info("dead file of an ontology swept", extra={"file": path.name})

    def _kept(self, name: str) -> Path:
        return self._cache / f"{name}.db.gz"

    def _facts(self, name: str) -> Path:
        return self._cache / f"{name}.json"


def _check_whole(path: Path, url: str) -> None:
    """Raise unless the file unpacks to its end, where its checksum stands, to an SQLite file."""
    try:
        with gzip.open(path) as stream:
            head = stream.read(len(SQLITE_MAGIC))
            while stream.read(PART):
                pass
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise OntologyUnavailable(url, f"what came is damaged: {error}") from error
    if head != SQLITE_MAGIC:
        raise OntologyUnavailable(url, "what came is no SQLite file")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
