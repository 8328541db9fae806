"""What is staged: Globus tasks, and JGI's samples and sequencing projects."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, Field

#: Others are taken, too, with a warning in the log: JGI and Globus add some now and then.
GLOBUS_STATUSES: Final = frozenset(
    {"ACTIVE", "INACTIVE", "SUCCEEDED", "FAILED", "PENDING", "IN_PROGRESS", "COMPLETED"}
)
JDP_STATUSES: Final = frozenset({"RESTORED", "PURGED", "READY", "EXPIRED"})

#: What MongoDB can keep as a whole number.
Long = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]


class GlobusTask(BaseModel):
    """A transfer of files by Globus."""

    task_id: str
    task_status: str = Field(description=f"One of {', '.join(sorted(GLOBUS_STATUSES))}.")


class JGISample(BaseModel):
    """A file of a sample at JGI, and how far it is on its way."""

    jdp_file_id: str
    ap_gold_id: str
    gold_study_id: str
    its_ap_id: str
    sequencing_project_name: str
    gold_biosample_id: str
    gold_seq_id: str
    file_name: str
    jdp_file_status: str = Field(description=f"One of {', '.join(sorted(JDP_STATUSES))}.")
    globus_file_status: str = Field(description=f"One of {', '.join(sorted(GLOBUS_STATUSES))}.")
    jdp_file_size: Long
    md5sum: str | None = None
    jgi_ap_id: str
    create_date: datetime
    update_date: datetime | None = None
    request_id: Long | None = None


class JGISequencingProject(BaseModel):
    """A sequencing project at JGI."""

    sequencing_project_name: str
    sequencing_project_description: str
    jgi_proposal_id: str
    nmdc_study_id: str
