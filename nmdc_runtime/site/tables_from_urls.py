"""Ops that fetch tables which somebody names by an address: once, whole, and not too large."""

import hashlib
from collections.abc import Collection, Iterable
from importlib.metadata import version
from typing import Final

import dagster as dg
import requests

from nmdc_runtime.clients.downloads import Downloads
from nmdc_runtime.config import Settings
from nmdc_runtime.kernel.errors import NmdcError
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.tables import ReadTable, Table, filled_rows, read_table

#: As it stands in the release of nmdc-schema that we use, and not in a branch that moves on.
INSTRUMENT_MAP: Final = (
    "https://raw.githubusercontent.com/microbiomedata/nmdc-schema/refs/tags/"
    f"v{version('nmdc-schema')}/assets/misc/gold_seqMethod_to_nmdc_instrument_set.tsv"
)
#: Tables of which the package has a copy: without them the copy is taken.
COPIED: Final = frozenset({INSTRUMENT_MAP})


class FetchedRows(list[dict[str, str]]):
    """Rows without their empty cells, and what is wrong with rows of their file."""

    def __init__(self, rows: Iterable[dict[str, str]], problems: Problems) -> None:
        super().__init__(rows)
        self.problems = problems


@dg.op
def get_csv_rows_from_url(context: dg.OpExecutionContext, url: str | None) -> list[dict[str, str]]:
    """Fetch a CSV file and return its rows, each without its empty cells; no address, no rows.

    All values are texts. A row with more or fewer cells than the header is a problem of the
    translation's report. Raise `requests.HTTPError` if the server refuses, and `ValueError` for
    what is no table.
    """
    if not url:
        return []
    table = _read(context, url, separator=",")
    return FetchedRows(filled_rows(table), table.problems)


@dg.op
def get_df_from_url(context: dg.OpExecutionContext, url: str | None) -> Table:
    """Fetch a TSV file and return it as a table of texts; no address, an empty table.

    What is called a frame elsewhere is a `Table` here: columns, and rows by column, in which a
    missing value is None. A row with more cells than the header loses those: a problem of the
    translation's report. Raise `requests.HTTPError` if the server refuses, and `ValueError` for
    what is no table.
    """
    return table_at(context, url)


def table_at(
    context: dg.OpExecutionContext, url: str | None, *, copied: Collection[str] = COPIED
) -> Table:
    """Return the table at an address; an empty one if that has a copy and cannot be had itself.

    Parameters
    ----------
    copied
        Addresses of tables of which the package has a copy.
    """
    if not url:
        return Table("", ())
    try:
        return _read(context, url, separator="\t")
    except (requests.RequestException, NmdcError) as error:
        if url not in copied:
            raise
        context.log.warning(f"the copy that comes with this release is taken: {error}")
        context.add_output_metadata({"url": dg.MetadataValue.url(url), "is_copy": True})
        return Table("", ())


def _read(context: dg.OpExecutionContext, url: str, *, separator: str) -> ReadTable:
    content = _fetched(context, url).content
    if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        raise ValueError(f"what came from {url} is a page and no table")
    table = read_table(content, name=url, separator=separator)
    for problem in table.problems:
        context.log.warning(problem.message)
    return table


def downloads(settings: Settings) -> Downloads:
    """Return what fetches tables: who may launch runs is not to reach what else is in our network.

    From the hosts that the settings list; if they list none, from public ones and from the hub.
    """
    return Downloads(
        hosts=frozenset(settings.ingests.table_hosts) or None,
        listed_by="NMDC_INGESTS__TABLE_HOSTS",
        own_url=settings.api_host,
    )


def _fetched(context: dg.OpExecutionContext, url: str) -> requests.Response:
    """Fetch a file, and note what tells its version: without that no run could be repeated."""
    answer = downloads(Settings()).fetch(url)
    facts = {
        "url": dg.MetadataValue.url(url),
        "size_bytes": len(answer.content),
        "sha256": hashlib.sha256(answer.content).hexdigest(),
        "etag": answer.headers.get("ETag", "none"),
    }
    context.log.info(f"{url}: {facts['size_bytes']} bytes, sha256 {facts['sha256']}")
    context.add_output_metadata(facts)
    return answer
