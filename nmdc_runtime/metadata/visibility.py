"""Records that newer ones replaced, and those of processes that failed: shown or left out."""

from typing import Final

from nmdc_runtime.mongo.documents import Document
from nmdc_runtime.web.visibility import Visibility

#: Where documents can name what superseded them (nmdc-schema: ``superseded_by``).
CAN_BE_SUPERSEDED: Final = frozenset({"data_object_set", "workflow_execution_set"})
#: Where documents can say that they failed (nmdc-schema: ``qc_status`` of a ``PlannedProcess``).
CAN_FAIL: Final = frozenset(
    {
        "collecting_biosamples_from_site_set",
        "data_generation_set",
        "material_processing_set",
        "storage_process_set",
        "workflow_execution_set",
    }
)
FAILED: Final = "fail"


def omission(collection_name: str, visibility: Visibility) -> Document:
    """Return the condition that the documents of a collection meet if they are not left out.

    It is empty where nothing is left out, so that it costs nothing.
    """
    condition: Document = {}
    if collection_name in CAN_BE_SUPERSEDED and not visibility.superseded:
        condition["superseded_by"] = None
    if collection_name in CAN_FAIL and not visibility.failed:
        condition["qc_status"] = {"$ne": FAILED}
    return condition
