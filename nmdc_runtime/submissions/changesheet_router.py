"""The routes that take changesheets; HTTP to one service call and back."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, File, Query, Request, Response, UploadFile

from nmdc_runtime.allowances.models import AllowanceAction
from nmdc_runtime.objects.models import DrsObjectWithTypes, StoredFile
from nmdc_runtime.plans.models import PlanKind
from nmdc_runtime.submissions.changesheet_models import ChangesheetReport
from nmdc_runtime.submissions.changesheets import ChangesheetService
from nmdc_runtime.submissions.errors import CHANGESHEET_REFUSAL
from nmdc_runtime.submissions.service import SubmissionService
from nmdc_runtime.web.auth import CallingUser, Rules
from nmdc_runtime.web.idempotency import IdempotencyKey

router = APIRouter(prefix="/metadata", tags=["Metadata access"])

EXAMPLE: Final = (
    "id\taction\tattribute\tvalue\n"
    "nmdc:sty-11-34xj1150\tupdate\tdescription\tSoils of the Great Basin\n"
    "\tinsert items\twebsites\thttps://example.org/soils|https://example.org/basin\n"
)


async def changesheet_service(request: Request) -> ChangesheetService:
    """Return the service this application was wired with."""
    service: ChangesheetService = request.app.state.services.changesheets
    return service


async def submission_service(request: Request) -> SubmissionService:
    """Return the service this application was wired with."""
    service: SubmissionService = request.app.state.services.submissions
    return service


Changesheets = Annotated[ChangesheetService, Depends(changesheet_service)]
Uploaded = Annotated[
    UploadFile,
    File(
        description="A table with the columns `id`, `action`, `attribute` and `value`, as `.tsv` "
        "or `.csv`, in UTF-8.",
        examples=[EXAMPLE],
    ),
]


@router.post(
    "/changesheets:validate",
    response_model=None,
    summary="Check a changesheet without storing it",
    responses={200: {"model": ChangesheetReport}},
)
def validate_changesheet(uploaded_file: Uploaded, changesheets: Changesheets) -> Response:
    """Tell what a changesheet would do: to each document, before and after, and as a JSON Patch.

    Each row changes one attribute of one document: it names the document's `id`, an `action`
    (`update`, `insert`, `remove item`, `remove`), the `attribute` (a slot, or a path of slots with
    dots) and the `value` (elements of lists between `|`). Nothing is stored.

    All problems come at once, each with its line, column and text: with 400 what cannot be read
    or done, with 422 what the documents would then violate.
    """
    return _report(changesheets, _stored_file(uploaded_file))


@router.post(
    "/changesheets:submit",
    response_model=DrsObjectWithTypes,
    summary="Submit a changesheet",
)
def submit_changesheet(
    *,
    caller: CallingUser,
    uploaded_file: Uploaded,
    changesheets: Changesheets,
    submissions: Annotated[SubmissionService, Depends(submission_service)],
    rules: Rules,
    dry_run: Annotated[
        bool,
        Query(
            description="Whether to store nothing, and to answer what would be done, as "
            "`/metadata/changesheets:validate` does.",
            examples=[True],
        ),
    ] = False,
    idempotency_key: IdempotencyKey = None,
) -> Response | DrsObjectWithTypes:
    """Submit a changesheet, which a run then applies: all of it or nothing.

    It is checked as `/metadata/changesheets:validate` does, and kept as an object, which is the
    answer. When it is applied, it is checked once more against the documents as they are then.
    Sending the same file again before that is done gives the same object.
    """
    rules.check_allowed(caller, AllowanceAction.SUBMIT_CHANGESHEET, refusal=CHANGESHEET_REFUSAL)
    sheet = _stored_file(uploaded_file)
    if dry_run:
        return _report(changesheets, sheet)
    known = submissions.find(
        sheet.content,
        username=caller.username,
        idempotency_key=idempotency_key,
        kind=PlanKind.CHANGESHEET,
    )
    if known is None:
        changesheets.rehearse(sheet).check()
    document = submissions.submit_changesheet(
        changesheets.as_kept(sheet), username=caller.username, idempotency_key=idempotency_key
    )
    return DrsObjectWithTypes.model_validate(document)


def _stored_file(uploaded: UploadFile) -> StoredFile:
    return StoredFile(
        name=uploaded.filename or "",
        content_type=uploaded.content_type or "",
        content=uploaded.file.read(),
    )


def _report(changesheets: ChangesheetService, sheet: StoredFile) -> Response:
    report = changesheets.rehearse(sheet).check().report()
    return Response(report, media_type="application/json")
