"""A submission of the portal becomes a study, samples, processes, runs and files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from nmdc_runtime.translation.database import Database
from nmdc_runtime.translation.minting import Minter, mint_all
from nmdc_runtime.translation.planning import Label, Plan
from nmdc_runtime.translation.portal.checking import mend
from nmdc_runtime.translation.portal.columns import Columns
from nmdc_runtime.translation.portal.extras import Records, read_extras
from nmdc_runtime.translation.portal.options import SOURCE, PortalOptions
from nmdc_runtime.translation.portal.samples import Samples
from nmdc_runtime.translation.portal.sequencing import Runs
from nmdc_runtime.translation.portal.study import FIELDS, study_document, study_label
from nmdc_runtime.translation.portal.tabs import read_submission
from nmdc_runtime.translation.report import TranslationFailed, TranslationReport

DEFAULTS: Final = PortalOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalTables:
    """The tables that an operator may give beside a submission, one mapping a row.

    Parameters
    ----------
    nucleotide_sequencing_mapping, data_object_mapping
        Runs, and their files, by sample (column ``__biosample_samp_name``).
    biosample_extras
        More columns for biosamples, by ``samp_name``.
    biosample_extras_slot_mapping
        For columns of it that are not called like their slot: ``subject_id`` (the column),
        ``object_id`` (``nmdc:`` and the slot), ``subject_unit``.
    """

    nucleotide_sequencing_mapping: Records = ()
    data_object_mapping: Records = ()
    biosample_extras: Records = ()
    biosample_extras_slot_mapping: Records = ()


NO_TABLES: Final = PortalTables()


def plan_submission(
    envelope: Mapping[str, Any] | None,
    tables: PortalTables = NO_TABLES,
    options: PortalOptions = DEFAULTS,
    *,
    check: Callable[[TranslationReport], None] | None = None,
) -> tuple[Plan, TranslationReport]:
    """Plan the documents of a submission.

    Parameters
    ----------
    envelope
        What the portal answers: ``id``, ``metadata_submission`` with forms and tabs. Not changed.
    check
        Adds to the report what else speaks against translating it, e.g. `tabs.check_submission`.

    Returns
    -------
    Plan, TranslationReport
        Documents with labels for ids, each of which satisfies the schema; and what was read, used,
        skipped and left out.

    Raises
    ------
    TranslationFailed
        Something must stop the run; if it is strict, also any sample with an error.

    Source
    ------
    The portal's templates, whose columns are slots of nmdc-schema's ``Biosample``, ``Organism``,
    ``OrganismSample``, ``ProcessedSample``, ``NucleotideSequencing`` and ``DataObject``.
    """
    report = TranslationReport(SOURCE)
    submission = read_submission(envelope if envelope is not None else {}, report)
    if check is not None:
        check(report)
    extras = read_extras(tables.biosample_extras, tables.biosample_extras_slot_mapping, report)
    columns = Columns(report)

    plan = Plan()
    study_id = options.study_id or submission.study_id
    sound = True
    study: Label | str = study_id or study_label(submission.id)
    if isinstance(study, Label):
        document = study_document(submission, study, options, report.problems)
        sound = "study_category" in document and mend("study_set", document, columns, FIELDS)
        plan.add("study_set", document)
    else:
        plan.external.add(study)
    samples = Samples(submission, study, columns, extras, options)
    samples.add_to(plan)
    runs = Runs(submission, study, samples, columns, options)
    runs.add_tabs(plan)
    runs.add_mapping(plan, tables.nucleotide_sequencing_mapping, tables.data_object_mapping)
    runs.finish(plan)
    samples.account()
    biosamples = {document["name"] for document in plan.documents.get("biosample_set", ())}
    extras.account(biosamples, samples.wanted_biosamples(), columns)
    plan.external |= columns.external

    if report.fails(on_error=options.on_error) or not sound:
        raise TranslationFailed(report)
    plan.check()
    report.add_result(plan)
    return plan, report


class SubmissionPortalTranslator:
    """The published class: a submission in, `Database` out.

    Parameters
    ----------
    metadata_submission
        The portal's whole answer; None is an empty one.
    illumina_instrument_mapping
        Model → id of the instruments that are there already. Not changed.
    study_category, study_pi_image_url, study_id
        See `PortalOptions`, whose other fields ``options`` gives.
    """

    def __init__(
        self,
        metadata_submission: Mapping[str, Any] | None = None,
        *,
        id_minter: Minter | None = None,
        nucleotide_sequencing_mapping: Records | None = None,
        data_object_mapping: Records | None = None,
        illumina_instrument_mapping: Mapping[str, str] | None = None,
        study_category: str | None = None,
        study_pi_image_url: str | None = None,
        study_id: str | None = None,
        biosample_extras: Records | None = None,
        biosample_extras_slot_mapping: Records | None = None,
        options: PortalOptions = DEFAULTS,
    ) -> None:
        self._envelope = metadata_submission
        self._minter = id_minter
        self._tables = PortalTables(
            nucleotide_sequencing_mapping=nucleotide_sequencing_mapping or (),
            data_object_mapping=data_object_mapping or (),
            biosample_extras=biosample_extras or (),
            biosample_extras_slot_mapping=biosample_extras_slot_mapping or (),
        )
        self._options = replace(
            options,
            study_id=study_id or None,
            study_category=study_category,
            study_pi_image_url=study_pi_image_url,
            instruments=dict(illumina_instrument_mapping or {}),
        )

    @cached_property
    def _result(self) -> tuple[Plan, TranslationReport]:
        return plan_submission(self._envelope, self._tables, self._options)

    @property
    def plan(self) -> Plan:
        """The planned graph, before any id is minted."""
        return self._result[0]

    @property
    def report(self) -> TranslationReport:
        """What was read, used and skipped, and why."""
        return self._result[1]

    def get_database(self) -> Database:
        """Return the translated documents, with ids of the minter.

        Raises
        ------
        TranslationFailed
            Something must stop the run; nothing was minted.
        """
        if self._minter is None:
            raise ValueError("an id_minter is needed to make a database")
        return Database(self.plan.emit(mint_all(self.plan, self._minter)))
