"""`nmdc-runtime export`: metadata as files of other people's formats."""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import click

from nmdc_runtime.cli.examples import examples
from nmdc_runtime.cli.nmdcdb import TellingCommand
from nmdc_runtime.config import Settings
from nmdc_runtime.exports.study_files import StudyFormat, file_name, parts_of
from nmdc_runtime.wiring import open_services

#: From when on, and how often, a person who waits is told, in s.
PATIENCE_S: Final = 2.0
BETWEEN_S: Final = 1.0


@click.group(
    epilog=examples("nmdc-runtime export study nmdc:sty-11-34xj1150 --format xlsx"),
)
def export() -> None:
    """Write metadata to files. Reads the database of the settings, and changes nothing."""


@export.command(
    cls=TellingCommand,
    epilog=examples(
        "nmdc-runtime export study nmdc:sty-11-34xj1150",
        "nmdc-runtime export study nmdc:sty-11-34xj1150 --format xlsx",
        "nmdc-runtime export study nmdc:sty-11-34xj1150 --output samples.parquet",
    ),
)
@click.argument("study_id")
@click.option(
    "--format",
    "named",
    type=click.Choice([each.value for each in StudyFormat]),
    help="Kind of the file.  [default: as the name of the file ends, else csv]",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file; if it is there, it is replaced.  [default: study_STUDY_ID_biosamples.FORMAT]",
)
def study(study_id: str, named: str | None, output: Path | None) -> None:
    """Write the biosamples of a study to one table, with nested attributes as columns.

    The file has its name when it is complete, and not before. Reads MONGO_HOST, MONGO_USERNAME,
    MONGO_PASSWORD and MONGO_DBNAME.
    """
    format_ = StudyFormat(named) if named else _format_of(output)
    file = output or Path(file_name(study_id, format_))
    if not file.parent.is_dir():
        raise click.BadParameter(f"there is no folder {file.parent}", param_hint="--output")
    with open_services(Settings()) as services:
        rows = services.study_exports.gather(study_id, tell=_telling())
        write_whole(file, parts_of(rows, format_))
        click.echo(
            f"{file}: {rows.count:,} biosample{'' if rows.count == 1 else 's'}, "
            f"{len(rows.columns):,} columns"
        )
        rows.close()


def _format_of(output: Path | None) -> StudyFormat:
    suffix = output.suffix.lower().removeprefix(".") if output else ""
    return StudyFormat(suffix) if suffix in set(StudyFormat) else StudyFormat.CSV


def write_whole(file: Path, parts: Iterable[bytes]) -> None:
    """Write beside the file, and give it its name at the end."""
    partial = file.with_name(f"{file.name}.part")
    try:
        with partial.open("wb") as stream:
            for part in parts:
                stream.write(part)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(file)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _telling(clock: Callable[[], float] = time.monotonic) -> Callable[[int, int], None]:
    """Return what tells a person who waits how far it is, on standard error."""
    due = clock() + PATIENCE_S

    def tell(done: int, of: int) -> None:
        nonlocal due
        if clock() >= due:
            due = clock() + BETWEEN_S
            click.echo(f"{done:,} of {of:,} biosamples read ...", err=True)

    return tell
