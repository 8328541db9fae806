"""`nmdc-runtime translate submission`: what the portal answers in a file to documents in a file."""

from importlib.metadata import version
from pathlib import Path
from typing import Final

import click

from nmdc_runtime.cli import translate_options as shared
from nmdc_runtime.cli import translate_steps as steps
from nmdc_runtime.cli.examples import examples
from nmdc_runtime.kernel.clock import utc_now
from nmdc_runtime.translation.gold.reading import matches
from nmdc_runtime.translation.portal.options import SOURCE_SYSTEM, PortalOptions
from nmdc_runtime.translation.portal.translator import PortalTables, plan_submission
from nmdc_runtime.translation.tables import read_csv
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
        "--study-id", help="The study in NMDC that the samples belong to.  [default: a new one]"
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
    results.check()
    known = steps.read_ids(ids)
    with steps.progress(3, is_shown=True) as done:
        envelope = steps.read_json(source)
        if not isinstance(envelope, dict):
            raise steps.FileUnusable(f"{source} is no JSON object")
        tables = PortalTables(
            nucleotide_sequencing_mapping=_rows(sequencing),
            data_object_mapping=_rows(data_objects),
            biosample_extras=_rows(extras),
            biosample_extras_slot_mapping=_rows(extras_slots),
        )
        submission_id = envelope.get("id")
        is_known = isinstance(submission_id, str) and matches(
            submission_id, "ProvenanceMetadata", "submission_portal_identifier"
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
                submission_id=submission_id if is_known else None,
            ),
        )
        done("read")
        ended = shared.finish(
            lambda: plan_submission(envelope, tables, options), results, known, done
        )
    shared.tell(results, *ended)


_run.__doc__ = f"""Translate a submission of the portal to documents of nmdc-schema.
{shared.ENDS}"""


def _rows(file: Path | None) -> list[dict[str, str]]:
    """Return the rows of a CSV file without their empty cells; no file, no rows."""
    if file is None:
        return []
    try:
        table = read_csv(file.read_bytes(), name=file.name)
    except (OSError, ValueError) as error:
        raise steps.FileUnusable(f"{file} cannot be read: {error}") from error
    rows = ({key: str(cell) for key, cell in row.items() if cell is not None} for row in table.rows)
    return [row for row in rows if row]


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
