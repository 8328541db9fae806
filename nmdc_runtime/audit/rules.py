"""How a document becomes the hash that the trail keeps; pure."""

import hashlib
from collections.abc import Mapping
from typing import Any

from nmdc_runtime.mongo.documents import to_json


def digest_of(document: Mapping[str, Any] | None) -> str | None:
    """Return the SHA-256 of a document's compact JSON with sorted keys, or None without one.

    Anybody who has the document can so prove that it is the one of the record.
    """
    if document is None:
        return None
    return hashlib.sha256(to_json(document, sort_keys=True)).hexdigest()
