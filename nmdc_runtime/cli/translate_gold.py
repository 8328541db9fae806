"""`nmdc-runtime translate gold`: records of GOLD's in files to documents in a file."""

from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import click

from nmdc_runtime.cli import translate_options as shared
from nmdc_runtime.cli import translate_steps as steps
from nmdc_runtime.cli.examples import examples
from nmdc_runtime.clients.gold import join_projects
from nmdc_runtime.kernel.clock import utc_now
from nmdc_runtime.translation.gold.instruments import read_instrument_map, shipped_instrument_map
from nmdc_runtime.translation.gold.options import SOURCE_SYSTEM, GoldOptions
from nmdc_runtime.translation.gold.study import GoldRecords, plan_gold_study
from nmdc_runtime.translation.tables import Table
from nmdc_runtime.translation.values import provenance
from nmdc_runtime.translation.vocabulary import permissible_values

#: Kinds of records: files in a folder (``biosamples.json``), or keys of one file.
LISTS: Final = ("biosamples", "projects", "analysis_projects")
STUDY: Final = ("study", "studies")
#: What the map of instruments is called in the folder.
MAP: Final = "gold_seqMethod_to_nmdc_instrument_set.tsv"

_OPTIONS: Final = (
    click.option(
        "--input",
        "source",
        required=True,
        type=click.Path(path_type=Path, exists=True),
        help="Folder with GOLD's answers: study.json (or studies.json), biosamples.json, "
        "projects.json, analysis_projects.json; or one file, an object with these keys.",
    ),
    *shared.RESULTS,
    click.option(
        "--study-type",
        type=click.Choice(sorted(permissible_values("StudyCategoryEnum"))),
        default="research_study",
        show_default=True,
        help="The study's category.",
    ),
    click.option(
        "--instruments",
        type=shared.FILE,
        help=f"Map of instruments.  [default: {MAP} in the folder, else the one of this release]",
    ),
    click.option("--sites", is_flag=True, help="Also make field research sites."),
    click.option(
        "--all-biosamples",
        is_flag=True,
        help="Also biosamples without a project that can be translated.",
    ),
    click.option("--strict", is_flag=True, help="Fail if a record lacks what it must have."),
    click.option("--compat", is_flag=True, help="Choose unfinished projects of JGI's too."),
    click.option(
        "--further-slots", is_flag=True, help="Fill slots that earlier releases left empty."
    ),
)


def _run(
    *,
    source: Path,
    output: Path,
    report: Path | None,
    ids: Path | None,
    write_ids: Path | None,
    study_type: str,
    instruments: Path | None,
    sites: bool,
    all_biosamples: bool,
    strict: bool,
    compat: bool,
    further_slots: bool,
) -> None:
    results = steps.Results(output=output, report=report, used_ids=write_ids)
    results.check(*files_of(source), instruments)
    known = steps.read_ids(ids)
    options = GoldOptions(
        study_type=study_type,
        include_field_site_info=sites,
        enable_biosample_filtering=not all_biosamples,
        strict=strict,
        compat=compat,
        further_slots=further_slots,
        provenance=provenance(
            utc_now(), version=version("nmdc-runtime"), source_system=SOURCE_SYSTEM
        ),
    )
    with steps.progress(3, is_shown=True) as done:
        records = records_in(source, instruments)
        done("read")
        ended = shared.finish(lambda: plan_gold_study(records, options), results, known, done)
    shared.tell(results, *ended)


_run.__doc__ = f"""Translate a study of GOLD's to documents of nmdc-schema.
{shared.ENDS}"""


def records_in(source: Path, instruments: Path | None) -> GoldRecords:
    """Return the records of a file or a folder, each biosample with its projects."""
    content = _content(source)
    if not content.keys() & {*STUDY, *LISTS}:
        wanted = ", ".join(
            f"{name}.json" if source.is_dir() else name for name in (STUDY[0], *LISTS)
        )
        raise steps.FileUnusable(f"{source} has none of {wanted}")
    study = next((content[name] for name in STUDY if name in content), None)
    if isinstance(study, list):
        study = next(iter(study), None)
    if study is not None and not isinstance(study, dict):
        raise steps.FileUnusable(f"{source}: study is no object")
    lists = {name: _records(source, name, content.get(name)) for name in LISTS}
    if not any("projects" in each for each in lists["biosamples"]):
        join_projects(lists["biosamples"], lists["projects"])
    return GoldRecords(study=study, instruments=_instruments(source, instruments), **lists)


def files_of(source: Path) -> list[Path]:
    """Return the files that a folder may have, or the one file."""
    names = (*(f"{name}.json" for name in (*STUDY, *LISTS)), MAP)
    return [source / name for name in names] if source.is_dir() else [source]


def _content(source: Path) -> dict[str, Any]:
    if source.is_dir():
        there = {file.stem: file for file in files_of(source) if file.suffix == ".json"}
        return {name: steps.read_json(file) for name, file in there.items() if file.exists()}
    content = steps.read_json(source)
    if not isinstance(content, dict):
        raise steps.FileUnusable(f"{source} is no JSON object of study, {', '.join(LISTS)}")
    return content


def _records(source: Path, name: str, found: Any) -> list[dict[str, Any]]:  # noqa: ANN401 (JSON)
    records = [] if found is None else found
    if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
        raise steps.FileUnusable(f"{source}: {name} is no list of objects")
    return records


def _instruments(source: Path, given: Path | None) -> Table:
    file = given or (source / MAP if source.is_dir() else None)
    if file is None or not file.exists():
        return shipped_instrument_map()
    try:
        return read_instrument_map(file.read_bytes())
    except (OSError, ValueError) as error:
        raise steps.FileUnusable(f"{file} cannot be read: {error}") from error


COMMANDS: Final = (
    click.command(
        "gold",
        epilog=examples(
            "nmdc-runtime translate gold --input answers --output documents.json",
            "nmdc-runtime translate gold --input study.json --output documents.json --sites",
        ),
    )(shared.with_options(_run, _OPTIONS)),
)
