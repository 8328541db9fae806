"""What of a study is submitted: the header, BioSamples and SRA experiments, in order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import TypeVar

from nmdc_runtime.translation.ncbi.errors import StudyIncomplete
from nmdc_runtime.translation.ncbi.experiments import ExperimentWriter
from nmdc_runtime.translation.ncbi.mapping import AttributeMapping
from nmdc_runtime.translation.ncbi.models import (
    Attributes,
    Document,
    Experiment,
    Header,
    NcbiSubmission,
    Records,
    Sample,
    Wishes,
)
from nmdc_runtime.translation.ncbi.remarks import Remarks
from nmdc_runtime.translation.ncbi.samples import SampleWriter
from nmdc_runtime.translation.ncbi.values import NOT_XML

Value = TypeVar("Value")

#: Its own office submits what it has sequenced.
SUBMITS_ITSELF = "JGI"
PRINCIPAL_INVESTIGATOR = "Principal Investigator"


def plan_submission(
    records: Records, mapping: AttributeMapping, wishes: Wishes, remarks: Remarks
) -> NcbiSubmission:
    """Return what is submitted of a study; what is not, is in the remarks.

    Raises
    ------
    StudyIncomplete
        There is no BioProject, or nobody to write to.

    Source
    ------
    exporters specification 1.7 to 1.9; 1.13 for one experiment a sequencing record.
    """
    header = header_of(records.study, wishes, remarks)
    kept = _without_jgi(records, remarks)
    writer = SampleWriter(header=header, mapping=mapping, wishes=wishes, remarks=remarks)
    pools, members, individuals = _pools_of(kept, remarks)
    samples = [writer.pool(pools[key], members[key]) for key in pools if key in members]
    samples += [writer.individual(each) for each in individuals]
    experiments = tuple(ExperimentWriter(kept, remarks).experiments())
    _tell_of_files_named_alike(experiments, remarks)
    submission = NcbiSubmission(
        header=header,
        samples=tuple(each for each in samples if each is not None),
        experiments=experiments,
    )
    return _writable(submission, remarks)


def header_of(study: Document, wishes: Wishes, remarks: Remarks) -> Header:
    """Return whose submission it is, or raise `StudyIncomplete` with all that is missing."""
    investigator = _investigator(study)
    name = str(investigator.get("name") or "").split()
    first = wishes.contact_first or (name[0] if name else "")
    last = wishes.contact_last or (name[-1] if len(name) > 1 else "")
    email = wishes.contact_email or str(investigator.get("email") or "")
    bioprojects = study.get("insdc_bioproject_identifiers") or []
    faults = []
    if not bioprojects:
        faults.append("it has no BioProject accession (`insdc_bioproject_identifiers`)")
    if not first or not last:
        faults.append(
            "first and last name of its principal investigator are not known: correct the study, "
            "or give contact_first and contact_last"
        )
    if not email:
        faults.append(
            "its principal investigator has no e-mail address: correct the study, or give "
            "contact_email"
        )
    if faults:
        raise StudyIncomplete(study.get("id"), faults)
    if not wishes.organization:
        remarks.warn(
            "no_organization",
            str(study["id"]),
            "no organization is given; it is the namespace of all identifiers",
        )
    if not wishes.organism:
        remarks.warn("no_organism", str(study["id"]), "no organism_name is given")
    if len(bioprojects) > 1:
        remarks.warn(
            "several_bioprojects",
            str(study["id"]),
            f"of its BioProjects {', '.join(map(str, bioprojects))} the first counts",
        )
    return Header(
        study_id=str(study["id"]),
        organization=wishes.organization,
        email=email,
        first_name=first,
        last_name=last,
        organism=wishes.organism,
        bioproject=str(bioprojects[0]).rpartition(":")[2],
    )


def _investigator(study: Document) -> Document:
    """Return the principal investigator, as either shape of the schema has it."""
    older = study.get("principal_investigator") or {}
    for credit in study.get("has_credit_associations") or []:
        if PRINCIPAL_INVESTIGATOR in (credit.get("applied_roles") or []):
            person = credit.get("applies_to_agent") or credit.get("applies_to_person") or {}
            return {**older, **{key: value for key, value in person.items() if value}}
    found: Document = older
    return found


def _without_jgi(records: Records, remarks: Remarks) -> Records:
    """Return the records without the biosamples that JGI has sequenced, if only once."""
    by_jgi: dict[str, str] = {}
    for entry in records.sequencing:
        for biosample_id, some in entry.items():
            for each in some:
                if each.get("processing_institution") == SUBMITS_ITSELF:
                    by_jgi.setdefault(biosample_id, str(each["id"]))
    for biosample_id, run_id in by_jgi.items():
        remarks.leave_out(
            "sequenced_at_jgi", biosample_id, f"JGI, which submits by itself, has done {run_id}"
        )
    if not by_jgi:
        return records

    def kept(entries: Sequence[Mapping[str, Value]]) -> list[dict[str, Value]]:
        return [
            {key: value for key, value in entry.items() if key not in by_jgi} for entry in entries
        ]

    return replace(
        records,
        biosamples=[each for each in records.biosamples if each["id"] not in by_jgi],
        sequencing=kept(records.sequencing),
        data_objects=kept(records.data_objects),
        library_preparations=kept(records.library_preparations),
    )


def _pools_of(
    records: Records, remarks: Remarks
) -> tuple[dict[str, Document], dict[str, list[Document]], list[Document]]:
    """Return pools and their members by what came of them, and who is in none.

    One without a processed sample has the id of its process for a key.
    """
    pools: dict[str, Document] = {}
    members: dict[str, list[Document]] = {}
    individuals = []
    for biosample in records.biosamples:
        pool = records.pooling.get(str(biosample["id"])) or {}
        if process_id := pool.get("pooling_process_id"):
            key = str(pool.get("processed_sample_id") or process_id)
            first = pools.setdefault(key, pool)["pooling_process_id"]
            if first != process_id:
                remarks.warn(
                    "pooled_twice", key, f"{first} and {process_id} gave it: the former counts"
                )
            members.setdefault(key, []).append(biosample)
        else:
            individuals.append(biosample)
    return pools, members, individuals


def _tell_of_files_named_alike(experiments: Iterable[Experiment], remarks: Remarks) -> None:
    """Note files that one folder cannot hold together: NCBI gets all of them in one."""
    named: dict[str, str] = {}
    for each in experiments:
        for file in each.files:
            if file in named:
                remarks.warn(
                    "file_named_alike", each.id, f"{named[file]} has a file {file} too: rename one"
                )
            named[file] = each.id


def _writable(submission: NcbiSubmission, remarks: Remarks) -> NcbiSubmission:
    """Return the submission without characters that XML cannot carry."""

    def text(id_: str, value: str) -> str:
        if not (found := NOT_XML.findall(value)):
            return value
        codes = ", ".join(sorted({f"U+{ord(each):04X}" for each in found}))
        remarks.warn("not_xml", id_, f"XML cannot carry {codes}: left out of {value!r:.200}")
        return NOT_XML.sub("", value)

    def attributes(id_: str, some: Attributes) -> Attributes:
        return tuple((text(id_, name), text(id_, value)) for name, value in some)

    def sample(each: Sample) -> Sample:
        return Sample(
            id=text(each.id, each.id),
            title=text(each.id, each.title),
            links=tuple(text(each.id, link) for link in each.links),
            package=text(each.id, each.package),
            attributes=tuple(
                (name, value) for name, value in attributes(each.id, each.attributes) if value
            ),
        )

    def experiment(each: Experiment) -> Experiment:
        return Experiment(
            id=text(each.id, each.id),
            sample_id=text(each.id, each.sample_id),
            files=tuple(text(each.id, file) for file in each.files),
            attributes=attributes(each.id, each.attributes),
        )

    header = submission.header
    return NcbiSubmission(
        header=Header(
            **{
                each.name: text(header.study_id, getattr(header, each.name))
                for each in fields(Header)
            }
        ),
        samples=tuple(map(sample, submission.samples)),
        experiments=tuple(map(experiment, submission.experiments)),
    )
