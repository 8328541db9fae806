"""The biosamples of a study as one table, for a route, an op and the command line."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from nmdc_runtime.exports.study_errors import StudyNotFound, StudyWithoutBiosamples
from nmdc_runtime.exports.study_files import StudyFormat, file_name, parts_of
from nmdc_runtime.exports.study_flattening import row_of
from nmdc_runtime.exports.study_models import PublishedStudy
from nmdc_runtime.exports.study_rows import StudyRows
from nmdc_runtime.exports.study_store import StudyStore
from nmdc_runtime.ids.rules import local_part
from nmdc_runtime.ids.service import IdService
from nmdc_runtime.kernel.audit import AuditTrail
from nmdc_runtime.objects.models import DrsObject
from nmdc_runtime.objects.service import GRIDFS_SHOULDER, ObjectService

#: Biosamples in memory at a time.
BATCH: Final = 1_000
#: Published: the namespace of the objects' ids.
NAMESPACE: Final = "study-metadata-export-csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyExportService:
    """Gather the biosamples of a study, and publish them.

    Parameters
    ----------
    base_url
        The hub's, for links.
    """

    store: StudyStore
    objects: ObjectService
    ids: IdService
    audit: AuditTrail
    base_url: str

    def gather(self, study_id: str, *, tell: Callable[[int, int], None] | None = None) -> StudyRows:
        """Read the study's biosamples into rows, sorted by id; `parts_of` makes a file of them.

        ``omics_types`` has the analyte categories of all data generations that were made of a
        biosample. A biosample that is deleted meanwhile is left out.

        Parameters
        ----------
        tell
            Hears how many of how many biosamples were read.

        Raises
        ------
        StudyNotFound, StudyWithoutBiosamples, BiosampleNotFlat
        """
        biosample_ids = self.store.list_biosample_ids(study_id)
        if not biosample_ids and not self.store.has_study(study_id):
            raise StudyNotFound(study_id)
        rows = StudyRows(study_id)
        for first in range(0, len(biosample_ids), BATCH):
            some = biosample_ids[first : first + BATCH]
            measured = self.store.analyte_categories(some)
            rows.add(
                row_of(each, measured.get(each["id"], ()))
                for each in self.store.list_biosamples(some)
            )
            if tell is not None:
                tell(first + len(some), len(biosample_ids))
        if not rows.count:
            raise StudyWithoutBiosamples(study_id)
        return rows

    def publish(self, rows: StudyRows, *, username: str) -> PublishedStudy:
        """Store the rows as CSV, as an object; the same bytes are stored once.

        Raises
        ------
        ObjectStorageUnavailable
            They are too many for the database, and the bucket does not take them.
        """
        name = file_name(rows.study_id, StudyFormat.CSV)
        fresh_id = local_part(self.ids.mint_internal(NAMESPACE, shoulder=GRIDFS_SHOULDER))
        kept = self.objects.keep_parts(
            fresh_id,
            parts_of(rows, StudyFormat.CSV),
            name=name,
            content_type="text/csv",
            description=f"{rows.study_id} biosamples",
            username=username,
        )
        published = PublishedStudy(
            name=name,
            object_id=kept.id,
            size_bytes=kept.size,
            sha256=_sha256_of(kept),
            link=f"{self.base_url}/ga4gh/drs/v1/objects/{kept.id}",
            is_new=kept.id == fresh_id,
        )
        if published.is_new:
            self.audit.record(
                "export_study_biosamples",
                f"objects/{kept.id}",
                details={"study_id": rows.study_id, "for": username, "biosamples": rows.count},
            )
        return published


def _sha256_of(kept: DrsObject) -> str:
    return next(each.checksum for each in kept.checksums if each.type == "sha256")
