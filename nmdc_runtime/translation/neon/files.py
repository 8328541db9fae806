"""Raw files of sequencing: which are a pair, and the data objects and manifests for them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from nmdc_runtime.translation.neon.constants import (
    DATA_CATEGORY,
    MANIFEST_CATEGORY,
    READ_TYPES,
    Product,
)
from nmdc_runtime.translation.planning import Label
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.report import TableUse
from nmdc_runtime.translation.tables import Row
from nmdc_runtime.translation.values import without_empty

#: What tells the read in the name of a file; the first that a name contains counts. Some files of
#: 2013 have the longer form.
READ_MARKS: Final = (
    ("_R1.fastq.gz", 1),
    ("_R2.fastq.gz", 2),
    ("-R1-Sequences.fastq.gz", 1),
    ("-R2-Sequences.fastq.gz", 2),
)
_MD5: Final = re.compile(r"[0-9a-fA-F]{32}")


@dataclass(slots=True)
class RawFile:
    """One file of raw reads; ``run_id`` is what the source calls its run, if it says so."""

    url: str
    name: str
    base: str
    read: int
    checksum: str | None
    run_id: str | None

    @property
    def label(self) -> Label:
        """The label of its data object: a file is known by where it lies."""
        return Label("nmdc:DataObject", self.url)


@dataclass(slots=True)
class SequencingRun:
    """The files whose names have one base: read 1, read 2 or both."""

    base: str
    files: list[RawFile] = field(default_factory=list)

    @property
    def by_read(self) -> list[RawFile]:
        """The files, read 1 first."""
        return sorted(self.files, key=lambda each: each.read)


def raw_files(
    rows: Sequence[Row],
    *,
    table: str,
    sample_id: str,
    problems: Problems,
    use: TableUse,
    has_checksums: bool,
    owners: dict[str, str] | None = None,
) -> list[RawFile]:
    """Return the files of one sample, each path once, in the order of the rows.

    Read: ``rawDataFilePath``, ``checkSum`` and ``sequencerRunID`` where there are any.

    Parameters
    ----------
    use
        Gets each row as used, or as skipped and why.
    has_checksums
        Whether the table has checksums, so that a missing one is a problem.
    owners
        Path → the sample that has it already, over all samples; gets the paths of this one. A file
        is the output of one sample's sequencing only.
    """
    files: dict[str, RawFile] = {}

    def problem(code: str, message: str, value: object, *, column: str = "rawDataFilePath") -> None:
        problems.add(code, message, table=table, natural_id=sample_id, column=column, value=value)

    for row in rows:
        url = row.get("rawDataFilePath")
        if url is None:
            problem("missing_id", f"table {table}: a file of {sample_id} has no path", None)
            use.skip("missing_id")
            continue
        parsed = _parsed(str(url), row)
        if parsed is None:
            problem(
                "unrecognised_raw_file_name",
                f"table {table}: the name of {url} tells neither read 1 nor read 2",
                url,
            )
            use.skip("unrecognised_raw_file_name")
            continue
        if parsed.checksum and not _MD5.fullmatch(parsed.checksum):
            problem(
                "bad_checksum",
                f"table {table}: {parsed.checksum!r} of {url} is no MD5 checksum",
                parsed.checksum,
                column="checkSum",
            )
            parsed.checksum = None
        owner = sample_id if owners is None else owners.setdefault(parsed.url, sample_id)
        if owner != sample_id:
            problem(
                "duplicate_raw_file_row",
                f"table {table} lists {url} under {sample_id}, but it is a file of {owner}",
                url,
            )
            use.skip("duplicate_raw_file_row")
            continue
        earlier = files.get(parsed.url)
        if earlier is None:
            files[parsed.url] = parsed
            use.use()
            continue
        problem("duplicate_raw_file_row", f"table {table} lists {url} more than once", url)
        use.skip("duplicate_raw_file_row")
        if earlier.checksum and parsed.checksum and earlier.checksum != parsed.checksum:
            problem(
                "conflicting_values",
                f"table {table} has two checksums of {url}; the first is taken",
                parsed.checksum,
                column="checkSum",
            )
        earlier.checksum = earlier.checksum or parsed.checksum
        earlier.run_id = earlier.run_id or parsed.run_id
    for file in files.values():
        if has_checksums and file.checksum is None:
            problem(
                "missing_checksum",
                f"table {table} has no checksum of {file.url}",
                None,
                column="checkSum",
            )
    return list(files.values())


def sequencing_runs(
    files: Iterable[RawFile], *, table: str, sample_id: str, problems: Problems
) -> list[SequencingRun]:
    """Return the files of one sample by the base of their names, in order of first appearance.

    A run has at most one file of each read: of two the first stays and the other is left out.
    Directories do not count: read 1 and read 2 lie in different ones.
    """
    runs: dict[str, SequencingRun] = {}
    for file in files:
        run = runs.setdefault(file.base, SequencingRun(file.base))
        same = next((each for each in run.files if each.read == file.read), None)
        if same is None:
            run.files.append(file)
            continue
        problems.add(
            "conflicting_values",
            f"table {table}: {file.url} and {same.url} are both read {file.read} of {file.base}; "
            "the first is taken",
            table=table,
            natural_id=sample_id,
            column="rawDataFilePath",
            value=file.url,
        )
    for run in runs.values():
        if len(run.files) == 1:
            problems.add(
                "unpaired_raw_file",
                f"table {table}: {run.files[0].url} is read {run.files[0].read}, and there is no "
                "other one of its pair",
                table=table,
                natural_id=sample_id,
                column="rawDataFilePath",
                value=run.files[0].url,
            )
    return list(runs.values())


def data_object(file: RawFile, *, manifest: Label | None) -> dict[str, Any]:
    """Return the ``nmdc:DataObject`` of a file."""
    return without_empty(
        {
            "id": file.label,
            "type": "nmdc:DataObject",
            "name": file.name,
            "description": f"sequencing results for {file.name.partition('.')[0]}",
            "data_category": DATA_CATEGORY,
            "data_object_type": READ_TYPES[file.read],
            "md5_checksum": file.checksum,
            "url": file.url,
            "in_manifest": [manifest] if manifest else None,
        }
    )


def manifest_label(product: Product, sample_id: str) -> Label:
    """Return the label of the manifest that holds the files of a sample."""
    return Label("nmdc:Manifest", product.key(sample_id))


def manifest(label: Label) -> dict[str, Any]:
    """Return an ``nmdc:Manifest`` of files that may be analysed together."""
    return {"id": label, "type": "nmdc:Manifest", "manifest_category": MANIFEST_CATEGORY}


def _parsed(url: str, row: Row) -> RawFile | None:
    name = url.rpartition("/")[2]
    for mark, read in READ_MARKS:
        if mark in name:
            checksum, run_id = row.get("checkSum"), row.get("sequencerRunID")
            return RawFile(
                url=url,
                name=name,
                base=name.rpartition(mark)[0],
                read=read,
                checksum=None if checksum is None else str(checksum),
                run_id=None if run_id is None else str(run_id),
            )
    return None
