"""How stored objects and data objects look as DRS objects; pure."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

from nmdc_runtime.drs.errors import DataObjectIncomplete
from nmdc_runtime.drs.models import Organization, ServiceInfo, ServiceType
from nmdc_runtime.objects.models import IANA_DIGESTS

#: What an id may consist of here: the standard's characters, and the colon of NMDC's ids.
DRS_ID: Final = r"^[A-Za-z0-9._~\-:]+$"
DATA_OBJECT_PREFIX: Final = "nmdc:dobj-"
#: Where the parts of NMDC tell of what an id names.
SCHEMA_PAGES: Final = "https://microbiomedata.github.io/nmdc-schema"
PORTAL: Final = "https://data.microbiomedata.org/details"
PORTAL_PAGES: Final = {"sty": "study", "bsm": "sample"}

_STORED_DIGESTS: Final = {stored: iana for iana, stored in IANA_DIGESTS.items()}
_OTHER_DIGESTS: Final = {f"sha3_{bits}": f"sha3-{bits}" for bits in (224, 256, 384, 512)} | {
    "shake_128": "shake128",
    "shake_256": "shake256",
}
_TYPECODE: Final = re.compile(r"([a-z]+)-")
#: URL scheme → access method; what is not here is fetched over HTTPS.
_SCHEMES: Final = {
    **dict.fromkeys(("http", "https"), "https"),
    **{name: name for name in ("s3", "gs", "ftp", "gsiftp", "globus", "htsget", "file")},
}
_OPTIONAL: Final = ("name", "version", "mime_type", "description", "aliases")

Document = Mapping[str, Any]


def rfc3339(moment: object) -> str | None:
    """Write a moment, or its text, in UTC with ``Z``; None for what is none.

    One without a zone is in UTC.
    """
    try:
        known = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    except ValueError:
        return None  # free text of long ago
    if not isinstance(known, datetime):
        return None
    aware = known if known.tzinfo else known.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")


def self_uri(object_id: str, *, host: str) -> str:
    """Return the address of an object in the standard's form, which has no port.

    A client makes ``https://<host>/ga4gh/drs/v1/objects/<id>`` of it. Routes under ``/objects``
    show the published form, with the port, where there is one.
    """
    return f"drs://{host}/{quote(object_id, safe='~')}"


def drs_object(document: Document, *, host: str) -> dict[str, Any]:
    """Return a stored object as a DRS object.

    Raises
    ------
    DataObjectIncomplete
        An older record lacks what the standard demands.
    """
    object_id = document["id"]
    created = rfc3339(document.get("created_time"))
    checksums = [
        {"checksum": each["checksum"], "type": _digest_name(each["type"])}
        for each in document.get("checksums") or []
    ]
    _check_complete(
        object_id,
        size=document.get("size"),
        checksums=checksums,
        created_time=created,
    )
    shown: dict[str, Any] = {
        "id": object_id,
        "self_uri": self_uri(object_id, host=host),
        "size": document["size"],
        "created_time": created,
        "checksums": checksums,
    }
    shown |= {name: document[name] for name in _OPTIONAL if document.get(name) is not None}
    if updated := rfc3339(document.get("updated_time")):
        shown["updated_time"] = updated
    if document.get("access_methods"):
        shown["access_methods"] = [_access_method(each) for each in document["access_methods"]]
    if document.get("contents") is not None:
        shown["contents"] = [contents_entry(each) for each in document["contents"]]
    return shown


def data_object(
    document: Document,
    *,
    host: str,
    recorded_at: datetime | None,
    producer: Document | None = None,
) -> dict[str, Any]:
    """Return a document of class ``nmdc:DataObject`` as a DRS blob.

    Parameters
    ----------
    document
        Read: ``id``, ``md5_checksum`` (hex), ``file_size_bytes`` (bytes), ``url``, ``name``,
        ``description``.
    recorded_at
        When the record was made.
    producer
        The workflow execution that made it, if one is known: ``ended_at_time`` is when.

    Raises
    ------
    DataObjectIncomplete
        It has no size, checksum, address or time: nothing is invented.
    """
    object_id = document["id"]
    md5, size, url = (document.get(name) for name in ("md5_checksum", "file_size_bytes", "url"))
    created = _made_at(recorded_at, producer)
    _check_complete(object_id, size=size, checksums=md5, access_methods=url, created_time=created)
    shown: dict[str, Any] = {
        "id": object_id,
        "self_uri": self_uri(object_id, host=host),
        "size": int(document["file_size_bytes"]),
        "created_time": created,
        "checksums": [{"checksum": str(md5).lower(), "type": "md5"}],
        "access_methods": [
            {
                "type": _SCHEMES.get(urlsplit(str(url)).scheme.lower(), "https"),
                "access_url": {"url": url},
            }
        ],
    }
    name = document.get("name")
    if name and re.fullmatch(r"[A-Za-z0-9._\-]+", name):  # the standard's file names
        shown["name"] = name
    shown |= {name: document[name] for name in ("description",) if document.get(name)}
    return shown


def contents_entry(member: Document) -> dict[str, Any]:
    """Return a member of a bundle that is not expanded: its own members only if it has no id."""
    entry = {
        name: member[name] for name in ("name", "id", "drs_uri") if member.get(name) is not None
    }
    if member.get("contents") is not None and "id" not in entry:
        entry["contents"] = [contents_entry(each) for each in member["contents"]]
    return entry


def header_lines(headers: Mapping[str, str] | None) -> list[str]:
    """Return headers as the standard has them: lines ``Name: value``."""
    return [f"{name}: {value}" for name, value in (headers or {}).items()]


def access_url(url: Document) -> dict[str, Any]:
    """Return an address as the standard has it."""
    lines = header_lines(url.get("headers"))
    return {"url": url["url"], **({"headers": lines} if lines else {})}


def typecode_of(local_id: str, *, typecodes: Iterable[str]) -> str | None:
    """Return the typecode with which an NMDC id begins whose prefix was left out."""
    found = _TYPECODE.match(local_id)
    return found[1] if found and found[1] in set(typecodes) else None


def page_of(local_id: str, *, typecode: str, base_url: str) -> str:
    """Return where to read about what an NMDC id names."""
    page = PORTAL_PAGES.get(typecode)
    if page is None:
        return f"{base_url}/nmdcschema/ids/nmdc:{local_id}"
    return f"{PORTAL}/{page}/nmdc:{local_id}"


def service_info(
    *, spec_version: str, version: str, environment: str, base_url: str
) -> ServiceInfo:
    """Return what the service says of itself."""
    return ServiceInfo(
        id="org.microbiomedata.runtime.drs",
        name="NMDC Runtime DRS",
        type=ServiceType(version=spec_version),
        description="Objects of the NMDC Runtime and data objects of the National Microbiome "
        "Data Collaborative.",
        organization=Organization(
            name="National Microbiome Data Collaborative", url="https://microbiomedata.org"
        ),
        documentationUrl=f"{base_url}/docs",
        environment=environment,
        version=version,
    )


def _digest_name(stored: str) -> str:
    return _STORED_DIGESTS.get(stored) or _OTHER_DIGESTS.get(stored, stored)


def _access_method(method: Document) -> dict[str, Any]:
    shown: dict[str, Any] = {"type": str(method.get("type") or "https")}
    if method.get("access_url"):
        shown["access_url"] = access_url(method["access_url"])
    shown |= {name: method[name] for name in ("access_id", "region") if method.get(name)}
    return shown


def _made_at(recorded_at: datetime | None, producer: Document | None) -> str | None:
    """Return when a data object's bytes were made, or else when its record was."""
    workflow = producer or {}
    told = (workflow.get("ended_at_time"), workflow.get("started_at_time"), recorded_at)
    return next((text for text in map(rfc3339, told) if text is not None), None)


def _check_complete(object_id: str, **needed: object) -> None:
    missing = [name for name, value in needed.items() if value in (None, "", [])]
    if missing:
        raise DataObjectIncomplete(object_id, missing=missing)
