"""How a submitted document becomes a stored one; pure."""

from collections.abc import Mapping
from typing import Any

PROVENANCE_TYPE = "nmdc:ProvenanceMetadata"


def as_written(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy that the driver may give its key to, without changing the caller's."""
    copy = dict(document)
    copy.pop("_id", None)
    return copy


def with_dates(
    document: dict[str, Any], *, stored: Mapping[str, str | None], now: str
) -> dict[str, Any]:
    """Return the document with the dates of its first and, if it is not new, its last write.

    Parameters
    ----------
    stored
        Of the documents that are in the database: id → when it was added, if that is known.
    now
        RFC 3339, UTC, whole seconds.

    Source
    ------
    nmdc-schema ``ProvenanceMetadata``: ``add_date``, ``mod_date``.
    """
    provenance = dict(document.get("provenance_metadata") or {})
    provenance["type"] = PROVENANCE_TYPE
    document_id = document["id"]
    if document_id in stored:
        added = stored[document_id]
        if added is not None:
            provenance["add_date"] = added
        provenance["mod_date"] = now
    else:
        provenance["add_date"] = now
        provenance.pop("mod_date", None)
    return {**document, "provenance_metadata": provenance}
