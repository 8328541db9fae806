"""Bodies of objects as sites register them."""

from hashlib import sha256
from typing import Any


def a_blob(content: bytes = b"bytes", **fields: Any) -> dict[str, Any]:
    """Return what a site says of a blob."""
    return {
        "access_methods": [{"access_url": {"url": "https://data.example/file.txt"}}],
        "checksums": [{"type": "sha256", "checksum": sha256(content).hexdigest()}],
        "created_time": "2026-01-02T03:04:05Z",
        "size": len(content),
        "name": "file.txt",
        **fields,
    }


def a_bundle(*members: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return what a site says of a bundle, whose size and checksum it does not know."""
    return {
        "contents": list(members),
        "checksums": [{"type": "md5", "checksum": "0" * 32}],
        "created_time": "2026-01-02T03:04:05Z",
        "size": 0,
        "name": "bundle",
        **fields,
    }
