"""`nmdc-runtime export`: metadata as files of other people's formats."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import click
import orjson

from nmdc_runtime.cli.examples import examples
from nmdc_runtime.cli.nmdcdb import TellingCommand
from nmdc_runtime.cli.whole_files import write_whole
from nmdc_runtime.config import Settings
from nmdc_runtime.exports.ncbi_service import NcbiExportService
from nmdc_runtime.exports.study_files import StudyFormat, file_name, parts_of
from nmdc_runtime.translation.ncbi.mapping import AttributeMapping, read_mapping
from nmdc_runtime.translation.ncbi.models import Wishes
from nmdc_runtime.wiring import open_services

#: From when on, and how often, a person who waits is told, in s.
PATIENCE_S: Final = 2.0
BETWEEN_S: Final = 1.0


@click.group(
    epilog=examples(
        "nmdc-runtime export study nmdc:sty-11-34xj1150 --format xlsx",
        "nmdc-runtime export ncbi nmdc:sty-11-34xj1150 --organization NMDC --organism metagenome",
    ),
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
        _write(file, parts_of(rows, format_))
        click.echo(
            f"{file}: {rows.count:,} biosample{'' if rows.count == 1 else 's'}, "
            f"{len(rows.columns):,} columns"
        )
        rows.close()


@export.command(
    cls=TellingCommand,
    epilog=examples(
        "nmdc-runtime export ncbi nmdc:sty-11-34xj1150 --organization NMDC --organism metagenome",
    ),
)
@click.argument("study_id")
@click.option(
    "--organization",
    required=True,
    help="Who submits, as NCBI knows it; also the namespace of all identifiers.",
)
@click.option("--organism", required=True, help="Name of each sample's organism at NCBI.")
@click.option(
    "--mapping",
    "named",
    default="",
    help="Table of attributes, a file or an address.  [default: nmdc-schema's own]",
)
@click.option("--contact-first", default="", help="Instead of the principal investigator's.")
@click.option("--contact-last", default="", help="Instead of the principal investigator's.")
@click.option("--contact-email", default="", help="Instead of the principal investigator's.")
@click.option(
    "--hemispheres", is_flag=True, help="Write positions as 39.7 N 102.4 W, not as 39.7 -102.4."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file; if it is there, it is replaced.  [default: ncbi_submission_STUDY_ID.xml]",
)
def ncbi(
    study_id: str,
    *,
    organization: str,
    organism: str,
    named: str,
    contact_first: str,
    contact_last: str,
    contact_email: str,
    hemispheres: bool,
    output: Path | None,
) -> None:
    """Write a submission to NCBI of a study: XML, and a report of what is left out of it.

    The report is beside the XML: FILE_report.json. The XML has its name when both are complete.
    Reads MONGO_HOST, MONGO_USERNAME, MONGO_PASSWORD and MONGO_DBNAME.
    """
    file = output or Path(f"ncbi_submission_{study_id.replace(':', '_')}.xml")
    if not file.parent.is_dir():
        raise click.BadParameter(f"there is no folder {file.parent}", param_hint="--output")
    wishes = Wishes(
        organization=organization,
        organism=organism,
        contact_first=contact_first,
        contact_last=contact_last,
        contact_email=contact_email,
        has_hemispheres=hemispheres,
    )
    with open_services(Settings()) as services:
        exports = services.ncbi_exports
        made = exports.export(study_id, _mapping(exports, named), wishes)
    report = file.with_name(f"{file.stem}_report.json")
    _write(report, [orjson.dumps(made.report, option=orjson.OPT_INDENT_2)])
    _write(file, [made.xml.encode()])
    counts = made.report["counts"]
    click.echo(
        f"{file}: {counts['biosample_actions']:,} for BioSample, {counts['sra_actions']:,} for SRA"
    )
    for kind in ("left_out", "warnings"):
        for name, count in counts[kind].items():
            click.echo(f"{kind.replace('_', ' ')}: {name} {count:,}")
    click.echo(f"{report}: each of them, with the reason")


def _write(file: Path, parts: Iterable[bytes]) -> None:
    """Write a file whole, or say why not."""
    try:
        write_whole(file, parts)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from error


def _mapping(exports: NcbiExportService, named: str) -> AttributeMapping:
    """Return the mapping of a file or an address; of none, the package's own."""
    if not named or "://" in named:
        return exports.mapping(named)
    try:
        return read_mapping(Path(named).read_bytes(), name=named)
    except OSError as error:
        raise click.BadParameter(f"{named}: {error.strerror}", param_hint="--mapping") from None


def _format_of(output: Path | None) -> StudyFormat:
    suffix = output.suffix.lower().removeprefix(".") if output else ""
    return StudyFormat(suffix) if suffix in set(StudyFormat) else StudyFormat.CSV


def _telling(clock: Callable[[], float] = time.monotonic) -> Callable[[int, int], None]:
    """Return what tells a person who waits how far it is, on standard error."""
    due = clock() + PATIENCE_S

    def tell(done: int, of: int) -> None:
        nonlocal due
        if clock() >= due:
            due = clock() + BETWEEN_S
            click.echo(f"{done:,} of {of:,} biosamples read ...", err=True)

    return tell
