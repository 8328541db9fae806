"""Ops that fetch tables which somebody names by an address: once, whole, and not too large."""

import hashlib
from dataclasses import dataclass, field
from typing import Final

import dagster as dg
import requests

from nmdc_runtime.clients.downloads import Downloads
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.tables import Row, Table, read_csv

#: Who may launch runs may fetch from the own network too.
DOWNLOADS: Final = Downloads(are_private_allowed=True)


@dataclass(frozen=True, slots=True)
class FetchedTable(Table):
    """A table, and what is wrong with rows of its file."""

    problems: Problems = field(default_factory=Problems)


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
    missing value is None. A row with more cells than the header loses those: a problem of the
    translation's report. Raise `requests.HTTPError` if the server refuses, and `ValueError` for
    what is no table.
    """
    if not url:
        return Table("", ())
    content = _fetched(context, url).content
    if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        raise ValueError(f"what came from {url} is a page and no table")
    problems = Problems()
    table = read_csv(content, name=url, separator="\t", problems=problems)
    for problem in problems:
        if problem.code != "bad_row":
            raise ValueError(problem.message)
        context.log.warning(problem.message)
    return FetchedTable(table.name, table.columns, table.rows, problems)


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
