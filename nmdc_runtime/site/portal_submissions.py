"""Ops that fetch a submission of the portal and translate it."""

from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Final

import dagster as dg
from pydantic import Field

from nmdc_runtime.clients.portal import NmdcPortalClient
from nmdc_runtime.config import Environment
from nmdc_runtime.site.failures import RETRY_UNAVAILABLE, permanent_unless_unavailable
from nmdc_runtime.site.kinds import PORTAL_POOL
from nmdc_runtime.site.translation_reports import brought
from nmdc_runtime.translation.gold.reading import matches
from nmdc_runtime.translation.portal.options import SOURCE_SYSTEM, PortalOptions
from nmdc_runtime.translation.portal.tabs import check_submission
from nmdc_runtime.translation.portal.translator import PortalTables, plan_submission
from nmdc_runtime.translation.report import TranslationReport
from nmdc_runtime.translation.values import provenance
from nmdc_runtime.wiring import Services

Rows = list[dict[str, str]]

INPUTS: Final = (
    "submission_id",
    "nucleotide_sequencing_mapping_file_url",
    "data_object_mapping_file_url",
    "biosample_extras_file_url",
    "biosample_extras_slot_mapping_file_url",
    "study_id",
)


class PortalTranslation(dg.Config):
    """Choices of a translation; without any, it does what the published jobs do."""

    #: ``fail``, or ``skip``: leave out samples that cannot be made, and what depends on them.
    on_error: str = "fail"
    compat: bool = False
    replace_stored: bool = False
    #: Translate a submission for testing the portal also where data are for good.
    allow_test: bool = False
    #: Which of the portal's statuses are finished enough; none: any is.
    statuses: list[str] = Field(default=[])

    def options(self, services: Services, submission_id: object, **given: Any) -> PortalOptions:  # noqa: ANN401 (as PortalOptions)
        """Return the choices as translators have them; fail for good on one that is none."""
        if self.on_error not in {"fail", "skip"}:
            raise dg.Failure(
                description=f"on_error is fail or skip, not {self.on_error!r}", allow_retries=False
            )
        return PortalOptions(
            strict=self.on_error == "fail",
            compat=self.compat,
            provenance=provenance(
                services.clock(),
                version=version("nmdc-runtime"),
                source_system=SOURCE_SYSTEM,
                submission_id=registered(submission_id),
            ),
            **given,
        )

    def checking(
        self, services: Services, envelope: dict[str, Any]
    ) -> Callable[[TranslationReport], None]:
        """Return what reports whatever speaks against translating a submission at all."""
        is_for_good = services.settings.environment is Environment.PROD

        def check(report: TranslationReport) -> None:
            check_submission(
                envelope,
                report.problems,
                allow_test=self.allow_test or not is_for_good,
                statuses=frozenset(self.statuses),
            )

        return check


def registered(submission_id: object) -> str | None:
    """Return the id if provenance can name it: other portals than NMDC's may have other ids."""
    known = ("ProvenanceMetadata", "submission_portal_identifier")
    if isinstance(submission_id, str) and matches(submission_id, *known):
        return submission_id
    return None


@dg.op(out={name: dg.Out() for name in INPUTS}, retry_policy=RETRY_UNAVAILABLE)
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
    """Fetch a submission from the portal."""
    portal: NmdcPortalClient = context.resources.nmdc_portal_api_client
    with permanent_unless_unavailable():
        found = portal.fetch_metadata_submission(submission_id)
    facts = ("status", "sample_count", "date_last_modified", "nmdc_study_id")
    context.add_output_metadata({name: str(found.get(name, "none")) for name in facts})
    return found


@dg.op(retry_policy=RETRY_UNAVAILABLE)
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
        services,
        metadata_submission.get("id"),
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
    return brought(
        context,
        services,
        lambda: plan_submission(
            metadata_submission,
            tables,
            options,
            check=config.checking(services, metadata_submission),
        ),
        is_permanent=are_ids_permanent,
        replaces_stored=config.replace_stored,
    )
