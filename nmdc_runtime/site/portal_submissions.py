"""Ops that fetch a submission of the portal and translate it."""

from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from typing import Any, Final

import dagster as dg
from pydantic import Field

from nmdc_runtime.clients.portal import NmdcPortalClient
from nmdc_runtime.config import Environment
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE, permanent_unless_unavailable
from nmdc_runtime.site.kinds import PORTAL_POOL
from nmdc_runtime.site.tables_from_urls import FetchedRows
from nmdc_runtime.site.translation_reports import brought
from nmdc_runtime.translation.portal.options import SOURCE_SYSTEM, PortalOptions, registered
from nmdc_runtime.translation.portal.tabs import check_submission
from nmdc_runtime.translation.portal.texts import clean
from nmdc_runtime.translation.portal.translator import PortalTables, plan_submission
from nmdc_runtime.translation.problems import Problems
from nmdc_runtime.translation.report import TranslationReport
from nmdc_runtime.translation.values import provenance
from nmdc_runtime.wiring import Services

Rows = list[dict[str, str]]
#: Runs that Dagster has started in the place of one whose worker died have it.
RETRY_TAG: Final = "dagster/retry_number"

INPUTS: Final = {
    "submission_id": "The portal's id of the submission.",
    "nucleotide_sequencing_mapping_file_url": "CSV: runs by sample (__biosample_samp_name).",
    "data_object_mapping_file_url": "CSV: files of these runs by sample (__biosample_samp_name).",
    "biosample_extras_file_url": "CSV: more columns of biosamples, by samp_name.",
    "biosample_extras_slot_mapping_file_url": "CSV: to which slots those columns go (subject_id, "
    "object_id, subject_unit).",
    "study_id": "The study in NMDC that the samples join; none: that of the submission, or a new "
    "one.",
}


class PortalTranslation(dg.Config):
    """Choices of a translation; without any, it does what the published jobs do."""

    on_error: str = Field(
        default="fail",
        description="fail; or skip: leave out samples that cannot be made, and what depends on "
        "them.",
    )
    compat: bool = Field(
        default=False, description="Keep blank names and what else release 2.19 kept."
    )
    replace_stored: bool = Field(default=False, description="Write stored documents anew.")
    allow_test: bool = Field(
        default=False,
        description="Take a submission for testing the portal also where data are for good.",
    )
    statuses: list[str] = Field(
        default=[],
        description="Which of the portal's statuses are finished enough; none: any is.",
    )

    def options(self, submission_id: object, *, now: datetime, **given: Any) -> PortalOptions:  # noqa: ANN401 (as PortalOptions)
        """Return the choices as translators have them; fail for good on one that is none."""
        if self.on_error not in {"fail", "skip"}:
            raise dg.Failure(
                description=f"on_error is fail or skip, not {self.on_error!r}", allow_retries=False
            )
        return PortalOptions(
            strict=self.on_error == "fail",
            compat=self.compat,
            provenance=provenance(
                now,
                version=version("nmdc-runtime"),
                source_system=SOURCE_SYSTEM,
                submission_id=registered(submission_id),
            ),
            **given,
        )

    def checking(
        self,
        services: Services,
        envelope: dict[str, Any],
        found: Problems,
        *,
        study_id: str | None = None,
    ) -> Callable[[TranslationReport], None]:
        """Return what reports whatever speaks against translating a submission at all.

        Parameters
        ----------
        found
            What is wrong with the files beside it.
        study_id
            The study that the samples are to join, whatever the portal says.
        """
        is_for_good = services.settings.environment is Environment.PROD
        told = None if study_id else clean(envelope.get("nmdc_study_id"))
        is_lost = told and not services.metadata.store.find_ids("study_set", [str(told)])

        def check(report: TranslationReport) -> None:
            report.problems.extend(found)
            if is_lost:
                report.problems.add(
                    "missing_study",
                    f"the portal says that the submission is the study {told}, which is not in "
                    "NMDC: name the study_id that its samples are to join",
                    value=told,
                )
            check_submission(
                envelope,
                report.problems,
                allow_test=self.allow_test or not is_for_good,
                statuses=frozenset(self.statuses),
            )

        return check


def asked_at(run: dg.DagsterRun, instance: dg.DagsterInstance, *, clock: Clock) -> datetime:
    """Return when a run was asked for; one that follows on a crash is the same one again.

    So it makes the same bytes, which the hub takes in once: a copy from the first attempt that
    came late would take the pictures out of the study.
    """
    while RETRY_TAG in run.tags and run.parent_run_id:
        before = instance.get_run_by_id(run.parent_run_id)
        if before is None:
            break
        run = before
    record = instance.get_run_record_by_id(run.run_id)
    return clock() if record is None else record.create_timestamp


@dg.op(
    ins={name: dg.In(description=description) for name, description in INPUTS.items()},
    out={name: dg.Out() for name in INPUTS},
    retry_policy=RETRY_UNAVAILABLE,
)
def get_submission_portal_pipeline_inputs(  # noqa: PLR0917 (published inputs)
    services: dg.ResourceParam[Services],
    submission_id: str = "",
    nucleotide_sequencing_mapping_file_url: str | None = None,
    data_object_mapping_file_url: str | None = None,
    biosample_extras_file_url: str | None = None,
    biosample_extras_slot_mapping_file_url: str | None = None,
    study_id: str | None = None,
) -> tuple[str, str | None, str | None, str | None, str | None, str | None]:
    """Hand on which submission is translated; a study that is named must be stored."""
    if not submission_id.strip():
        raise dg.Failure(
            description="submission_id is empty: which submission is to be translated?",
            allow_retries=False,
        )
    study_id = (study_id or "").strip()
    if study_id and not services.metadata.store.find_ids("study_set", [study_id]):
        raise dg.Failure(description=f"no study has the id {study_id!r}", allow_retries=False)
    return (
        submission_id.strip(),
        nucleotide_sequencing_mapping_file_url,
        data_object_mapping_file_url,
        biosample_extras_file_url,
        biosample_extras_slot_mapping_file_url,
        study_id or None,
    )


@dg.op(
    required_resource_keys={"nmdc_portal_api_client"},
    retry_policy=RETRY_UNAVAILABLE,
    pool=PORTAL_POOL,
)
def fetch_nmdc_portal_submission_by_id(
    context: dg.OpExecutionContext, submission_id: str
) -> dict[str, Any]:
    """Fetch a submission from the portal; if it does not say its id, it is the one asked for."""
    portal: NmdcPortalClient = context.resources.nmdc_portal_api_client
    with permanent_unless_unavailable():
        found = portal.fetch_metadata_submission(submission_id)
    facts = ("status", "sample_count", "date_last_modified", "nmdc_study_id")
    said = {name: clean(found.get(name)) for name in facts}
    context.add_output_metadata({k: "none" if v is None else str(v) for k, v in said.items()})
    # What is made of it is known by its id.
    return found if clean(found.get("id")) is not None else {**found, "id": submission_id}


@dg.op(
    ins={
        "study_category": dg.In(description="Of a study that is made, e.g. research_study."),
        "study_pi_image_url": dg.In(description="Picture of its principal investigator."),
    },
    retry_policy=RETRY_UNAVAILABLE,
)
def translate_portal_submission_to_nmdc_schema_database(  # noqa: PLR0917 (published inputs)
    context: dg.OpExecutionContext,
    config: PortalTranslation,
    services: dg.ResourceParam[Services],
    metadata_submission: dict[str, Any],
    nucleotide_sequencing_mapping: Rows,
    data_object_mapping: Rows,
    instrument_mapping: dict[str, str],
    are_ids_permanent: bool,
    study_category: str | None = "research_study",
    study_pi_image_url: str | None = None,
    biosample_extras: Rows = [],  # noqa: B006 (Dagster hands it on, nobody changes it)
    biosample_extras_slot_mapping: Rows = [],  # noqa: B006 (as above)
    study_id: str | None = None,
) -> Any:  # noqa: ANN401 (collections by name)
    """Translate a submission; return the documents that are new."""
    options = config.options(
        metadata_submission.get("id"),
        now=asked_at(context.run, context.instance, clock=services.clock),
        study_id=study_id or None,
        study_category=study_category,
        study_pi_image_url=study_pi_image_url,
        instruments=instrument_mapping,
    )
    tables = PortalTables(
        nucleotide_sequencing_mapping=nucleotide_sequencing_mapping,
        data_object_mapping=data_object_mapping,
        biosample_extras=biosample_extras,
        biosample_extras_slot_mapping=biosample_extras_slot_mapping,
    )
    found = Problems()
    for rows in (
        nucleotide_sequencing_mapping,
        data_object_mapping,
        biosample_extras,
        biosample_extras_slot_mapping,
    ):
        if isinstance(rows, FetchedRows):
            found.extend(rows.problems)
    return brought(
        context,
        services,
        lambda: plan_submission(
            metadata_submission,
            tables,
            options,
            check=config.checking(services, metadata_submission, found, study_id=study_id),
        ),
        is_permanent=are_ids_permanent,
        replaces_stored=config.replace_stored,
    )
