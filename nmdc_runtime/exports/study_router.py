"""Routes ``/studies/{study_id}/biosamples.*``: the biosamples of a study as one file."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request, Response

from nmdc_runtime.exports.study_files import StudyFormat, file_name, parts_of
from nmdc_runtime.exports.study_service import StudyExportService
from nmdc_runtime.web.streams import ClosingStream

router = APIRouter(prefix="/studies/{study_id}", tags=["Metadata access"])

StudyId = Annotated[
    str,
    Path(
        description="The id of the study.",
        openapi_examples={
            "usual": {"summary": "the demo's study", "value": "nmdc:sty-11-34xj1150"}
        },
    ),
]
FLAT: Final = (
    "One row for each biosample, sorted by id. Nested attributes are columns with dotted names: "
    "parts of an object as `lat_lon.latitude`, elements of a list by their place, from 0, as "
    "`associated_studies.0`. Columns stand in the order of their names. `omics_types.0`, ... are "
    "the analyte categories of the data generations made of the biosample, or of what was made of "
    "it."
)


def study_exports(request: Request) -> StudyExportService:
    """Return the service this application was wired with."""
    service: StudyExportService = request.app.state.services.study_exports
    return service


Exports = Annotated[StudyExportService, Depends(study_exports)]


def _responses(format_: StudyFormat) -> dict[int | str, dict[str, Any]]:
    media_type = format_.media_type.partition(";")[0]
    return {
        200: {"description": "The file.", "content": {media_type: {}}},
        404: {"description": "There is no such study, or it has no biosamples."},
        409: {"description": "The biosamples cannot be a table of this format; it says why."},
    }


def _file(exports: StudyExportService, study_id: str, format_: StudyFormat) -> Response:
    parts = parts_of(exports.gather(study_id), format_)
    first = next(parts)  # whatever can be wrong is known before the first byte
    name = file_name(study_id, format_)
    return ClosingStream(
        _flow(first, parts),
        media_type=format_.media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _flow(first: bytes, parts: Iterator[bytes]) -> AsyncGenerator[bytes, None]:
    part: bytes | None = first
    while part is not None:
        yield part
        part = await asyncio.to_thread(next, parts, None)


@router.get(
    "/biosamples.csv",
    response_class=Response,
    responses=_responses(StudyFormat.CSV),
    summary="Get a study's biosamples as CSV",
    description=f"{FLAT} What is absent or null is an empty cell.",
)
def get_study_biosamples_as_csv(study_id: StudyId, exports: Exports) -> Response:
    """Return them, in UTF-8 and as RFC 4180 has it."""
    return _file(exports, study_id, StudyFormat.CSV)


@router.get(
    "/biosamples.xlsx",
    response_class=Response,
    responses=_responses(StudyFormat.XLSX),
    summary="Get a study's biosamples as an Excel workbook",
    description=f"{FLAT} Numbers are numbers, and texts are never formulas.",
)
def get_study_biosamples_as_xlsx(study_id: StudyId, exports: Exports) -> Response:
    """Return them as a workbook of one sheet."""
    return _file(exports, study_id, StudyFormat.XLSX)


@router.get(
    "/biosamples.parquet",
    response_class=Response,
    responses=_responses(StudyFormat.PARQUET),
    summary="Get a study's biosamples as Parquet",
    description=f"{FLAT} A column of numbers alone is of type double, one of truth values alone "
    "is boolean, and any other is text.",
)
def get_study_biosamples_as_parquet(study_id: StudyId, exports: Exports) -> Response:
    """Return them as Apache Parquet."""
    return _file(exports, study_id, StudyFormat.PARQUET)
