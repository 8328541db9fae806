"""What a stored object is, on the wire and in the database."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    AnyUrl,
    BaseModel,
    BeforeValidator,
    Field,
    StrictInt,
    TypeAdapter,
    WithJsonSchema,
    model_validator,
)

from nmdc_runtime.mongo.storable import check_storable

#: Names of objects and of members of bundles, mime types, ids: the published patterns.
NAME: Final = r"^[A-Za-z0-9._\-]+$"
MIME_TYPE: Final = r"^\w+/[-+.\w]+$"
OBJECT_ID: Final = r"^[A-Za-z0-9._~\-]+$"
#: Not anchored, as published.
CHECKSUM_TYPE: Final = (
    "(?P<checksumtype>(blake2b|blake2s|md5|sha1|sha224|sha256|sha384|sha3_224|sha3_256|sha3_384"
    "|sha3_512|sha512|shake_128|shake_256))"
)
#: The names that IANA gives to digests, and those that Python does, by which they are stored.
IANA_DIGESTS: Final = {
    "sha-1": "sha1",
    "sha-224": "sha224",
    "sha-256": "sha256",
    "sha-384": "sha384",
    "sha-512": "sha512",
}
#: What MongoDB keeps as a whole number.
MAX_SIZE: Final = 2**63 - 1
#: Levels and members of one bundle's own listing: what MongoDB can nest, and a page can show.
MAX_NESTING: Final = 20
MAX_MEMBERS: Final = 10_000

_URL: Final = TypeAdapter(AnyUrl)


def _absolute(text: str) -> str:
    _URL.validate_python(text)  # and no more: a presigned URL must stay as it is
    return text


def _stored_digest_name(name: object) -> object:
    return IANA_DIGESTS.get(name.lower(), name) if isinstance(name, str) else name


HeaderName = Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]
HeaderValue = Annotated[str, Field(pattern=r"^[^\r\n\x00]*$")]
Url = Annotated[
    str,
    AfterValidator(_absolute),
    WithJsonSchema({"type": "string", "format": "uri", "minLength": 1}),
]
Size = Annotated[StrictInt, Field(ge=0, le=MAX_SIZE)]


class AccessURL(BaseModel):
    """Where bytes can be fetched, and with which headers."""

    url: Url
    headers: dict[HeaderName, HeaderValue] | None = None


class AccessMethodType(StrEnum):
    """The protocols of the DRS standard."""

    S3 = "s3"
    GS = "gs"
    FTP = "ftp"
    GSIFTP = "gsiftp"
    GLOBUS = "globus"
    HTSGET = "htsget"
    HTTPS = "https"
    FILE = "file"


class AccessMethod(BaseModel):
    """One way to get at an object's bytes: an address, or an id for which one can be asked."""

    access_id: Annotated[str, Field(min_length=1)] | None = None
    access_url: AccessURL | None = None
    region: str | None = None
    type: AccessMethodType = AccessMethodType.HTTPS

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if self.access_id is None and self.access_url is None:
            raise ValueError("At least one of access_url and access_id must be provided.")
        return self


class Checksum(BaseModel):
    """A digest of an object's bytes; ``sha-256`` is stored as ``sha256``, and so on."""

    checksum: Annotated[str, Field(min_length=1)]
    type: Annotated[str, BeforeValidator(_stored_digest_name), Field(pattern=CHECKSUM_TYPE)]


class ContentsObject(BaseModel):
    """A member of a bundle: an object, or a nested bundle that is listed here."""

    contents: list["ContentsObject"] | None = None
    drs_uri: list[Url] | None = None
    id: Annotated[str, Field(pattern=OBJECT_ID)] | None = None
    name: Annotated[str, Field(pattern=NAME)]

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if self.contents is None and self.id is None:
            raise ValueError("no contents means no further nesting, so id required")
        check_distinct("names", [member.name for member in self.contents or []])
        return self


class DrsObjectBase(BaseModel):
    """What may be said of an object before there are any bytes."""

    aliases: list[str] | None = None
    description: str | None = None
    mime_type: Annotated[str, Field(pattern=MIME_TYPE)] | None = None
    name: Annotated[str, Field(pattern=NAME)] | None = None


class DrsObjectIn(DrsObjectBase):
    """An object as a site registers it: a blob with ways to get it, or a bundle with contents."""

    access_methods: list[AccessMethod] | None = None
    checksums: Annotated[list[Checksum], Field(min_length=1)]
    contents: list[ContentsObject] | None = None
    created_time: datetime
    size: Size
    updated_time: datetime | None = None
    version: str | None = None

    @model_validator(mode="after")
    def _blob_or_bundle(self) -> Self:
        if self.contents is None and self.access_methods is None:
            raise ValueError("no contents means single blob, which requires access_methods")
        ids = [method.access_id for method in self.access_methods or [] if method.access_id]
        check_distinct("access ids", ids)
        check_distinct("names", [member.name for member in self.contents or []])
        check_bounded(self.contents or [])
        check_storable(self.model_dump(exclude_none=True))
        return self


class DrsObject(DrsObjectIn):
    """A GA4GH DRS object: a blob with ways to get it, or a bundle with contents."""

    id: Annotated[str, Field(pattern=OBJECT_ID)]
    self_uri: Url


class DrsObjectWithTypes(DrsObject):
    """An object with the types it is tagged with."""

    types: list[str] | None = None


class DrsObjectPatch(DrsObjectBase):
    """What shall change; null clears what may be absent."""

    access_methods: list[AccessMethod] | None = None
    checksums: list[Checksum] | None = None
    contents: list[ContentsObject] | None = None
    created_time: datetime | None = None
    size: Size | None = None
    updated_time: datetime | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Bytes that the hub keeps, with what they were sent as."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFile:
    """A file on this machine's disk that shall become an object."""

    path: Path
    name: str
    content_type: str
    description: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What is known of bytes that the hub keeps, without them."""

    object_id: str
    name: str
    content_type: str
    length: int
    chunk_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """Bytes on their way: noted before the first of them is stored, forgotten with the record.

    ``place`` says where they go: into GridFS, into the bucket, or into the bucket by the hand of a
    site, which was given the id and an operation to end by registering the object.
    """

    object_id: str
    place: Literal["gridfs", "s3", "site"]
    started_at: datetime
    site_id: str | None = None
    operation_id: str | None = None


def check_distinct(what: str, values: list[str]) -> None:
    """Raise `ValueError` if a value comes twice."""
    repeated = sorted(value for value, times in Counter(values).items() if times > 1)
    if repeated:
        raise ValueError(f"{what} must differ within one object, but come again: {repeated}")


def check_bounded(contents: list[ContentsObject]) -> None:
    """Raise `ValueError` if a bundle lists too much, or nests too deep."""
    for count, depth in enumerate(_depths(contents), 1):
        if depth > MAX_NESTING or count > MAX_MEMBERS:
            raise ValueError(
                f"a bundle lists at most {MAX_MEMBERS} members, nested at most {MAX_NESTING} deep: "
                "register its parts as bundles of their own"
            )


def _depths(contents: list[ContentsObject], depth: int = 1) -> Iterator[int]:
    """Yield of each member how deep it lies, and go no deeper than it takes to refuse."""
    for member in contents:
        yield depth
        if depth <= MAX_NESTING:
            yield from _depths(member.contents or [], depth + 1)
