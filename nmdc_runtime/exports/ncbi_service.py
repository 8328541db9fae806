"""A study as a submission to NCBI, for ops and the command line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import requests

from nmdc_runtime.clients.downloads import Downloads
from nmdc_runtime.exports.ncbi_errors import MappingRefused, MappingUnreachable, NothingToSubmit
from nmdc_runtime.exports.ncbi_models import NcbiExport, Pooled, PublishedNcbiFile
from nmdc_runtime.exports.ncbi_store import (
    PROCESSED_SAMPLES,
    NcbiStore,
    Provenance,
)
from nmdc_runtime.exports.study_errors import StudyNotFound, StudyWithoutBiosamples
from nmdc_runtime.exports.study_store import StudyStore
from nmdc_runtime.ids.rules import local_part
from nmdc_runtime.ids.service import IdService
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.kernel.clock import Clock
from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.objects.service import GRIDFS_SHOULDER, ObjectService
from nmdc_runtime.schema.registry import SchemaRegistry
from nmdc_runtime.translation.ncbi.mapping import (
    AttributeMapping,
    check_mapping,
    packaged_mapping,
    read_mapping,
)
from nmdc_runtime.translation.ncbi.models import Records, Wishes
from nmdc_runtime.translation.ncbi.planning import plan_submission
from nmdc_runtime.translation.ncbi.pooling import pooling_info
from nmdc_runtime.translation.ncbi.remarks import Remarks

#: The namespace of the objects' ids.
NAMESPACE: Final = "ncbi-submission-export"
#: Biosamples in one query.
BATCH: Final = 1_000
#: From here on, a status of HTTP says that asking again may help.
SERVER_ERRORS: Final = 500
PART: Final = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class NcbiExportService:
    """Gather the records of a study, make a submission of them, and publish it.

    Parameters
    ----------
    downloads
        Fetches mappings: from few places, and not too large ones.
    base_url
        The hub's, for links.
    """

    studies: StudyStore
    store: NcbiStore
    registry: SchemaRegistry
    downloads: Downloads
    objects: ObjectService
    ids: IdService
    audit: AuditTrail
    clock: Clock
    base_url: str

    def study(self, study_id: str) -> Document:
        """Return the study, or raise `StudyNotFound`."""
        found = self.store.find_study(study_id)
        if found is None:
            raise StudyNotFound(study_id)
        return found

    def biosamples(self, study_id: str) -> list[Document]:
        """Return the study's biosamples, sorted by id, or raise `StudyWithoutBiosamples`."""
        ids = self.studies.list_biosample_ids(study_id)
        found = [
            each
            for first in range(0, len(ids), BATCH)
            for each in self.studies.list_biosamples(ids[first : first + BATCH])
        ]
        if not found:
            raise StudyWithoutBiosamples(study_id)
        return found

    def sequencing(
        self, biosamples: Iterable[Document], provenance: Provenance | None = None
    ) -> list[dict[str, list[Document]]]:
        """Return the sequencing records that biosamples lead to, and that gave data.

        Parameters
        ----------
        provenance
            Of these biosamples, if somebody has it already.
        """
        ids = _ids(biosamples)
        walked = provenance or self.store.provenance(ids)
        types = self.store.types_of("NucleotideSequencing")
        reached = {
            id_: [
                step.id
                for step in walked.steps_from(id_)
                if step.type in types and any(map(self.store.is_data, step.outputs))
            ]
            for id_ in ids
        }
        return self._documents("NucleotideSequencing", reached)

    def data_objects(
        self, biosamples: Iterable[Document], provenance: Provenance | None = None
    ) -> list[dict[str, list[Document]]]:
        """Return the data that processes gave to which biosamples lead."""
        ids = _ids(biosamples)
        walked = provenance or self.store.provenance(ids)
        reached = {
            id_: list(
                dict.fromkeys(
                    output
                    for step in walked.steps_from(id_)
                    for output in step.outputs
                    if self.store.is_data(output)
                )
            )
            for id_ in ids
        }
        return self._documents("DataObject", reached)

    def library_preparations(
        self, biosamples: Iterable[Document], provenance: Provenance | None = None
    ) -> list[dict[str, Document]]:
        """Return the preparations of libraries to which biosamples lead, one a mapping."""
        ids = _ids(biosamples)
        walked = provenance or self.store.provenance(ids)
        types = self.store.types_of("LibraryPreparation")
        reached = {
            id_: [step.id for step in walked.steps_from(id_) if step.type in types] for id_ in ids
        }
        return [
            {id_: each}
            for entry in self._documents("LibraryPreparation", reached)
            for id_, some in entry.items()
            for each in some
        ]

    def pooling(self, biosamples: Sequence[Document]) -> Pooled:
        """Return for each biosample what it is pooled into, with the name of that, or ``{}``."""
        remarks = Remarks()
        info = pooling_info(
            biosamples,
            self.store.poolings_of(_ids(biosamples)),
            is_processed_sample=self.store.is_processed_sample,
            remarks=remarks,
        )
        made = [each["processed_sample_id"] for each in info.values() if each]
        named = self.store.by_id(PROCESSED_SAMPLES, [id_ for id_ in made if id_])
        for each in info.values():
            if each and (sample := named.get(each["processed_sample_id"])):
                each["processed_sample_name"] = str(sample.get("name") or "")
        return Pooled(info, remarks)

    def instruments(self) -> dict[str, Document]:
        """Return all instruments, by id."""
        return self.store.instruments()

    def mapping(self, url: str) -> AttributeMapping:
        """Return the mapping at an address; without one, that of this package.

        Raises
        ------
        AddressRefused, DownloadTooLarge, DownloadTooSlow, MappingRefused, MappingUnreachable
            It cannot be had.
        MappingInvalid
            It is no mapping.
        """
        if not url:
            return packaged_mapping()
        try:
            content = self.downloads.fetch(url).content
        except requests.HTTPError as error:
            if error.response.status_code < SERVER_ERRORS:
                raise MappingRefused(url, str(error)) from None
            raise MappingUnreachable(url, str(error)) from None
        except requests.RequestException as error:
            raise MappingUnreachable(url, str(error)) from None
        return read_mapping(content, name=url)

    def gather(self, study_id: str) -> Records:
        """Return all records of a study that matter; biosamples are followed once.

        Raises
        ------
        StudyNotFound, StudyWithoutBiosamples
        """
        study = self.study(study_id)
        biosamples = self.biosamples(study_id)
        walked = self.store.provenance(_ids(biosamples))
        return Records(
            study=study,
            biosamples=biosamples,
            sequencing=self.sequencing(biosamples, walked),
            data_objects=self.data_objects(biosamples, walked),
            library_preparations=self.library_preparations(biosamples, walked),
            instruments=self.instruments(),
            pooling=self.pooling(biosamples),
        )

    def build(self, records: Records, mapping: AttributeMapping, wishes: Wishes) -> NcbiExport:
        """Make the submission; it is released today, by UTC.

        Raises
        ------
        StudyIncomplete
            There is no BioProject, or nobody to write to.
        NothingToSubmit
            All is left out.
        """
        # lxml is for this alone, and the hub never does it.
        from nmdc_runtime.translation.ncbi.xml import submission_xml  # noqa: PLC0415

        remarks = Remarks()
        if isinstance(records.pooling, Pooled):
            remarks.warnings += records.pooling.remarks.warnings
        present = {slot for each in records.biosamples for slot in each}
        check_mapping(mapping, self.registry, present, remarks)
        submission = plan_submission(records, mapping, wishes, remarks)
        study_id = submission.header.study_id
        if submission.is_empty:
            first = next((f"{each.id}: {each.reason}" for each in remarks.left_out), "")
            raise NothingToSubmit(study_id, remarks.counts()["left_out"], first)
        told = remarks.as_document()
        told["counts"] = {
            "biosamples": len(records.biosamples),
            "biosample_actions": len(submission.samples),
            "sra_actions": len(submission.experiments),
            "files": sum(len(each.files) for each in submission.experiments),
            **told["counts"],
        }
        return NcbiExport(
            study_id=study_id,
            xml=submission_xml(submission, release_date=self.clock().date()),
            report={"study_id": study_id, "mapping": mapping.name, **told},
        )

    def export(self, study_id: str, mapping: AttributeMapping, wishes: Wishes) -> NcbiExport:
        """Gather and build at once; raises what both raise."""
        return self.build(self.gather(study_id), mapping, wishes)

    def publish(
        self, export: NcbiExport, *, label: str, username: str
    ) -> tuple[PublishedNcbiFile, PublishedNcbiFile]:
        """Store the XML and its report as objects; the same bytes are stored once.

        Parameters
        ----------
        label
            Makes the files' names differ from those of other exports of the study.

        Raises
        ------
        ObjectStorageUnavailable
            They are too large for the database, and the bucket does not take them.
        """
        stem = f"ncbi_submission_{export.study_id.replace(':', '_')}_{label}"
        # In this order: whoever finds the XML finds what is left out of it.
        report = self._keep(
            export,
            orjson.dumps(export.report, option=orjson.OPT_INDENT_2),
            name=f"{stem}_report.json",
            content_type="application/json",
            username=username,
        )
        xml = self._keep(
            export,
            export.xml.encode(),
            name=f"{stem}.xml",
            content_type="application/xml",
            username=username,
        )
        return xml, report

    def _keep(
        self, export: NcbiExport, content: bytes, *, name: str, content_type: str, username: str
    ) -> PublishedNcbiFile:
        fresh_id = local_part(self.ids.mint_internal(NAMESPACE, shoulder=GRIDFS_SHOULDER))
        kept = self.objects.keep_parts(
            fresh_id,
            (content[first : first + PART] for first in range(0, len(content), PART)),
            name=name,
            content_type=content_type,
            description=f"{export.study_id} submission to NCBI",
            username=username,
        )
        is_new = kept.id == fresh_id
        if is_new:
            self.audit.record(
                "export_to_ncbi",
                f"objects/{kept.id}",
                details={"study_id": export.study_id, "name": name},
            )
        return PublishedNcbiFile(
            name=kept.name or name,
            object_id=kept.id,
            size_bytes=kept.size,
            sha256=next(each.checksum for each in kept.checksums if each.type == "sha256"),
            link=f"{self.base_url}/ga4gh/drs/v1/objects/{kept.id}",
            is_new=is_new,
        )

    def _documents(
        self, class_name: str, reached: Mapping[str, Sequence[str]]
    ) -> list[dict[str, list[Document]]]:
        """Return the documents by who leads to them; who leads to none is left out."""
        wanted = {each for ids in reached.values() for each in ids}
        types = self.store.types_of(class_name)
        found: dict[str, Document] = {}
        for collection in self.registry.collections_holding(class_name):
            found |= self.store.by_id(collection, wanted)
        kept = {
            id_: [found[each] for each in ids if each in found and found[each].get("type") in types]
            for id_, ids in reached.items()
        }
        return [{id_: some} for id_, some in kept.items() if some]


def wishes_of(
    submission_metadata: Mapping[str, Any], biosample_metadata: Mapping[str, Any]
) -> Wishes:
    """Return what the published configuration of the export says.

    Parameters
    ----------
    submission_metadata
        ``organization``; also ``contact_first``, ``contact_last``, ``contact_email``.
    biosample_metadata
        ``organism_name``; also ``lat_lon_hemispheres`` (whether positions are written as
        ``39.7 N 102.4 W``).
    """

    def said(key: str) -> str:
        return str(submission_metadata.get(key) or "").strip()

    return Wishes(
        organization=said("organization"),
        organism=str(biosample_metadata.get("organism_name") or "").strip(),
        contact_first=said("contact_first"),
        contact_last=said("contact_last"),
        contact_email=said("contact_email"),
        has_hemispheres=biosample_metadata.get("lat_lon_hemispheres") is True,
    )


def _ids(biosamples: Iterable[Document]) -> list[str]:
    return [str(each["id"]) for each in biosamples]
