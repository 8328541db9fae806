"""Ops that fetch tables which somebody names by an address: once, whole, and not too large."""

import hashlib
from typing import Final

import dagster as dg
import requests

from nmdc_runtime.clients.downloads import Downloads
from nmdc_runtime.translation.tables import Row, Table, read_csv

#: Who may launch runs may fetch from the own network too.
DOWNLOADS: Final = Downloads(are_private_allowed=True)


@dg.op
def get_csv_rows_from_url(context: dg.OpExecutionContext, url: str | None) -> list[dict[str, str]]:
    """Fetch a CSV file and return its rows, each without its empty cells; no address, no rows.

    All values are texts. Raise `requests.HTTPError` if the server refuses, and `ValueError` for a
    row with more cells than the header.
    """
    if not url:
        return []
    content = _fetched(context, url).content
    rows = [_filled(row) for row in read_csv(content, name=url).rows]
    return [row for row in rows if row]


@dg.op
def get_df_from_url(context: dg.OpExecutionContext, url: str | None) -> Table:
    """Fetch a TSV file and return it as a table of texts; no address, an empty table.

    What is called a frame elsewhere is a `Table` here: columns, and rows by column, in which a
    missing value is None. Raise as `get_csv_rows_from_url` does.
    """
    if not url:
        return Table("", ())
    return read_csv(_fetched(context, url).content, name=url, separator="\t")


def _fetched(context: dg.OpExecutionContext, url: str) -> requests.Response:
    """Fetch a file, and note what tells its version: without that no run could be repeated."""
    answer = DOWNLOADS.fetch(url)
    facts = {
        "url": dg.MetadataValue.url(url),
        "size_bytes": len(answer.content),
        "sha256": hashlib.sha256(answer.content).hexdigest(),
        "etag": answer.headers.get("ETag", "none"),
    }
    context.log.info(f"{url}: {facts['size_bytes']} bytes, sha256 {facts['sha256']}")
    context.add_output_metadata(facts)
    return answer


def _filled(row: Row) -> dict[str, str]:
    return {column: str(cell) for column, cell in row.items() if cell is not None}
