"""The bucket of the Runtime's own site, at any S3 service, through boto3."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, ClassVar, Final, Protocol

from nmdc_runtime.config import ObjectStorageSettings
from nmdc_runtime.kernel.errors import ErrorKind, NmdcError

logger = logging.getLogger(__name__)

MEGABYTE: Final = 1 << 20
#: A body over this is sent in parts of the second size, so many at a time.
MULTIPART_OVER: Final = 64 * MEGABYTE
PART_SIZE: Final = 16 * MEGABYTE
PARTS_AT_ONCE: Final = 2
READ_SIZE: Final = MEGABYTE
CONNECT_TIMEOUT_S: Final = 3
READ_TIMEOUT_S: Final = 60
ATTEMPTS: Final = 3
#: In place of a size, of what is still being sent or broke off.
UNENDED: Final = -1
NOT_THERE: Final = frozenset({"404", "NoSuchKey", "NoSuchUpload", "NotFound"})
NO_BUCKET: Final = frozenset({"404", "NoSuchBucket", "NotFound"})
TAKEN: Final = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists"})


class ObjectStorageUnavailable(NmdcError):
    """The S3 service cannot be reached, or does not do what it is asked for."""

    kind: ClassVar[ErrorKind] = ErrorKind.UNAVAILABLE
    title: ClassVar[str] = "Object storage not available"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "10"}

    def __init__(self, reason: str) -> None:
        super().__init__(f"the object storage does not serve this at the moment ({reason})")


class StoredBytesNotFound(NmdcError):
    """There are no bytes under this key."""

    kind: ClassVar[ErrorKind] = ErrorKind.NOT_FOUND
    title: ClassVar[str] = "Bytes not found"

    def __init__(self, key: str) -> None:
        super().__init__(f"the object storage has nothing under {key}")


class ObjectStorage(Protocol):
    """Keeps bytes under keys, and makes addresses for those who shall put or get them."""

    def presign_put(self, key: str, *, content_type: str, expires_s: int) -> str:
        """Return an address to which the bytes can be sent by PUT, with this ``Content-Type``."""
        ...

    def presign_get(self, key: str, *, expires_s: int) -> str:
        """Return an address from which the bytes can be fetched."""
        ...

    def upload(self, key: str, parts: Iterable[bytes], *, content_type: str) -> None:
        """Store the bytes, whatever their size; a failure leaves none under the key."""
        ...

    def read(self, key: str) -> Iterator[bytes]:
        """Yield the bytes in parts, or raise `StoredBytesNotFound`."""
        ...

    def delete(self, key: str) -> None:
        """Forget the bytes, and what a broken upload left; nothing happens if there are none."""
        ...

    def list_keys(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield the keys that begin with this and their sizes, also of uploads that broke off."""
        ...

    def prepare(self) -> None:
        """Make the bucket if it is missing and this deployment may make it."""
        ...


@dataclass(slots=True)
class S3Storage:
    """A bucket at an S3 service; connects on first use.

    Parameters
    ----------
    settings
        Endpoint, region, keys, bucket.
    makes_bucket
        Whether a missing bucket is made: for development, where nobody else does.
    """

    settings: ObjectStorageSettings
    makes_bucket: bool = False
    _client: Any = field(default=None, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)
    _has_bucket: bool = field(default=False, init=False)

    def presign_put(self, key: str, *, content_type: str, expires_s: int) -> str:
        """Sign an address; nothing is sent."""
        place = {**self._place(key), "ContentType": content_type}
        return self._presign("put_object", place, expires_s)

    def presign_get(self, key: str, *, expires_s: int) -> str:
        """Sign an address; nothing is sent."""
        return self._presign("get_object", self._place(key), expires_s)

    def upload(self, key: str, parts: Iterable[bytes], *, content_type: str) -> None:
        """Send the bytes, in several parts if they are many."""
        from boto3.s3.transfer import TransferConfig  # noqa: PLC0415 (see `_s3`)

        self.prepare()
        with _failures(key):
            self._s3().upload_fileobj(
                PartReader(parts),
                **self._place(key),
                ExtraArgs={"ContentType": content_type},
                Config=TransferConfig(
                    multipart_threshold=MULTIPART_OVER,
                    multipart_chunksize=PART_SIZE,
                    max_concurrency=PARTS_AT_ONCE,
                ),
            )

    def read(self, key: str) -> Iterator[bytes]:
        """Fetch the bytes as they are asked for."""
        with _failures(key):
            body = self._s3().get_object(**self._place(key))["Body"]
            with body:
                yield from body.iter_chunks(READ_SIZE)

    def delete(self, key: str) -> None:
        """Delete what is there, and end the uploads in parts that nobody ended."""
        with suppress(StoredBytesNotFound), _failures(key):
            client = self._s3()
            client.delete_object(**self._place(key))
            open_uploads = client.list_multipart_uploads(
                Bucket=self.settings.bucket, Prefix=key
            ).get("Uploads", [])
            for upload in open_uploads:
                if upload["Key"] == key:
                    client.abort_multipart_upload(**self._place(key), UploadId=upload["UploadId"])

    def list_keys(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Ask page by page; what an upload in parts has not ended has size -1."""
        self.prepare()
        place = {"Bucket": self.settings.bucket, "Prefix": prefix}
        with _failures(prefix):
            for page in self._s3().get_paginator("list_objects_v2").paginate(**place):
                for each in page.get("Contents", []):
                    yield each["Key"], each["Size"]
            for page in self._s3().get_paginator("list_multipart_uploads").paginate(**place):
                for each in page.get("Uploads", []):
                    yield each["Key"], UNENDED

    def prepare(self) -> None:
        """Make the bucket, in development."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 (see `_s3`)

        if self._has_bucket or not self.makes_bucket:
            return
        bucket = self.settings.bucket
        with _failures(bucket):
            client = self._s3()
            try:
                client.head_bucket(Bucket=bucket)
            except ClientError as error:
                if _code(error) not in NO_BUCKET:
                    raise
                try:
                    client.create_bucket(Bucket=bucket)
                    logger.info("bucket made", extra={"bucket": bucket})
                except ClientError as rival:
                    if _code(rival) not in TAKEN:
                        raise
        self._has_bucket = True

    def _presign(self, operation: str, place: dict[str, str], expires_s: int) -> str:
        with _failures(place["Key"]):
            url: str = self._s3().generate_presigned_url(operation, place, ExpiresIn=expires_s)
        return url

    def _place(self, key: str) -> dict[str, str]:
        return {"Bucket": self.settings.bucket, "Key": key}

    def _s3(self) -> Any:  # noqa: ANN401 (boto3 makes its classes when it runs)
        with self._lock:
            if self._client is None:
                # Here, for a hub that needs no object storage starts without a tenth of a second
                # and 30 MB of imports.
                import boto3  # noqa: PLC0415
                from botocore.config import Config  # noqa: PLC0415

                settings = self.settings
                if not (settings.key.get_secret_value() and settings.secret.get_secret_value()):
                    # Never a key that boto3 would find lying about on the machine.
                    raise _unavailable("DO_SPACES_KEY or DO_SPACES_SECRET is not set")
                self._client = boto3.session.Session().client(
                    "s3",
                    endpoint_url=settings.endpoint_url,
                    region_name=settings.region,
                    aws_access_key_id=settings.key.get_secret_value(),
                    aws_secret_access_key=settings.secret.get_secret_value(),
                    config=Config(
                        signature_version="s3v4",
                        s3={"addressing_style": "path"},
                        connect_timeout=CONNECT_TIMEOUT_S,
                        read_timeout=READ_TIMEOUT_S,
                        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
                        # Services other than Amazon's do not all know the newer trailers.
                        request_checksum_calculation="when_required",
                        response_checksum_validation="when_required",
                    ),
                )
            return self._client


class PartReader:
    """Reads an iterator of bytes as a file, which is what boto3 sends."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = iter(parts)
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, so many unless they end."""
        found = [self._rest]
        have = len(self._rest)
        while size < 0 or have < size:
            part = next(self._parts, None)
            if part is None:
                break
            found.append(part)
            have += len(part)
        together = b"".join(found)
        wanted = together if size < 0 else together[:size]
        self._rest = together[len(wanted) :]
        return wanted


def _code(error: Any) -> str:  # noqa: ANN401 (botocore's errors are not typed)
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def _failures(key: str) -> Iterator[None]:
    """Say what a failure of the S3 service means; its own words may hold keys and signatures."""
    from boto3.exceptions import Boto3Error  # noqa: PLC0415 (see `_s3`)
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        yield
    except ClientError as error:
        if _code(error) in NOT_THERE:
            raise StoredBytesNotFound(key) from None
        raise _unavailable(_code(error) or type(error).__name__) from None
    except (BotoCoreError, Boto3Error) as error:
        raise _unavailable(type(error).__name__) from None


def _unavailable(reason: str) -> ObjectStorageUnavailable:
    logger.warning("object storage failed", extra={"reason": reason})
    return ObjectStorageUnavailable(reason)
