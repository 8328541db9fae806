"""`nmdc-runtime translate neon-…`: NEON's tables in a folder to documents in a file."""

import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import click

from nmdc_runtime.cli import translate_steps as steps
from nmdc_runtime.cli.examples import examples
from nmdc_runtime.kernel.clock import utc_now
from nmdc_runtime.kernel.errors import NmdcError
from nmdc_runtime.translation.neon.constants import (
    ENVO_TABLE,
    INSTRUMENT_TABLE,
    RAW_MAPPING_TABLE,
)
from nmdc_runtime.translation.neon.mappings import Source
from nmdc_runtime.translation.neon.options import Correction, NeonOptions, OnError, Provenance
from nmdc_runtime.translation.neon.products import FLOWS, NeonFlow, read_references
from nmdc_runtime.translation.neon.reading import read_neon_tables
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.report import TranslationFailed

#: What the mapping files are called in the folder, by their tables.
MAPPING_FILES: Final[Mapping[str, tuple[str, ...]]] = {
    ENVO_TABLE: ("neon_envo_mappings.tsv", "neon-nlcd-local-broad-mappings.tsv"),
    RAW_MAPPING_TABLE: ("neon_raw_data_file_mappings.tsv",),
    INSTRUMENT_TABLE: (
        "neon_nmdc_instrument_map.tsv",
        "neon_sequencingMethod_to_nmdc_instrument_set.tsv",
    ),
}
SITE_NAMES: Final = "site_code_mapping.json"
PACKAGE: Final = "expanded"

_FILE: Final = click.Path(path_type=Path, dir_okay=False, exists=True)
_NEW_FILE: Final = click.Path(path_type=Path, dir_okay=False)

_OPTIONS: Final = (
    click.option(
        "--input",
        "folder",
        required=True,
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        help="Folder with the tables: TABLE.csv, or NEON's own names of the expanded package, "
        "also in folders below it.",
    ),
    click.option("--output", required=True, type=_NEW_FILE, help="The file of documents (JSON)."),
    click.option(
        "--report",
        type=_NEW_FILE,
        help="The file of what happened.  [default: OUTPUT with .report.json at its end]",
    ),
    click.option(
        "--ids",
        type=_FILE,
        help="Ids of things, as --write-ids writes them. Things that are not in it get "
        "placeholders like nmdc:bsm-00-000001.",
    ),
    click.option("--write-ids", type=_NEW_FILE, help="Write which thing has which id."),
    click.option(
        "--on-error",
        type=click.Choice([each.value for each in OnError]),
        default=OnError.FAIL.value,
        show_default=True,
        help="skip: leave out samples that cannot be translated, with their processes and files.",
    ),
    click.option(
        "--dna-sample", "dna_samples", multiple=True, metavar="ID", help="Translate only this one."
    ),
    click.option(
        "--correction",
        "corrections",
        multiple=True,
        type=click.Choice([each.value for each in Correction]),
        help="Switch on a change of published values.",
    ),
    click.option(
        "--existing-biosamples",
        type=_FILE,
        help="JSON: name of a sample to the id of its biosample, which is there already.",
    ),
    click.option(
        "--library-samples",
        type=_FILE,
        help="JSON: name of a sample to the id of the processed sample that was sequenced.",
    ),
    click.option(
        "--site-names",
        type=_FILE,
        help=f"JSON: code of a site to its name.  [default: {SITE_NAMES} in the folder]",
    ),
    click.option(
        "--instruments",
        metavar="FILE|URL",
        help=f"Map of instruments.  [default: {MAPPING_FILES[INSTRUMENT_TABLE][0]} in the folder]",
    ),
)
_SOIL_OPTIONS: Final = (
    click.option(
        "--envo",
        metavar="FILE|URL",
        help=f"Map of land cover.  [default: {MAPPING_FILES[ENVO_TABLE][0]} in the folder]",
    ),
    click.option(
        "--raw-files",
        metavar="FILE|URL",
        help=f"Raw files of samples.  [default: {MAPPING_FILES[RAW_MAPPING_TABLE][0]} in the "
        "folder]",
    ),
)


def _command(flow: NeonFlow, words: str) -> click.Command:
    """Return the command of a translator."""

    def run(**given: Any) -> None:  # noqa: ANN401 (options)
        translate(flow, **given)

    run.__doc__ = f"""Translate NEON's {words} to documents of nmdc-schema.

    Needs no network, no database and no Dagster; nothing is minted. Both files have their names
    when they are complete, and not before.

    Ends with 0 if the documents are written, with 1 if the data cannot be translated (the report
    says why), and with 2 if a file cannot be read or written.
    """
    options = (*_OPTIONS, *(_SOIL_OPTIONS if ENVO_TABLE in flow.mappings else ()))
    for option in reversed(options):
        run = option(run)
    return click.command(
        flow.source,
        epilog=examples(
            f"nmdc-runtime translate {flow.source} --input tables --output documents.json",
            f"nmdc-runtime translate {flow.source} --input tables --output documents.json \\",
            "    --on-error skip --dna-sample BLAN_005-M-20200713-COMP-DNA1",
        ),
    )(run)


def translate(
    flow: NeonFlow,
    *,
    folder: Path,
    output: Path,
    report: Path | None,
    ids: Path | None,
    write_ids: Path | None,
    on_error: str,
    dna_samples: Iterable[str],
    corrections: Iterable[str],
    existing_biosamples: Path | None,
    library_samples: Path | None,
    site_names: Path | None,
    instruments: str | None,
    envo: str | None = None,
    raw_files: str | None = None,
) -> None:
    """Read all files, translate, and write the results."""
    results = steps.Results(output=output, report=report, used_ids=write_ids)
    results.check()
    known = steps.read_ids(ids)
    options = NeonOptions(
        dna_sample_ids=frozenset(dna_samples),
        library_sample_override=steps.read_texts(library_samples),
        existing_biosample_ids=steps.read_texts(existing_biosamples),
        on_error=OnError(on_error),
        corrections=frozenset(Correction(each) for each in corrections),
        provenance=Provenance(now=utc_now(), version=version("nmdc-runtime")),
    )
    files = files_of(folder, flow.tables)
    names = site_names or folder / SITE_NAMES
    asked = {ENVO_TABLE: envo, RAW_MAPPING_TABLE: raw_files, INSTRUMENT_TABLE: instruments}
    problems = Problems()
    with steps.progress(sum(map(len, files.values())) + 3, is_shown=True) as done:
        try:
            tables = read_neon_tables(files, problems, tell=lambda path: done(path.name))
            mappings = {name: _mapping(folder, name, asked[name]) for name in flow.mappings}
            references = read_references(
                flow,
                {name: source for name, source in mappings.items() if source is not None},
                steps.read_texts(names if names.exists() else None),
                problems,
            )
        except OSError as error:
            raise steps.FileUnusable(
                f"{error.filename} cannot be read: {error.strerror}"
            ) from error
        done("mapping files")
        try:
            plan, told = flow.plan(tables, references, options, problems)
        except TranslationFailed as failed:
            results.write_report(failed.report)
            failure: TranslationFailed | None = failed
        else:
            failure = None
            done("translated")
            documents = results.write(plan, told, known)
            done("written")
    if failure is not None:
        steps.tell_failure(results, str(failure))
        sys.exit(steps.FAILED)
    steps.tell(results, told, documents)


def files_of(folder: Path, tables: Iterable[str]) -> dict[str, list[Path]]:
    """Return the files of each table, in the order of their names; without any, no key.

    ``TABLE.csv``, or a name of NEON's with the table and ``expanded`` between its dots.
    """
    wanted = set(tables)
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*.csv"), key=lambda path: (path.name, path)):
        parts = set(path.name.split("."))
        if path.stem in wanted:
            found.setdefault(path.stem, []).append(path)
        elif PACKAGE in parts:
            for table in sorted(wanted & parts):
                found.setdefault(table, []).append(path)
    return found


def _mapping(folder: Path, name: str, asked: str | None) -> Source | None:
    """Return a mapping file: the one that was asked for, else the one in the folder, if any."""
    if asked is not None:
        from nmdc_runtime.clients.neon import NeonClient  # noqa: PLC0415 (few runs need it)

        try:
            with NeonClient() as client:
                return client.fetch_reference(asked).content
        except NmdcError as error:
            raise steps.FileUnusable(str(error)) from error
    there = (folder / each for each in MAPPING_FILES[name])
    return next((path for path in there if path.exists()), None)


COMMANDS: Final = tuple(
    _command(FLOWS[source], words)
    for source, words in (
        ("neon-soil", "soil metagenomes (DP1.10107.001 with DP1.10086.001)"),
        ("neon-benthic", "benthic metagenomes (DP1.20279.001)"),
        ("neon-surface-water", "surface water metagenomes (DP1.20281.001)"),
    )
)
