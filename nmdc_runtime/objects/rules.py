"""Decisions about objects: digests of bundles, keys, ranges, what may change; pure."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from pydantic import ValidationError

from nmdc_runtime.objects.errors import (
    AccessIdOfOtherSite,
    KeptBytesFixed,
    ObjectInvalid,
    RangeNotSatisfiable,
)
from nmdc_runtime.objects.models import MIME_TYPE, Checksum, DrsObject, DrsObjectIn

#: Site named on objects that the hub itself makes; published, whatever the site's id.
INTERNAL_MANAGER: Final = "nmdc-runtime"
#: Shoulder of ids whose bytes lie in GridFS.
GRIDFS_SHOULDER: Final = "gfs0"
#: Fields of a stored document that are the Runtime's own.
MANAGER: Final = "_mgr_site"
KEPT: Final = "_kept"
#: Digest of what matters in kept bytes, where that is not all of them.
SAME_AS: Final = "_same_as"
TYPES: Final = "types"
#: What says how an object's bytes are, and where.
BYTES_FIELDS: Final = ("access_methods", "checksums", "contents", "size")
#: Object types that make the Runtime take an object's content in, with rights of its own.
INGEST_TYPES: Final = frozenset({"metadata-in", "metadata-changesheet"})

#: Files for everybody to fetch lie below this prefix of the bucket, not below ``do/``.
EXPORTS: Final = "nmdcdb-mongoexport"
#: Stands in an id for the slashes of such a key: ids have none.
SLASH: Final = "~"

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._\-]+")
#: What may not stand between the quotes of a header.
_UNPRINTABLE: Final = re.compile(r'[^ -~]|["\\]')
_MEDIA_TYPE: Final = re.compile(r"[\w.+-]+/[\w.+-]+( *;[ -~]*)?", re.ASCII)
_LOCAL_ID: Final = re.compile(r"[A-Za-z0-9._~\-]+")
_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
#: Digests that can be made of other digests; those of variable length cannot.
_BUNDLED: Final = frozenset(
    [
        *("blake2b", "blake2s", "md5", "sha1", "sha224", "sha256", "sha384", "sha512"),
        *("sha3_224", "sha3_256", "sha3_384", "sha3_512"),
    ]
)

Document = Mapping[str, Any]


def key_of(object_id: str) -> str:
    """Return the key in the bucket under which an object's bytes lie.

    Parameters
    ----------
    object_id
        Of the object, e.g. ``sys0abc``; or of a published file: its key, with `SLASH` for slashes.
    """
    prefix, *rest = object_id.split(SLASH)
    if prefix == EXPORTS and rest and not {"", ".", ".."}.intersection(rest):
        return "/".join((prefix, *rest))
    return f"do/{object_id}"


def safe_name(name: str) -> str:
    """Return a name that an object may have, for a file that may have any."""
    return _UNSAFE.sub("_", name)


def safe_mime_type(text: str) -> str | None:
    """Return the mime type without parameters, or None if it is none."""
    bare = text.partition(";")[0].strip()
    return bare if re.fullmatch(MIME_TYPE, bare) else None


def stored_id_of(access_id: str, *, site_id: str) -> str | None:
    """Return the id under which the site's bucket keeps the bytes, if the access id is of there.

    That is the part behind ``<site id>:``. Anything that is no id names nothing of ours.
    """
    prefix, colon, local_id = access_id.partition(":")
    if not colon or prefix != site_id or not _LOCAL_ID.fullmatch(local_id):
        return None
    return local_id


def check_access_ids(
    access_methods: Iterable[Mapping[str, Any]], *, site_id: str, own_site_id: str
) -> None:
    """Raise `AccessIdOfOtherSite` if a site names bytes in the bucket of the Runtime's own site.

    The hub signs addresses for that bucket: a site could have it hand out anybody's bytes.
    """
    for method in access_methods:
        access_id = method.get("access_id") or ""
        if access_id.partition(":")[0] == own_site_id != site_id and ":" in access_id:
            raise AccessIdOfOtherSite(access_id, site_id=own_site_id)


def manager_of(document: Document, *, own_site_id: str) -> str | None:
    """Return the id of the site that manages an object.

    Objects that the hub makes carry a published constant: they belong to its own site, and a site
    of that name, should somebody create one, gets no hold of them.
    """
    manager: str | None = document.get(MANAGER)
    return own_site_id if manager == INTERNAL_MANAGER or document.get(KEPT) else manager


def public(document: Document) -> dict[str, Any]:
    """Return what the routes for one object show of its document."""
    return {
        name: value
        for name, value in document.items()
        if value is not None and name != TYPES and not name.startswith("_")
    }


def merged(document: Document, changes: Document) -> DrsObject:
    """Return the object with the changes; null clears a field.

    Raises
    ------
    KeptBytesFixed
        The hub keeps the bytes, and the changes say something else of them.
    ObjectInvalid
        It would not be an object any more.
    """
    touched = sorted(
        name
        for name in BYTES_FIELDS
        if name in changes and changes[name] != _comparable(name, document.get(name))
    )
    if document.get(KEPT) and touched:
        raise KeptBytesFixed(str(document["id"]), fields=touched)
    after = {**public(document), **changes}
    try:
        return DrsObject.model_validate(
            {name: value for name, value in after.items() if value is not None}
        )
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False)
        raise ObjectInvalid(
            [{**problem, "loc": ["body", *problem["loc"]]} for problem in problems]
        ) from error


def _comparable(name: str, value: Any) -> Any:  # noqa: ANN401 (whatever is stored)
    """Return a stored value in the form in which changes arrive: without what is unset."""
    if name == "access_methods" and value is not None:
        return [{"type": "https", **method} for method in value]
    return value


def member_ids(record: DrsObjectIn) -> list[str]:
    """Return the ids of the objects that a bundle's digest is made of, inline bundles included."""
    found: list[str] = []
    pending = list(record.contents or [])
    while pending:
        member = pending.pop()
        if member.id is not None:
            found.append(member.id)
        else:
            pending.extend(member.contents or [])
    return found


def bundle_facts(
    contents: Sequence[Document], known: Mapping[str, Document]
) -> tuple[int, list[dict[str, str]]] | None:
    """Return size and checksums of a bundle by the standard's rule, or None if one is unknown.

    The size is that of all direct members together. For each kind of digest that all of them
    have, the checksum is the digest of their digests, sorted and put together.

    Parameters
    ----------
    contents
        The members: ``{id}``, or ``{contents}`` of a nested bundle that is listed in place.
    known
        Documents of members, by id.
    """
    size = 0
    digests: list[dict[str, str]] = []
    for member in contents:
        if member.get("id") is not None:
            document = known.get(member["id"])
            if document is None or document.get("size") is None:
                return None
            facts = (document["size"], document.get("checksums") or [])
        else:
            nested = bundle_facts(member.get("contents") or [], known)
            if nested is None:
                return None
            facts = nested
        size += facts[0]
        digests.append({each["type"]: each["checksum"] for each in facts[1]})
    shared = set.intersection(*(set(each) for each in digests)) if digests else set()
    checksums = [
        {"type": kind, "checksum": _digest_of(kind, [each[kind] for each in digests])}
        for kind in sorted(shared & _BUNDLED)
    ]
    return (size, checksums) if checksums else None


def _digest_of(kind: str, digests: Iterable[str]) -> str:
    together = "".join(sorted(digests)).encode()
    return hashlib.new(kind, together, usedforsecurity=False).hexdigest()


def with_bundle_facts(record: DrsObject, known: Mapping[str, Document]) -> DrsObject:
    """Return a bundle with the size and checksums that its members give, if all are known."""
    if not record.contents:
        return record
    contents = [member.model_dump(exclude_none=True) for member in record.contents]
    facts = bundle_facts(contents, known)
    if facts is None:
        return record
    size, checksums = facts
    return record.model_copy(
        update={
            "size": size,
            "checksums": [Checksum.model_validate(checksum) for checksum in checksums],
        }
    )


def requested_range(header: str | None, *, object_id: str, length: int) -> range | None:
    """Return which bytes a ``Range`` header asks for, or None for all of them.

    More ranges than one, other units and nonsense are ignored, as RFC 9110 allows.

    Raises
    ------
    RangeNotSatisfiable
        The range lies behind the last byte.
    """
    asked = _RANGE.fullmatch((header or "").strip())
    if asked is None or asked.groups() == ("", ""):
        return None
    first, last = asked.groups()
    if not first:  # the last so many bytes
        start, stop = max(0, length - int(last)), length
    else:
        start, stop = int(first), min(length, int(last) + 1 if last else length)
        if last and int(last) < int(first):
            return None
    if start >= length or start >= stop:
        raise RangeNotSatisfiable(object_id, length=length)
    return range(start, stop)


def attachment(name: str) -> str:
    """Return the ``Content-Disposition`` of a file to be saved under this name, whatever it is."""
    plain = _UNPRINTABLE.sub("_", name)
    if plain == name:
        return f'attachment; filename="{name}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def media_type(given: str) -> str:
    """Return the media type of a file as a header can say it; what is none is any bytes."""
    return given if _MEDIA_TYPE.fullmatch(given) else "application/octet-stream"
