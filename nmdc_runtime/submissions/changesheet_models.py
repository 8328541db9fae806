"""What crosses the wire of changesheets, for those who read about it: answers are written as text.

Reports may hold thousands of documents, which no model needs to look at.
"""

from typing import Any

from pydantic import BaseModel, Field

from nmdc_runtime.plans.models import Patch


class UpdateInfo(BaseModel):
    """What MongoDB answers to the updates of a document."""

    n: int
    nModified: int  # noqa: N815 (MongoDB's name)
    ok: float


class UpdateResult(BaseModel):
    """What a sheet does to one document."""

    id: str
    doc_before: dict[str, Any]
    update_info: UpdateInfo
    doc_after: dict[str, Any]
    validation_errors: list[str] = Field(description="Always empty: problems are answered by 422.")
    patch: Patch = Field(description="What changes, as an RFC 6902 patch.")


class InspectionInfo(BaseModel):
    """Where the sheet was rehearsed; there is no such database any more."""

    mdb_name: str
    results_of_copy: dict[str, str]


class ChangesheetReport(BaseModel):
    """What a sheet would do."""

    update_cmd: dict[str, dict[str, Any]] = Field(
        description="The updates in MongoDB's terms, by the id of the document."
    )
    inspection_info: InspectionInfo
    results_of_updates: list[UpdateResult]
