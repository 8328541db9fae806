"""What a stored object holds, for ops that need all of it at once."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import dagster as dg

from nmdc_runtime.objects.errors import StoredElsewhere
from nmdc_runtime.objects.models import StoredFile
from nmdc_runtime.wiring import Services

#: What bytes are that nobody says anything of.
UNKNOWN_TYPE: Final = "application/octet-stream"


def stored_file(services: Services, object_id: str) -> StoredFile:
    """Return an object's bytes, in GridFS or in the bucket of the Runtime's own site.

    Addresses that somebody else registered are never fetched: they may lead anywhere, also into
    our own network. What a site has sent to the bucket must be what its record says.
    """
    try:
        return services.objects.content(object_id)
    except StoredElsewhere:
        record = services.objects.get(object_id)
    content = bytearray()
    for part in services.objects.read(object_id):
        content += part
        if len(content) > services.settings.hub.max_body_bytes:
            raise _refused(f"the object {object_id} is larger than what the hub would accept")
    for kind, digest in digests_of(record).items():
        if hashlib.new(kind, content, usedforsecurity=False).hexdigest() != digest:
            raise _refused(f"the bytes of {object_id} are not those of its {kind} checksum")
    return StoredFile(
        name=record.get("name") or object_id,
        content_type=record.get("mime_type") or UNKNOWN_TYPE,
        content=bytes(content),
    )


def digests_of(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the digests of a record that can be checked, by their kind."""
    return {
        each["type"]: each["checksum"].lower()
        for each in record.get("checksums") or []
        # Those named shake have no length of their own.
        if each["type"] in hashlib.algorithms_available and not each["type"].startswith("shake")
    }


def _refused(reason: str) -> dg.Failure:
    return dg.Failure(description=reason, allow_retries=False)
