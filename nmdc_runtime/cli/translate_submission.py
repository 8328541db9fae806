"""`nmdc-runtime translate submission`: what the portal answers in a file to documents in a file."""

from importlib.metadata import version
from pathlib import Path
from typing import Final

import click

from nmdc_runtime.cli import translate_options as shared
from nmdc_runtime.cli import translate_steps as steps
from nmdc_runtime.cli.examples import examples
from nmdc_runtime.kernel.clock import utc_now
from nmdc_runtime.translation.portal.options import SOURCE_SYSTEM, PortalOptions, registered
from nmdc_runtime.translation.portal.tabs import check_submission
from nmdc_runtime.translation.portal.translator import PortalTables, plan_submission
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.report import TranslationReport
from nmdc_runtime.translation.tables import filled_rows, read_table
from nmdc_runtime.translation.values import provenance
from nmdc_runtime.translation.vocabulary import permissible_values

_OPTIONS: Final = (
    click.option(
        "--input",
        "source",
        required=True,
        type=shared.FILE,
        help="The portal's answer for a submission (JSON).",
    ),
    *shared.RESULTS,
    click.option(
        "--on-error",
        type=click.Choice(["fail", "skip"]),
        default="fail",
        show_default=True,
        help="skip: leave out samples that cannot be made, and what depends on them.",
    ),
    click.option(
        "--study-id",
        help="The study in NMDC that the samples join.  [default: that of the submission, else a "
        "new one]",
    ),
    click.option(
        "--study-category",
        type=click.Choice(sorted(permissible_values("StudyCategoryEnum"))),
        default="research_study",
        show_default=True,
        help="Of the study that is made.",
    ),
    click.option("--pi-image", metavar="URL", help="Picture of the principal investigator."),
    click.option(
        "--instruments",
        type=shared.FILE,
        help="JSON: model to the id of the instrument, which is there already.",
    ),
    click.option("--sequencing", type=shared.FILE, help="CSV: runs by sample."),
    click.option("--data-objects", type=shared.FILE, help="CSV: files of these runs by sample."),
    click.option("--extras", type=shared.FILE, help="CSV: more columns of biosamples."),
    click.option("--extras-slots", type=shared.FILE, help="CSV: to which slots they go."),
    click.option("--compat", is_flag=True, help="Keep what release 2.19 kept."),
)


def _run(
    *,
    source: Path,
    output: Path,
    report: Path | None,
    ids: Path | None,
    write_ids: Path | None,
    on_error: str,
    study_id: str | None,
    study_category: str,
    pi_image: str | None,
    instruments: Path | None,
    sequencing: Path | None,
    data_objects: Path | None,
    extras: Path | None,
    extras_slots: Path | None,
    compat: bool,
) -> None:
    results = steps.Results(output=output, report=report, used_ids=write_ids)
    results.check(source, instruments, sequencing, data_objects, extras, extras_slots)
    known = steps.read_ids(ids)
    found = Problems()
    with steps.progress(3, is_shown=True) as done:
        envelope = steps.read_json(source)
        if not isinstance(envelope, dict):
            raise steps.FileUnusable(f"{source} is no JSON object")
        tables = PortalTables(
            nucleotide_sequencing_mapping=_rows(sequencing, found),
            data_object_mapping=_rows(data_objects, found),
            biosample_extras=_rows(extras, found),
            biosample_extras_slot_mapping=_rows(extras_slots, found),
        )
        options = PortalOptions(
            study_id=study_id,
            study_category=study_category,
            study_pi_image_url=pi_image,
            instruments=steps.read_texts(instruments),
            strict=on_error == "fail",
            compat=compat,
            provenance=provenance(
                utc_now(),
                version=version("nmdc-runtime"),
                source_system=SOURCE_SYSTEM,
                submission_id=registered(envelope.get("id")),
            ),
        )

        def check(report: TranslationReport) -> None:
            report.problems.extend(found)
            # Nothing is stored: submissions for testing are welcome.
            check_submission(envelope, report.problems, allow_test=True, statuses=frozenset())

        done("read")
        ended = shared.finish(
            lambda: plan_submission(envelope, tables, options, check=check), results, known, done
        )
    shared.tell(results, *ended)


_run.__doc__ = f"""Translate a submission of the portal to documents of nmdc-schema.
{shared.ENDS}"""


def _rows(file: Path | None, found: Problems) -> list[dict[str, str]]:
    """Return the rows of a CSV file without their empty cells; no file, no rows."""
    if file is None:
        return []
    try:
        table = read_table(file.read_bytes(), name=file.name)
    except (OSError, ValueError) as error:
        raise steps.FileUnusable(f"{file} cannot be read: {error}") from error
    found.extend(table.problems)
    return filled_rows(table)


COMMANDS: Final = (
    click.command(
        "submission",
        epilog=examples(
            "nmdc-runtime translate submission --input submission.json --output documents.json",
            "nmdc-runtime translate submission --input submission.json --output documents.json \\",
            "    --sequencing runs.csv --data-objects files.csv --on-error skip",
        ),
    )(shared.with_options(_run, _OPTIONS)),
)
