"""The NEON data portal: products, sites, and the files of a product's tables.

Each list of files is asked for once, whatever the number of tables; files come at the same time, up
to a limit, and straight to disk. What came is kept for some hours (`NeonCache`) under its address,
or under its checksum where NEON tells one.
"""

import json
import logging
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from nmdc_runtime.clients.neon_cache import NeonCache
from nmdc_runtime.clients.neon_errors import NeonRefused
from nmdc_runtime.clients.neon_files import (
    ListedFile,
    NeonProduct,
    SiteMonth,
    site_months,
    site_names,
    wanted_files,
)
from nmdc_runtime.clients.neon_http import Fetched, NeonHttp, page_instead
from nmdc_runtime.clients.neon_references import ReferenceFile, fetch_reference
from nmdc_runtime.config import is_placeholder
from nmdc_runtime.config.sections import NeonSettings
from nmdc_runtime.kernel.clock import Clock, utc_now

logger = logging.getLogger(__name__)

DEFAULT_BASE_URL: Final = "https://data.neonscience.org/api/v0"
#: Far above NEON's largest list; it is held in memory.
MOST_JSON_BYTES: Final = 200_000_000
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class NeonFile:
    """A file that came whole, with what tells its version."""

    table: str
    name: str
    url: str
    site: str
    month: str | None
    path: Path
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeonTables:
    """The files of a product's tables.

    Parameters
    ----------
    files
        By table, in the order of sites, months and lists of NEON; each wanted table has its key,
        so a table without any file has an empty list.
    missing
        Tables without any file that are not optional.
    """

    product_id: str
    files: dict[str, list[NeonFile]]
    missing: tuple[str, ...]


def open_neon(
    base_url: str, api_token: str, settings: NeonSettings, *, clock: Clock = utc_now
) -> "NeonClient":
    """Return a client with the habits of the settings; close it afterwards."""
    cache = NeonCache(
        settings.cache_folder,
        lifetime=timedelta(hours=settings.cache_hours),
        limit_bytes=settings.cache_bytes,
        clock=clock,
    )
    return NeonClient(
        base_url,
        api_token,
        timeout_s=settings.timeout_s,
        max_retries=settings.max_retries,
        downloads_at_once=settings.downloads_at_once,
        cache=cache,
    )


class NeonClient:
    """Asks NEON; safe to share between threads. Close it, or use it as a context manager.

    Parameters
    ----------
    base_url
        NEON's API, without a slash at the end.
    api_token
        Sent to that host only. Empty, or a placeholder: NEON answers at a lower rate.
    timeout_s, max_retries
        Of each request; see `NeonHttp`.
    downloads_at_once
        How many requests are under way at a time.
    cache
        None: nothing is kept.
    pause
        Waits so many seconds.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_BASE_URL,
        api_token: str = "",
        *,
        timeout_s: float = 60,
        max_retries: int = 5,
        downloads_at_once: int = 6,
        cache: NeonCache | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._at_once = downloads_at_once
        self._cache = cache
        self._http = NeonHttp(
            self._base_url,
            "" if is_placeholder(api_token) else api_token,
            timeout_s=timeout_s,
            max_retries=max_retries,
            at_once=downloads_at_once,
            pause=pause,
        )

    def __enter__(self) -> Self:
        """Use it until the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def request(self, url: str) -> Any:  # noqa: ANN401 (JSON)
        """Return the JSON at an absolute address of NEON's.

        Raises
        ------
        NeonUnavailable, NeonRefused
            The latter: asking again is of no use.
        """
        return self._json(url)

    def fetch_product_by_id(self, product_id: str) -> Any:  # noqa: ANN401 (JSON)
        """Return NEON's description of a data product, e.g. ``DP1.10086.001``."""
        return self.request(self._product_url(product_id))

    def fetch_site_names(self) -> dict[str, str]:
        """Return the place name of each site code: ``USA: <state>, <site>``."""
        url = f"{self._base_url}/sites/"
        return site_names(self._json(url), url)

    def fetch_reference(self, source: str, *, sha256: str | None = None) -> ReferenceFile:
        """Return a reference file of translations from an address or a path."""
        return fetch_reference(source, http=self._http, sha256=sha256)

    def fetch_tables(self, product: NeonProduct, folder: Path) -> NeonTables:
        """Fetch all files of the product's tables into a folder of the caller's.

        Raises
        ------
        NeonProductInvalid
            Nothing is there for the wanted sites and months.
        NeonUnavailable, NeonRefused
            One file of many could not be had: then there is no result.
        """
        product_url = self._product_url(product.product_id)
        months = site_months(self._json(product_url), product, product_url)
        lists = self._all(lambda month: self._wanted(month, product), months)
        # NEON lists files of a laboratory under each site that they have samples of.
        listed = list({(file.table, file.url): file for each in lists for file in each}.values())
        numbered = list(enumerate(listed))
        fetched = self._all(lambda pair: self._file(pair[1], folder, pair[0]), numbered)
        files: dict[str, list[NeonFile]] = {table: [] for table in product.tables}
        for file in fetched:
            files[file.table].append(file)
        missing = [table for table in product.tables if not files[table]]
        logger.info(
            "files of NEON fetched",
            extra={
                "product_id": product.product_id,
                "lists": len(months),
                "files": len(fetched),
                "size_bytes": sum(file.size_bytes for file in fetched),
                "missing": missing,
            },
        )
        return NeonTables(
            product_id=product.product_id,
            files=files,
            missing=tuple(table for table in missing if table not in product.optional),
        )

    def _product_url(self, product_id: str) -> str:
        return f"{self._base_url}/products/{product_id}"

    def _wanted(
        self, month: SiteMonth, product: NeonProduct, *, is_fresh: bool = False
    ) -> list[ListedFile]:
        return wanted_files(self._json(month.url, is_fresh=is_fresh), product.tables, month)

    def _file(self, listed: ListedFile, folder: Path, number: int) -> NeonFile:
        """Fetch one file; the address in a list that was kept may have expired since."""
        # Not by NEON's name for it, which is a foreign text.
        path = folder / f"{number:06}.csv"
        try:
            fetched = self._kept_or_fetched(listed.key, listed.url, path, _objection(listed))
        except NeonRefused as refusal:
            current = self._listed_now(listed)
            if current is None or current.url == listed.url:
                raise refusal
            fetched = self._kept_or_fetched(current.key, current.url, path, _objection(current))
        return NeonFile(
            table=listed.table,
            name=listed.name,
            url=fetched.url,
            site=listed.listed_at.site,
            month=listed.listed_at.month,
            path=path,
            size_bytes=fetched.size_bytes,
            sha256=fetched.sha256,
        )

    def _listed_now(self, listed: ListedFile) -> ListedFile | None:
        month = listed.listed_at
        answer = self._json(month.url, is_fresh=True)
        now = {file.name: file for file in wanted_files(answer, [listed.table], month)}
        return now.get(listed.name)

    def _kept_or_fetched(
        self,
        key: str,
        url: str,
        path: Path,
        objection: Callable[[Path, Fetched], str | None],
        *,
        is_fresh: bool = False,
    ) -> Fetched:
        if self._cache is None:
            return self._http.fetch(url, path, objection=objection)
        kept = None if is_fresh else self._cache.take(key, path)
        if kept is not None:
            return kept
        fetched = self._http.fetch(url, path, objection=objection)
        self._cache.keep(key, path, fetched)
        return fetched

    def _json(self, url: str, *, is_fresh: bool = False) -> Any:  # noqa: ANN401 (JSON)
        with tempfile.TemporaryDirectory(prefix="nmdc-neon-") as folder:
            path = Path(folder) / "answer.json"
            self._kept_or_fetched(url, url, path, _no_json, is_fresh=is_fresh)
            return json.loads(path.read_bytes())

    def _all(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """Do the work on all items, some at a time; the first failure ends it."""
        with _threads(self._at_once) as threads:
            return list(threads.map(work, items))


@contextmanager
def _threads(count: int) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(count, thread_name_prefix="neon") as threads:
        try:
            yield threads
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise


def _no_json(path: Path, _: Fetched) -> str | None:
    """Say that what came is no JSON: a page about maintenance, or half an answer."""
    if path.stat().st_size > MOST_JSON_BYTES:
        return f"what came is larger than {MOST_JSON_BYTES} bytes"
    try:
        json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return "what came is no JSON"
    return None


def _objection(listed: ListedFile) -> Callable[[Path, Fetched], str | None]:
    """Return what says that a file is not the listed one, or is a page and no table."""

    def objection(path: Path, fetched: Fetched) -> str | None:
        if listed.md5 is not None and fetched.md5 != listed.md5:
            return f"its md5 is {fetched.md5} and not {listed.md5}, as NEON lists it"
        return page_instead(path)

    return objection
